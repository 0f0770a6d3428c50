import pytest

from ndcops.capacity.plan.fit import Cluster
from ndcops.capacity.plan.power import PowerUse
from ndcops.capacity.plan.show import AGENCY_LABEL, UNLABELLED, SiteRoom, fullest, site_room
from ndcops.model.object_names import POOL_LABEL, RACK_LABEL, SERVICE_LABEL
from tests.unit.capacity.builders import cluster, group, node, pod
from tests.unit.capacity.fit.builders import claim
from tests.unit.reports.sample_country import service, site


def room(found: Cluster, **power: object) -> SiteRoom:
    declared = {"it_load_mw": 10, "feeds": 2, "redundancy": "2N", "as_of": "2026", "source": "s", **power}
    return site_room(site(1, power=declared), found, [service("portal")])


def racks(*names: str) -> list[dict[str, object]]:
    return [node(f"n{number}", labels={RACK_LABEL: name}) for number, name in enumerate(names)]


def test_requested_free_and_the_largest_place_left() -> None:
    found = room(cluster(*racks("r1", "r1"), groups=[group(pod("1", "1Gi"), n0=3)]))
    cpu = found.total.amount("cpu")
    assert cpu is not None
    assert (cpu.allocatable, cpu.requested, cpu.free, cpu.largest_free, cpu.share) == (
        8000,
        3000,
        5000,
        4000,
        0.375,
    )
    assert found.total.amount("nvidia.com/gpu") is None


def test_what_is_free_where_another_resource_ran_out_is_stranded() -> None:
    found = room(cluster(*racks("r1", "r1"), groups=[group(pod("4", "1Gi"), n0=1)]))
    cpu, memory, pods = (found.total.amount(each) for each in ("cpu", "memory", "pods"))
    assert cpu is not None
    assert memory is not None
    assert pods is not None
    assert (cpu.stranded, memory.stranded, pods.stranded) == (0, 7 * 2**30, 9)


def test_overcommitted_nodes_do_not_eat_the_room_of_others() -> None:
    cpu = room(cluster(*racks("r1", "r1"), groups=[group(pod("6", "0"), n0=1)])).total.amount("cpu")
    assert cpu is not None
    assert (cpu.free, cpu.largest_free) == (2000, 4000)


def test_parts_by_rack_and_pool_and_what_has_no_label() -> None:
    nodes = [*racks("r2", "r1", "r2"), node("n9", cordoned=True)]
    nodes[0]["metadata"]["labels"][POOL_LABEL] = "general"
    found = room(cluster(*nodes))
    assert [(part.name, part.nodes, part.cordoned) for part in found.racks] == [
        ("r1", 1, 0),
        ("r2", 2, 0),
        (UNLABELLED, 1, 1),
    ]
    assert [(part.name, part.nodes) for part in found.pools] == [("general", 1), (UNLABELLED, 3)]
    assert found.total.cordoned == 1


def test_the_fullest_part() -> None:
    found = room(cluster(*racks("r1", "r2"), groups=[group(pod("3", "1Gi"), n1=1)]))
    part, amount = fullest(found.racks) or (None, None)
    assert part is not None
    assert amount is not None
    assert (part.name, amount.resource) == ("r2", "cpu")
    assert fullest([]) is None


def test_an_empty_site_has_no_room_and_no_error() -> None:
    found = room(cluster())
    assert (found.total.nodes, found.total.amounts, found.racks) == (0, (), ())


def test_tiers_count_what_claims_were_promised() -> None:
    claims = [
        claim("a", storage_class="ndc-fast", size="600Ti"),
        claim("b", storage_class="ndc-fast", size="600Ti"),
    ]
    fast, cold = room(cluster(persistentvolumeclaims=claims)).tiers
    assert (fast.claims, fast.claimed_bytes, fast.free_bytes) == (2, 1200 * 2**40, -176 * 2**40)
    assert (cold.claims, cold.claimed_bytes) == (0, 0)


def test_agencies_by_label_then_service_then_namespace() -> None:
    groups = [
        group(pod("2", labels={AGENCY_LABEL: "tax"}), n0=1),
        group(pod("1", labels={SERVICE_LABEL: "portal"}), n0=1),
        group(pod("500m", namespace="bank"), n0=1),
        group(pod("250m", namespace="other"), n0=1),
    ]
    labelled = {"metadata": {"name": "bank", "labels": {AGENCY_LABEL: "treasury"}}}
    found = room(cluster(*racks("r1"), groups=groups, namespaces=[labelled]))
    assert [(each.agency, each.pods, each.cpu_m) for each in found.agencies] == [
        ("tax", 1, 2000),
        ("Bộ Công an", 1, 1000),
        ("treasury", 1, 500),
        ("other", 1, 250),
    ]


@pytest.mark.parametrize(
    ("feeds", "redundancy", "after_w"),
    [(2, "2N", 10_000_000), (3, "N+1", 10_000_000), (2, "N", 5_000_000), (1, "N", 0), (1, "2N", 0)],
)
def test_doubled_feeds_count_once_and_single_ones_are_lost(feeds: int, redundancy: str, after_w: int) -> None:
    whole, hall = room(cluster(), feeds=feeds, redundancy=redundancy).power
    drawn_w = 44 * 800
    assert whole == PowerUse("ndc1", drawn_w, 10_000_000, after_w)
    assert hall == PowerUse("hall-a", drawn_w, 4_000_000, after_w * 4 // 10)
    assert whole.share == drawn_w / 10_000_000
