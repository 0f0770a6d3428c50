"""The lab's certificates: chains, names, groups, renewal, file modes."""

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ndcops.lab.pki import Authority, Subject, key_pair, signing_keys

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_server_certificate_verifies_against_its_authority_and_no_other(tmp_path: Path) -> None:
    ours, theirs = (Authority(tmp_path / name, name, NOW) for name in ("ours", "theirs"))
    server = load(ours.issue("api", Subject("api", hosts=("kubernetes.default", "198.18.0.11"))).certificate)

    def verify(authority: Authority, host: str) -> None:
        policy = PolicyBuilder().store(Store([load(authority.files.certificate)])).time(NOW)
        policy.build_server_verifier(x509.DNSName(host)).verify(server, [])

    verify(ours, "kubernetes.default")
    with pytest.raises(VerificationError):
        verify(theirs, "kubernetes.default")
    with pytest.raises(VerificationError):
        verify(ours, "other.example")


def test_client_certificate_carries_user_and_groups_and_is_no_server(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "lab", NOW)
    client = load(authority.issue("operator", Subject("ndcops-operator", ("ndcops:operators",))).certificate)

    client.verify_directly_issued_by(load(authority.files.certificate))
    assert [each.value for each in client.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == [
        "ndcops-operator"
    ]
    organisations = client.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert [each.value for each in organisations] == ["ndcops:operators"]
    usage = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_site_cannot_sign_for_another(tmp_path: Path) -> None:
    first, second = (Authority(tmp_path / name, name, NOW) for name in ("ndc1", "ndc2"))
    client = load(first.issue("admin", Subject("admin", ("system:masters",))).certificate)
    with pytest.raises((InvalidSignature, ValueError)):
        client.verify_directly_issued_by(load(second.files.certificate))


@pytest.mark.parametrize(("days_later", "renewed"), [(1, False), (300, False), (360, True), (400, True)])
def test_certificates_are_kept_until_a_week_before_they_end(
    tmp_path: Path, days_later: int, renewed: bool
) -> None:
    subject = Subject("admin")
    before = load(Authority(tmp_path, "lab", NOW).issue("admin", subject).certificate)
    later = NOW + datetime.timedelta(days=days_later)
    after = load(Authority(tmp_path, "lab", later).issue("admin", subject).certificate)
    assert (after.serial_number != before.serial_number) is renewed
    assert after.not_valid_after_utc > later


def test_a_new_authority_replaces_certificates_of_the_old(tmp_path: Path) -> None:
    old = Authority(tmp_path, "old", NOW)
    old.issue("admin", Subject("admin"))
    old.files.key.unlink()
    new = Authority(tmp_path, "new", NOW)
    load(new.issue("admin", Subject("admin")).certificate).verify_directly_issued_by(load(new.files.certificate))


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    Authority(tmp_path, "lab", NOW).issue("admin", Subject("admin"))
    signing_keys(tmp_path, "service-accounts")
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        name: 0o600
        for name in ("ca.crt", "ca.key", "admin.crt", "admin.key", "service-accounts.key", "service-accounts.pub")
    }


def test_signing_keys_stay_the_same(tmp_path: Path) -> None:
    private, public = signing_keys(tmp_path, "sa")
    before = private.read_bytes(), public.read_bytes()
    signing_keys(tmp_path, "sa")
    assert (private.read_bytes(), public.read_bytes()) == before
    assert load_pem_private_key(before[0], password=None) is not None


def test_an_authority_with_a_broken_key_file_is_refused(tmp_path: Path) -> None:
    Authority(tmp_path, "lab", NOW)
    key_pair(tmp_path, "ca").key.write_text("no key")
    with pytest.raises(ValueError, match="PEM"):
        Authority(tmp_path, "lab", NOW)
