from pathlib import Path

import pytest

from ndcops.adapters.inventory_files.reader import read_inventory
from ndcops.capacity.plan.fit import Cluster
from ndcops.capacity.plan.losses import FeedLoss, RackLoss, feed_losses, rack_losses
from ndcops.model.object_names import RACK_LABEL
from ndcops.model.record import JsonObject
from ndcops.model.site import Hall, NodePool, Power, Racks, Redundancy, Site
from ndcops.model.snapshot import PodGroup
from tests.unit.capacity.builders import cluster, group, node, pod, pods_on


def racks(*groups: PodGroup, **objects: list[JsonObject]) -> Cluster:
    """Two racks of one node with four cores."""
    nodes = [node(f"n{number}", labels={RACK_LABEL: f"r{number}"}) for number in (1, 2)]
    return cluster(*nodes, groups=groups, **objects)


def losses(found: Cluster) -> dict[str, RackLoss]:
    return {each.rack: each for each in rack_losses("ndc1", found)}


def test_pods_move_to_the_racks_that_are_left() -> None:
    base = racks(group(pod("1"), n1=2, n2=2))
    assert losses(base) == {"r1": RackLoss("ndc1", "r1", 1, 2, 0), "r2": RackLoss("ndc1", "r2", 1, 2, 0)}
    assert pods_on(base) == {"n1": 2, "n2": 2}


def test_who_finds_no_place_is_homeless_for_a_reason() -> None:
    lost = losses(racks(group(pod("1", "0"), n1=3, n2=3)))["r1"]
    assert (lost.pods, lost.homeless, lost.reason, lost.survives) == (3, 2, "Insufficient cpu", False)


def test_pods_that_belong_to_a_node_go_with_it() -> None:
    daemon = group(pod("2", owner="DaemonSet"), n1=1, n2=1)
    found = losses(racks(daemon, group(pod("1"), n1=2)))
    assert (found["r1"].pods, found["r1"].homeless) == (2, 0)
    assert (found["r2"].pods, found["r2"].homeless) == (0, 0)


def test_urgent_pods_find_their_place_first() -> None:
    large, small = group(pod("4", "0"), n1=1), group(pod("2", "0", priority=900), n1=2)
    assert losses(racks(large, small))["r1"].homeless == 1


def test_pods_bound_to_their_rack_are_homeless() -> None:
    lost = losses(racks(group(pod("1", nodeSelector={RACK_LABEL: "r1"}), n1=2)))["r1"]
    assert (lost.homeless, lost.reason) == (2, "node(s) didn't match Pod's node affinity/selector")


def test_nodes_without_a_rack_are_never_lost() -> None:
    assert losses(cluster(node("n1"), groups=[group(pod(), n1=1)])) == {}


def test_pods_given_one_by_one_move_as_groups_do() -> None:
    # They name their node, which is where they stood and not a wish.
    assert losses(racks(pods=[pod("1", on="n1")]))["r1"].homeless == 0


def test_pods_that_a_what_if_took_away_are_not_lost_again() -> None:
    base = racks(group(pod("1"), n1=2))
    what_if = base.copy()
    what_if.place(next(base.state.residents.groups()).shape, 0, -2)
    assert losses(what_if)["r1"].pods == 0


SAMPLE = read_inventory(Path(__file__).parents[3] / "inventory").sites[0]


def fed(redundancy: Redundancy, *, feeds: int = 2) -> Site:
    """A site whose one hall takes 2 kW, with two nodes of 1 kW in two racks."""
    pool = NodePool(name="general", nodes=2, cpu_cores=4, memory="8Gi", hall="hall-a", racks=2, node_power_w=1_000)
    hall = Hall(name="hall-a", power_mw=0.002, racks=Racks(count=2, units=42, power_kw=1))
    power = Power(it_load_mw=0.002, feeds=feeds, redundancy=redundancy, as_of="2026", source="a test")
    return SAMPLE.model_copy(update={"halls": (hall,), "pools": (pool,), "power": power})


def hall_racks(*groups: PodGroup, racks: tuple[str, ...] = ("hall-a-r001", "hall-a-r002")) -> Cluster:
    nodes = [node(f"n{number}", labels={RACK_LABEL: rack}) for number, rack in enumerate(racks, start=1)]
    return cluster(*nodes, groups=groups)


@pytest.mark.parametrize(
    ("redundancy", "feeds", "left_w", "dark"),
    [
        (Redundancy.DOUBLE, 2, 2_000, ()),
        (Redundancy.NONE, 2, 1_000, ("hall-a-r002",)),
        (Redundancy.NONE, 1, 0, ("hall-a-r002", "hall-a-r001")),
        (Redundancy.DOUBLE, 1, 0, ("hall-a-r002", "hall-a-r001")),
    ],
)
def test_a_feed_lost_leaves_what_the_others_carry(
    redundancy: Redundancy, feeds: int, left_w: int, dark: tuple[str, ...]
) -> None:
    found = hall_racks(group(pod("1", priority=900), n1=1), group(pod("1"), n2=1))
    for loss in feed_losses(fed(redundancy, feeds=feeds), found):
        assert (loss.drawn_w, loss.left_w, loss.shortfall_w, loss.dark_racks) == (
            2_000,
            left_w,
            2_000 - left_w,
            dark,
        )
        assert loss.survives == (left_w >= 1_000)


def test_racks_without_pods_go_dark_first_and_pods_without_a_place_are_counted() -> None:
    site = fed(Redundancy.NONE)
    empty, full = hall_racks(group(pod("1"), n1=1)), hall_racks(group(pod("3"), n1=1, n2=1))
    assert [loss.dark_racks for loss in feed_losses(site, empty)] == [("hall-a-r002",)] * 2
    expected = FeedLoss("ndc1", "hall-a", 2_000, 1_000, ("hall-a-r001",), 1, 1, "Insufficient cpu")
    assert list(feed_losses(site, full))[1] == expected
    assert not expected.survives


def test_a_lack_of_power_at_racks_that_no_facts_name_is_never_survived() -> None:
    (whole, hall) = feed_losses(fed(Redundancy.NONE), hall_racks(racks=("elsewhere",)))
    assert whole.dark_racks == hall.dark_racks == ()
    assert not whole.survives
    assert not hall.survives
