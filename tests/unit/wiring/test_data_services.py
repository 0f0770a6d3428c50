"""Databases and names of production: what is missing is said before anything is asked."""

from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from ndcops.lab.pki import Authority, Subject
from ndcops.model.database_store import DatabaseStore
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.inventory import Inventory
from ndcops.model.target import Target, TargetKind
from ndcops.wiring import data_services
from tests.unit.lab.samples import sample_site


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    for name in ("NDCOPS_PKI_FOLDER", "NDCOPS_TSIG_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return Target(kind=TargetKind.PRODUCTION, clusters=(), state_dir=tmp_path / "production")


def declared(*servers: str) -> Inventory:
    members = [{"site": f"ndc{index}", "endpoint": f"https://db.ndc{index}.test:2379"} for index in (1, 2, 3)]
    store = DatabaseStore.model_validate({"members": members, "ca_file": "ca.crt"})
    site = sample_site(1)
    dns = site.dns.model_copy(update={"servers": servers, "entry": IPv4Address("10.1.0.80")})
    return Inventory(sites=(site.model_copy(update={"dns": dns}), sample_site(2)), databases=store)


def test_a_store_that_is_not_declared_is_refused(target: Target, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="where the databases' store is"):
        data_services.databases(target, Inventory(sites=(sample_site(1),)), tmp_path)


def test_keys_are_wanted_where_hosts_have_theirs_and_for_their_owner_only(target: Target, tmp_path: Path) -> None:
    inventory, pki = declared(), target.state_dir / "pki"
    with pytest.raises(InvalidInput, match=r"ca\.crt is missing"):
        data_services.databases(target, inventory, tmp_path)
    authority = Authority(tmp_path, "test", datetime.now(UTC))
    with pytest.raises(InvalidInput, match=r"databases-client\.crt is missing"):
        data_services.databases(target, inventory, tmp_path)
    pki.mkdir(parents=True)
    client = authority.issue("client", Subject("operator"))
    (pki / "databases-client.crt").write_bytes(client.certificate.read_bytes())
    key = pki / "databases-client.key"
    key.write_bytes(client.key.read_bytes())
    key.chmod(0o644)
    with pytest.raises(Refused, match="read by others"):
        data_services.databases(target, inventory, tmp_path)
    key.chmod(0o600)
    data_services.databases(target, inventory, tmp_path)


def test_servers_and_entries_come_from_the_sites(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="no authoritative server"):
        data_services.names(target, declared())
    with pytest.raises(InvalidInput, match=r"tsig\.key is missing"):
        data_services.names(target, declared("127.0.0.1"))
    key = tmp_path / "key"
    key.write_text('key "ndcops" { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0"; };')
    key.chmod(0o600)
    monkeypatch.setenv("NDCOPS_TSIG_KEY_FILE", str(key))
    found = data_services.names(target, declared("127.0.0.1"))
    assert found.entry("ndc1") == "10.1.0.80"
    with pytest.raises(Refused, match="no address is declared"):
        found.entry("ndc2")
