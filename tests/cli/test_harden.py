"""`ndcops harden` without any host: names that are not known, waivers that do not count."""

from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.cli.conftest import Ended, Run

WAIVER = {
    "id": "old-banner",
    "control": "login-banner",
    "hosts": ["database_host"],
    "reason": {"vi": "Chờ thay bảng.", "en": "A panel is to be replaced."},
    "owner": "soc",
    "expires": "2099-12-31",
}


class Production:
    """The commands on the sample's own hosts, of which none is reached."""

    def __init__(self, ndcops: Run, inventory: Path, key: Path) -> None:
        self._ndcops = ndcops
        self.inventory = inventory
        self.key = key

    def __call__(self, *words: str) -> Ended:
        return self._ndcops("harden", *words, "--target", "production", "--inventory", str(self.inventory))

    def waive(self, **changes: str) -> None:
        """Put one waiver into the inventory; `signature` is the owner's unless given."""
        public = Ed25519PrivateKey.from_private_bytes(b"\1" * 32).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        owner = {"name": "soc", "title": {"vi": "Trung tâm", "en": "Centre"}, "public_key": pem}
        document = {
            "apiVersion": "ndcops/v1",
            "kind": "Waivers",
            "owners": [owner],
            "waivers": [{**WAIVER, **changes}],
        }
        path = self.inventory / "waivers.yaml"
        path.write_text(yaml.safe_dump(document, allow_unicode=True))
        if "signature" not in changes:
            signed = self("waivers", "--sign", WAIVER["id"], "--key", str(self.key))
            document["waivers"][0]["signature"] = signed.document["signature"]
            path.write_text(yaml.safe_dump(document, allow_unicode=True))


@pytest.fixture
def production(ndcops: Run, inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Production:
    owner = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
    key = tmp_path / "owner.pem"
    key.write_bytes(owner.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    identity = tmp_path / "identity"
    identity.write_bytes(owner.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    identity.chmod(0o600)
    monkeypatch.setenv("NDCOPS_SSH_IDENTITY", str(identity))
    (inventory / "known_hosts").touch()
    return Production(ndcops, inventory, key)


@pytest.mark.parametrize("verb", ["plan", "apply", "verify"])
@pytest.mark.parametrize(
    ("option", "name"), [("host", "ndc9-none-1"), ("role", "mainframe"), ("control", "ssh-weak"), ("site", "ndc9")]
)
def test_an_unknown_name_is_named(production: Production, verb: str, option: str, name: str) -> None:
    ended = production(verb, f"--{option}", name)
    assert ended.code == 2
    assert f"unknown {option} '{name}'" in ended.err


def test_a_signed_waiver_counts(production: Production) -> None:
    production.waive()
    ended = production("waivers", "--json")
    assert ended.code == 0
    assert [state["problem"] for state in ended.document["waivers"]] == [""]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"control": "ssh-weak"}, "there is no control 'ssh-weak'"),
        ({"expires": "2020-01-31"}, "expired on 2020-01-31"),
        ({"signature": ""}, "not signed by soc"),
        ({"signature": "AAAA"}, "the signature is not by soc over this entry"),
    ],
    ids=["unknown control", "expired", "unsigned", "forged"],
)
def test_a_waiver_that_does_not_count_says_why(production: Production, changes: dict[str, str], said: str) -> None:
    production.waive(**changes)
    ended = production("waivers", "--json")
    assert ended.code == 5
    assert [state["problem"] for state in ended.document["waivers"]] == [said]


def test_an_owner_that_nobody_declared_is_told(production: Production) -> None:
    production.waive(owner="nobody", signature="AAAA")
    ended = production("waivers")
    assert ended.code == 2
    assert "owner 'nobody' is not declared; expected one of soc" in ended.err


def test_signing_an_unknown_waiver_or_without_a_key(production: Production) -> None:
    assert "unknown waiver 'x'" in production("waivers", "--sign", "x", "--key", str(production.key)).err
    assert production("waivers", "--sign", "x").code == 2
