from collections.abc import Sequence

import pytest

from ndcops.capacity.plan.fit import Cluster
from ndcops.capacity.plan.placing import Taste
from ndcops.capacity.plan.shortfall import Shortfall
from ndcops.capacity.plan.survive import Play, Survival, TierFate, survive
from ndcops.model.object_names import POOL_LABEL, RACK_LABEL, SITE_LABEL
from ndcops.model.service import Service
from stacks.components.scheduling_objects import priority_objects
from tests.unit.capacity.builders import cluster, node, pods_on
from tests.unit.reports.sample_country import service, site

SITES = {f"ndc{number}": site(number) for number in (1, 2, 3)}


def standby(*cpus: str, name: str = "ndc2") -> Cluster:
    """A standby site with a rack for each general node."""
    nodes = []
    for number, cpu in enumerate(cpus):
        labels = {SITE_LABEL: name, POOL_LABEL: "general", RACK_LABEL: f"r{number}"}
        nodes.append(node(f"n{number}", cpu, "64Gi", labels=labels))
    return cluster(*nodes, priorityclasses=priority_objects())


def lose_first(
    services: Sequence[Service], *clusters: Cluster, plays: Sequence[Play] = (Play(Taste.SCORED),)
) -> Survival:
    named = {f"ndc{number}": each for number, each in enumerate(clusters, 2)}
    return survive(SITES, named, services, "ndc1", plays)


def with_pool(service_id: str, pool: str) -> Service:
    found = service(service_id)
    return found.model_copy(update={"workloads": (found.workloads[0].model_copy(update={"pool": pool}),)})


def test_all_that_finds_its_place_survives_and_the_standby_stays_as_it_is() -> None:
    base = standby("4", "4")
    found = lose_first([service("portal"), service("other", home="ndc2", standby="ndc1")], base)
    assert found.survives
    assert [(each.service, each.site, each.placed, each.wanted) for each in found.fates] == [
        ("portal", "ndc2", 2, 2)
    ]
    assert (found.shortfalls, found.limiting) == ((), None)
    assert pods_on(base) == {"n0": 0, "n1": 0}


def test_room_goes_to_the_services_that_recover_first() -> None:
    services = [
        service("archive", grade="C"),
        service("portal", grade="A", depends_on=("identity",)),
        service("identity", grade="A"),
    ]
    found = lose_first(services, standby("4", "4"))
    assert [(each.service, each.placed, each.survives) for each in found.fates] == [
        ("identity", 2, True),
        ("portal", 2, True),
        ("archive", 0, False),
    ]
    assert not found.survives
    assert found.limiting == Shortfall("ndc2", "Insufficient cpu", 2, 4000)


@pytest.mark.timeout(20)
def test_a_cycle_of_dependencies_does_not_hang() -> None:
    ring = [service("a", depends_on=("b",)), service("b", depends_on=("a",))]
    assert lose_first(ring, standby("8", "8")).survives


def test_a_standby_without_the_pool_is_a_problem_in_words() -> None:
    found = lose_first([with_pool("portal", "arm"), service("tax")], standby("8", "8"))
    lacking = next(each for each in found.fates if each.service == "portal")
    assert (lacking.survives, lacking.problem) == (False, "site 'ndc2' has no pool 'arm'")
    assert [each.survives for each in found.fates if each.service == "tax"] == [True]


def test_a_standby_without_facts_is_an_error_and_never_empty() -> None:
    with pytest.raises(KeyError, match="ndc3"):
        lose_first([service("portal", standby="ndc3")], standby("8"))


def test_services_of_one_site_go_to_standbys_of_their_own() -> None:
    services = [service("a"), service("b", standby="ndc3")]
    found = lose_first(services, standby("2"), standby("8", "8", name="ndc3"))
    assert {each.service: each.placed for each in found.fates} == {"a": 1, "b": 2}


def test_of_several_plays_the_worst_counts() -> None:
    # Spread out, two pods of two cores leave no node with four cores for what comes next.
    small, large = service("a", grade="B"), service("b", grade="C")
    workload = large.workloads[0].model_copy(update={"cpu": "4", "replicas": 1})
    services = [small, large.model_copy(update={"workloads": (workload,)})]
    full, scored = Play(Taste.FULLEST), Play(Taste.SCORED)
    survives = {each: lose_first(services, standby("4", "4"), plays=(each,)).survives for each in (full, scored)}
    assert survives == {full: True, scored: False}
    assert not lose_first(services, standby("4", "4"), plays=(full, scored)).survives


def test_tiers_hold_what_stands_there_and_the_copies() -> None:
    database = {"engine": "patroni", "size": "400Ti", "tier": "fast", "members_per_site": 2}
    moving = service("a", database=database)
    staying = service("b", home="ndc2", standby="ndc1", database={**database, "size": "100Ti"})
    elsewhere = service("c", home="ndc3", standby="ndc1", database=database)
    clusters = standby("8", "8")
    found = lose_first([moving, staying, elsewhere], clusters)
    assert found.tiers == (TierFate("ndc2", "fast", 1000 * 2**40, 2**50),)
    assert found.survives
    crowded = lose_first([moving, staying, service("d", database=database)], standby("16", "16"))
    assert [each.survives for each in crowded.tiers] == [False]
    assert not crowded.survives


def test_a_tier_that_the_standby_lacks_holds_nothing() -> None:
    database = {"engine": "patroni", "size": "1Gi", "tier": "tape"}
    found = lose_first([service("a", database=database)], standby("8", "8"))
    assert found.tiers == (TierFate("ndc2", "tape", 2**30, 0),)
    assert not found.survives


def test_a_question_without_plays_is_no_survival() -> None:
    with pytest.raises(ValueError, match="nothing is played"):
        lose_first([service("portal")], standby("1m"), plays=())
