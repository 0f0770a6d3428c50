"""Detached signatures by Ed25519 and ECDSA keys (RFC 8032, FIPS 186-5); called through wiring."""

import base64
import binascii
import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from ndcops.model.errors import InvalidInput


class DetachedSignatures:
    """Checks signatures; ECDSA over SHA-256, as `openssl dgst -sha256 -sign` makes it."""

    def is_valid(self, public_key: str, data: bytes, signature: str) -> bool:
        """Whether `signature` (base64) over `data` is by the key (PEM). Raises InvalidInput for what is no key."""
        key = _key(public_key)
        try:
            raw = base64.b64decode(signature, validate=True)
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(raw, data)
            else:
                key.verify(raw, data, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, binascii.Error):
            return False
        return True


def _key(text: str) -> ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInput(
            f"an owner's public key cannot be read: {error}", resolution="openssl pkey -in KEY -pubout"
        ) from error
    if not isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey):
        raise InvalidInput(
            f"an owner's public key is of the kind {type(key).__name__}; expected Ed25519 or ECDSA",
            resolution="openssl genpkey -algorithm ed25519",
        )
    return key


def fingerprint(key_file: Path) -> str:
    """SHA-256, in hexadecimal, of the public half of a private key (DER): who acted. Raises InvalidInput."""
    public = _private_key(key_file).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def sign(key_file: Path, data: bytes) -> str:
    """The signature over `data`, base64, by the private key of a PEM file. Raises InvalidInput."""
    key = _private_key(key_file)
    raw = (
        key.sign(data) if isinstance(key, ed25519.Ed25519PrivateKey) else key.sign(data, ec.ECDSA(hashes.SHA256()))
    )
    return base64.b64encode(raw).decode()


def public_key_of(key_file: Path) -> str:
    """The public key (PEM) that belongs to the private key of a PEM file. Raises InvalidInput."""
    public = _private_key(key_file).public_key()
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(encoding, form).decode()


def _private_key(key_file: Path) -> ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput(
            f"the private key {key_file} cannot be read: {error}", resolution="openssl genpkey -algorithm ed25519"
        ) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise InvalidInput(
            f"{key_file} holds a key of the kind {type(key).__name__}; expected Ed25519 or ECDSA",
            resolution="openssl genpkey -algorithm ed25519",
        )
    return key
