"""Which services get real parts, and where those stand."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ndcops.lab.databases.credentials import database_keys, read_passwords, write_database_credentials
from ndcops.lab.databases.patroni_member import (
    LOOP_WAIT_S,
    RETRY_TIMEOUT_S,
    TTL_S,
    MemberPlace,
    configuration,
    priority,
    slots_waited_for,
)
from ndcops.lab.folder import LabPaths
from ndcops.lab.names.server import named_configuration, zone_file, zone_of, zones
from ndcops.lab.ports import choose_ports
from ndcops.lab.services.chosen import choose_services
from ndcops.lab.state import LabMode, LabService, LabState, SiteState
from ndcops.model.errors import InvalidInput
from ndcops.model.service import Service

SITES = ("ndc1", "ndc2", "ndc3")


def service(name: str, engine: str | None = "patroni", **changes: object) -> Service:
    fields: dict[str, object] = {
        "id": name,
        "title": {"vi": name, "en": name},
        "owner": "test",
        "grade": "A",
        "classification": "internal",
        "zone": "data",
        "home": "ndc1",
        "standby": "ndc2",
        "rpo_s": 5,
        "rto_s": 300,
        "dns_names": [f"{name}.ndc.gov.vn"],
        "workloads": [
            {
                "name": "web",
                "image": "registry.test/web:1",
                "replicas": 1,
                "pool": "general",
                "cpu": 1,
                "memory": "1Gi",
                "port": 8443,
                "probe": {"path": "/ready"},
            }
        ],
    }
    if engine:
        fields["database"] = {"engine": engine, "size": "1Ti", "tier": "fast"}
    return Service.model_validate(fields | changes)


INVENTORY = (service("one"), service("two"), service("mail", "cloudnativepg"), service("keys", None))


def state(*services: LabService, mode: LabMode = LabMode.NETNS) -> LabState:
    sites = tuple(
        SiteState(
            name=name,
            index=index,
            address=f"198.18.7.{11 + index}" if mode is LabMode.NETNS else "127.0.0.1",
            ports=choose_ports(LabMode.NETNS, coordination=True, taken=[]),
            pod_cidr="10.1.0.0/16",
            service_cidr="10.2.0.0/16",
        )
        for index, name in enumerate(SITES)
    )
    subnet = "198.18.7.0/24" if mode is LabMode.NETNS else None
    return LabState(
        kind="LabState",
        lab_id="00ff10",
        mode=mode,
        subnet=subnet,
        created_at=datetime.now(UTC),
        sites=sites,
        services=services,
    )


def test_a_service_keeps_its_ports_whatever_comes_later() -> None:
    first = choose_services(["two"], (), INVENTORY, SITES)
    later = choose_services(["one", "two", "keys"], first, INVENTORY, SITES)
    assert [each.id for each in later] == ["two", "one", "keys"]
    assert later[0] == first[0]
    assert len({each.postgres_port for each in later}) == len({each.patroni_port for each in later}) == 3
    assert [each.database for each in later] == [True, True, False]


def test_all_is_every_service_with_patroni() -> None:
    assert [each.id for each in choose_services(["all"], (), INVENTORY, SITES)] == ["one", "two"]
    assert choose_services([], (), INVENTORY, SITES) == ()


@pytest.mark.parametrize(
    ("wanted", "sites", "message"),
    [(["nobody"], SITES, "no service 'nobody'"), (["one"], ("ndc1",), "needs site ndc2")],
)
def test_what_cannot_be_is_said(wanted: list[str], sites: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        choose_services(wanted, (), INVENTORY, sites)


def test_home_and_standby_confirm_for_each_other_and_the_third_site_for_neither() -> None:
    chosen = choose_services(["one"], (), INVENTORY, SITES)[0]
    leads, confirms = zip(*(priority(chosen, site) for site in SITES), strict=True)
    assert leads[0] > leads[1] > leads[2] > 0
    assert confirms[0] == confirms[1] > confirms[2] > 0


@pytest.mark.parametrize(
    ("site", "slots"), [("ndc1", ("one_ndc2",)), ("ndc2", ("one_ndc1",)), ("ndc3", ("one_ndc1", "one_ndc2"))]
)
def test_streams_wait_for_those_who_may_lead_next(site: str, slots: tuple[str, ...]) -> None:
    found = state(*choose_services(["one"], (), INVENTORY, SITES))
    place = MemberPlace(found, found.site(site), found.service("one"), Path("/x"))
    assert slots_waited_for(place) == slots


def test_patroni_accepts_the_times() -> None:
    assert LOOP_WAIT_S + 2 * RETRY_TIMEOUT_S <= TTL_S
    assert TTL_S >= 20


def test_a_member_asks_for_certificates_and_keeps_its_passwords_to_itself(tmp_path: Path) -> None:
    paths = LabPaths(tmp_path / "lab")
    found = state(*choose_services(["one"], (), INVENTORY, SITES))
    write_database_credentials(paths, found, datetime.now(UTC))
    passwords = read_passwords(paths, "one")
    place = MemberPlace(found, found.site("ndc2"), found.service("one"), tmp_path)
    document = configuration(place, database_keys(paths, "ndc2"), passwords, Path("/bin"))
    assert document["restapi"]["verify_client"] == "required"
    assert document["bootstrap"]["dcs"]["synchronous_mode"] is True
    assert document["tags"]["site"] == "ndc2"
    assert len(document["etcd3"]["hosts"]) == 3
    assert all("scram-sha-256" in rule for rule in document["postgresql"]["pg_hba"])
    assert len(set(passwords.values())) == len(passwords) == 4
    write_database_credentials(paths, found, datetime.now(UTC))
    assert read_passwords(paths, "one") == passwords
    assert all(file.stat().st_mode & 0o077 == 0 for file in paths.databases.rglob("*") if file.is_file())


def test_on_loopback_every_site_and_every_lab_has_an_address_of_its_own() -> None:
    found = state(mode=LabMode.LOOPBACK)
    addresses = [found.service_address(site) for site in found.sites]
    assert addresses == ["127.1.255.11", "127.1.255.12", "127.1.255.13"]
    other = found.model_copy(update={"lab_id": "fe0010"})
    assert not {other.service_address(site) for site in other.sites} & set(addresses)
    assert state().service_address(state().site("ndc1")) == "198.18.7.11"


@pytest.mark.parametrize(
    ("name", "zone"),
    [("login.ndc.gov.vn", "ndc.gov.vn"), ("data.gov.vn", "data.gov.vn"), ("a.b.ndc.gov.vn", "b.ndc.gov.vn")],
)
def test_a_public_suffix_is_no_zone_of_ours(name: str, zone: str) -> None:
    assert zone_of(name) == zone


def test_names_of_one_zone_share_it() -> None:
    assert zones(state(*choose_services(["one", "two"], (), INVENTORY, SITES))) == ["ndc.gov.vn"]


def test_a_name_server_is_open_to_the_key_only() -> None:
    text = named_configuration(Path("/lab"), "198.18.7.11", 53, Path("/lab/key"), ["ndc.gov.vn"])
    assert "recursion no;" in text
    assert "allow-transfer { none; };" in text
    assert text.count("grant") == 1
    assert "update-policy { grant ndcops-lab zonesub A TXT; };" in text
    zone = zone_file("ndc.gov.vn", [("ndc1", "198.18.7.11"), ("ndc2", "198.18.7.12")])
    assert zone.count(" NS ") == 2
    assert "ns-ndc2 A 198.18.7.12" in zone
