"""Certificate authorities and certificates of the lab; `credentials` calls it, and it alone uses cryptography."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ndcops.lab.private_file import write_private

VALIDITY = datetime.timedelta(days=365)
RENEW_BEFORE = datetime.timedelta(days=7)


@dataclass(frozen=True)
class KeyPair:
    """The files of a certificate and its private key (PEM, mode 0600)."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Subject:
    """Who a certificate speaks for: Kubernetes reads the name as user, the organisations as groups."""

    name: str
    organisations: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """DNS names and IP addresses under which a server is reached."""


def key_pair(folder: Path, name: str) -> KeyPair:
    """The files that belong to `name`."""
    return KeyPair(folder / f"{name}.crt", folder / f"{name}.key")


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(subject: Subject) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in subject.organisations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, subject.name)])


def _expires_soon(certificate: x509.Certificate, now: datetime.datetime) -> bool:
    return certificate.not_valid_after_utc - now < RENEW_BEFORE


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Authority:
    """A certificate authority whose key lives in a folder of the lab (`ca.crt`, `ca.key`); P-256 throughout."""

    def __init__(self, folder: Path, name: str, now: datetime.datetime) -> None:
        """Open the authority in `folder`, or make it there."""
        self.folder = folder
        self.files = key_pair(folder, "ca")
        self._now = now
        if not (self.files.certificate.exists() and self.files.key.exists()):
            self._create(name)
        self._certificate = x509.load_pem_x509_certificate(self.files.certificate.read_bytes())
        key = serialization.load_pem_private_key(self.files.key.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.files.key} holds no elliptic-curve key")
        self._key = key

    def _create(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(Subject(name))
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = (
            self._builder(subject, subject, key.public_key(), 10 * VALIDITY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(identifier, critical=False)
            .sign(key, hashes.SHA256())
        )
        write_private(self.files.key, _pem(key))
        write_private(self.files.certificate, certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, validity: datetime.timedelta
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - datetime.timedelta(minutes=5))  # clocks differ a little
            .not_valid_after(self._now + validity)
        )

    def issue(self, name: str, subject: Subject) -> KeyPair:
        """The certificate and key `name`, made or renewed when missing or about to expire.

        A subject with hosts is a server's; servers are clients of their peers too (etcd).
        """
        files = key_pair(self.folder, name)
        if files.certificate.exists() and files.key.exists():
            present = x509.load_pem_x509_certificate(files.certificate.read_bytes())
            if not _expires_soon(present, self._now) and present.issuer == self._certificate.subject:
                return files
        key = ec.generate_private_key(ec.SECP256R1())
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if subject.hosts else [])]
        builder = (
            self._builder(_name(subject), self._certificate.subject, key.public_key(), VALIDITY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(issuer_key, critical=False)
        )
        if subject.hosts:
            names: Sequence[x509.GeneralName] = [_general_name(host) for host in subject.hosts]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        write_private(files.key, _pem(key))
        certificate = builder.sign(self._key, hashes.SHA256())
        write_private(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        return files


def signing_keys(folder: Path, name: str) -> tuple[Path, Path]:
    """A signing key and its public half (`NAME.key`, `NAME.pub`), made when missing."""
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    if not (private.exists() and public.exists()):
        key = ec.generate_private_key(ec.SECP256R1())
        text = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        write_private(private, _pem(key))
        write_private(public, text)
    return private, public
