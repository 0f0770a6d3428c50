"""Landing zones from dossiers: what they hold, what is authorised, what stays denied, reasons against one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.model.errors import Refused
from ndcops.model.landing_zone import LandingZone, ZoneFlow
from ndcops.model.lifecycle import LifecycleState
from ndcops.onboarding.plan.landing_zone import landing_zones
from tests.unit.onboarding.zone_samples import agency, facts, site, system


def needs(to: str, kind: str = "api", *, hard: bool = False) -> dict[str, Any]:
    return {"to": to, "kind": kind, "hard": hard}


def flows(zone: LandingZone, name: str = "x-records") -> dict[str, ZoneFlow]:
    found = zone.system(name)
    assert found is not None
    return {f"{flow.direction} {flow.name}": flow for flow in found.flows}


def reasons(*args: Any, **kwargs: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        landing_zones(facts(*args, **kwargs))
    assert refused.value.resolution
    return refused.value.details


def test_home_and_standby_get_the_same_room():
    home, standby = landing_zones(facts(agency())).zones
    assert [(zone.site, zone.systems[0].role) for zone in (home, standby)] == [
        ("ndc1", "home"),
        ("ndc2", "standby"),
    ]
    assert home.systems[0].size == standby.systems[0].size
    assert home.zone == "agency"


def test_sizes_follow_the_dossier():
    (zone, _) = landing_zones(facts(agency("agency-x", system(data_size="3Ti")))).zones
    size = zone.systems[0].size
    assert (size.cpu_cores, size.memory, size.pods) == (20, "80Gi", 80)
    assert size.storage == {"standard": "308Gi"}
    (place,) = zone.systems[0].databases
    assert (place.engine, place.tier, place.members_per_site, place.size) == ("patroni", "fast", 3, "3840Gi")


def test_a_database_of_a_lower_grade_stands_in_the_cluster_and_claims_there():
    low = system(tier={"grade": 3, "rpo_s": 60, "rto_s": 3600})
    (zone, _) = landing_zones(facts(agency("agency-x", low))).zones
    (place,) = zone.systems[0].databases
    assert (place.engine, place.tier, place.members_per_site, place.size) == (
        "cloudnativepg", "standard", 2, "1280Gi",
    )  # fmt: skip
    assert zone.systems[0].size.storage == {"standard": "2663Gi"}
    assert "out own.databases" not in flows(zone)


def test_a_system_that_is_a_service_has_its_database_where_the_service_says():
    (zone, _) = landing_zones(facts(agency("agency-x", system(service="sign-in")))).zones
    assert zone.systems[0].databases[0].engine == "cloudnativepg"


def test_without_anything_declared_only_duties_and_own_databases_pass():
    planned = landing_zones(facts(agency(), sites=(site(flows=(("agency", "soc", 6514),)), site("ndc2"))))
    home, standby = planned.zones
    assert set(flows(home)) == {"out zone.soc", "out own.databases"}
    assert set(flows(standby)) == {"out own.databases"}
    assert str(flows(home)["out own.databases"].peers[0].addresses) == "10.10.1.0/24"
    assert planned.denied == ()


def test_a_service_is_reached_only_over_a_flow_of_the_site():
    given = agency("agency-x", system(depends_on=[needs("registry"), needs("sign-in")]))
    planned = landing_zones(facts(given))
    reached = flows(planned.zones[0])["out registry"]
    assert [str(each.addresses) for each in reached.peers if each.addresses] == ["10.20.0.10/32"]
    assert reached.ports == (443, 8443)
    assert [(each.to, "from zone agency to zone management" in each.why) for each in planned.denied] == [
        ("sign-in", True), ("sign-in", True),
    ]  # fmt: skip


def test_a_service_without_a_name_is_reached_where_it_stands():
    given = agency("agency-x", system(depends_on=[needs("sign-in")]))
    open_sites = (
        site(flows=(("agency", "management", 8443),)),
        site("ndc2", flows=(("agency", "management", 8443),)),
    )
    (peer,) = flows(landing_zones(facts(given, sites=open_sites)).zones[0])["out sign-in"].peers
    assert (peer.zone, peer.service) == ("management", "sign-in")


def test_what_it_cannot_do_without_and_nobody_authorised_is_refused():
    given = agency("agency-x", system(depends_on=[needs("sign-in", hard=True), needs("nowhere", hard=True)]))
    found = reasons(given)
    assert any("x-records → sign-in" in each and "does not work without" in each for each in found)
    assert any("no such service or system is declared" in each for each in found)


def test_systems_of_one_agency_reach_each_other_both_ways():
    given = agency("agency-x", system(), system("x-portal", depends_on=[needs("x-records", "data", hard=True)]))
    home, _ = landing_zones(facts(given)).zones
    assert flows(home, "x-portal")["out x-records"].ports == (5432,)
    assert flows(home)["in x-portal"].ports == (5432,)


@pytest.mark.parametrize(
    ("consumers", "authorised"),
    [((), False), (("somebody",), False), (("agency-y",), True), (("y-portal",), True)],
)
def test_another_agency_s_system_is_reached_when_both_say_so(consumers, authorised):
    integration = {"via": "api", "service": "look-up", "consumers": list(consumers)}
    owner = agency("agency-x", system(), integrations=[integration])
    caller = agency("agency-y", system("y-portal", depends_on=[needs("x-records")]))
    planned = landing_zones(facts(caller, owner))
    assert ("out x-records" in flows(planned.zones[0], "y-portal")) is authorised
    assert bool(planned.denied) is not authorised
    assert ("in y-portal" in flows(landing_zones(facts(owner, caller)).zones[0])) is authorised


def test_data_leave_through_the_exchange_when_they_are_said_to():
    dataset = {"id": "x-data", "title": {"vi": "D", "en": "D"}, "database": "x-records-db"}
    shared = {"via": "NDOP", "service": "look-up", "datasets": ["x-data"]}
    given = agency("agency-x", system(), system("x-portal"), datasets=[dataset], integrations=[shared])
    home, _ = landing_zones(facts(given)).zones
    assert flows(home)["in data-exchange"].ports == (8443,)
    assert "in data-exchange" not in flows(home, "x-portal")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cost_centre": None}, "cost_centre is not declared"),
        ({"groups": []}, "groups is not declared"),
        ({"standby": "ndc9"}, "standby 'ndc9' is no built site"),
        ({"standby": None}, "standby 'nowhere' is no built site"),
        ({"standby": "ndc1"}, "home and standby are both 'ndc1'"),
        ({"classification": "secret"}, "'secret' is above what zone agency of ndc1 may hold"),
        ({"data_size": "900Ti"}, "tier fast: landing zones would claim"),
    ],
)
def test_reasons_against_a_landing_zone(changes, why):
    assert any(why in each for each in reasons(agency("agency-x", system(**changes))))


def test_all_reasons_are_said_at_once():
    found = reasons(agency("agency-x", system(cost_centre=None, groups=[]), system("x-portal", groups=[])))
    assert len(found) == 3


def test_an_unknown_size_is_refused():
    given = agency("agency-x", system(data_size=None), databases=[])
    assert any("how large it is" in each for each in reasons(given))


def test_a_group_of_two_agencies_is_refused():
    other = agency("agency-y", system("y-portal", groups=["x-records-dba"]))
    assert "x-records: group 'x-records-dba' is also of agency-y (y-portal)" in reasons(agency(), other)


def test_a_site_without_a_zone_for_agencies_is_refused():
    found = reasons(agency(), sites=(site(hosting=None), site("ndc2")))
    assert "ndc1: no zone hosts agencies (hosts_agencies of inventory/sites/ndc1.yaml)" in found


def test_room_that_other_agencies_have_is_gone():
    other = agency("agency-y", system("y-portal", data_size="60Ti"))
    mine = agency("agency-x", system(data_size="10Ti"))
    landing_zones(facts(mine, other))
    ready = {"y-portal": LifecycleState.LANDING_ZONE_READY}
    assert any("tier fast" in each for each in reasons(mine, other, states=ready))


@pytest.mark.parametrize("state", [LifecycleState.DRAFT, LifecycleState.ASSESSED, LifecycleState.DECOMMISSIONED])
def test_only_what_is_planned_gets_a_landing_zone(state):
    both = agency("agency-x", system(), system("x-portal"))
    (zone, _) = landing_zones(facts(both, states={"x-portal": state})).zones
    assert [each.system for each in zone.systems] == ["x-records"]
    assert f"x-records: {state}" in reasons(agency(), states={"x-records": state})


ZONES = ("public", "agency", "data", "management", "soc")
_carried = st.lists(
    st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES), st.sampled_from((5432, 8443))).filter(
        lambda flow: flow[0] != flow[1]
    ),
    max_size=6,
)


@settings(max_examples=30)
@given(extra=_carried, wanted=st.sets(st.sampled_from(("registry", "sign-in", "data-exchange", "nowhere"))))
def test_no_flow_leaves_for_a_zone_that_the_site_does_not_open(extra, wanted):
    here = site(flows=tuple(extra))
    caller = agency("agency-x", system(depends_on=[needs(name) for name in sorted(wanted)]))
    planned = landing_zones(facts(caller, sites=(here, site("ndc2"))))
    opened = {(flow.source, flow.destination, port.port) for flow in here.network.flows for port in flow.ports} | {
        ("agency", "agency", port) for port in range(65536)
    }
    zone = next(zone for zone in planned.zones if zone.site == "ndc1")
    for flow in zone.systems[0].flows:
        for peer in flow.peers:
            if peer.zone is None:
                continue
            ends = ("agency", peer.zone) if flow.direction == "out" else (peer.zone, "agency")
            assert any((*ends, port) in opened for port in flow.ports)
    told = {flow.name for flow in zone.systems[0].flows if flow.direction == "out"}
    told |= {each.to for each in planned.denied if each.system == "x-records"}
    assert wanted <= told, "what is asked for is authorised or told as denied"
