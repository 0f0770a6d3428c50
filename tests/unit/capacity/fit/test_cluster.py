import pytest

from ndcops.capacity.plan.fit import Cluster, pod_shape
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, group, node, pod, pods_on


def test_a_verdict_that_fits_has_no_message() -> None:
    verdict = cluster(node("n2"), node("n1"), node("n3", cordoned=True)).verdict(pod())
    assert (verdict.fits, verdict.feasible, verdict.nodes) == (True, 2, 3)
    assert (verdict.feasible_nodes, verdict.message, verdict.is_undecided) == (("n1", "n2"), "", False)


def test_the_message_counts_reasons_in_the_order_of_text() -> None:
    nodes = [node(f"n{number}", cpu="1") for number in range(10)]
    nodes += [node(f"c{number}", cordoned=True) for number in range(2)]
    assert cluster(*nodes).verdict(pod("2", "9Gi")).message == (
        "0/12 nodes are available: 10 Insufficient cpu, 10 Insufficient memory, 2 node(s) were unschedulable."
    )


def test_a_cluster_without_nodes_says_so_in_the_schedulers_words() -> None:
    verdict = cluster().verdict(pod())
    assert not verdict.fits
    assert verdict.message == "no nodes available to schedule pods"  # scheduler.go, ErrNoNodesAvailable


def test_pods_and_groups_stand_on_their_nodes() -> None:
    groups = [group(pod("1"), n1=2, n2=1), group(pod("1", status={"phase": "Failed"}), n2=3)]
    found = cluster(node("n1"), node("n2"), pods=[pod("1", on="n1"), pod("1")], groups=groups)
    assert pods_on(found) == {"n1": 3, "n2": 1}
    assert found.state.requested[:, found.state.nodes.column["cpu"]].tolist() == [3000, 1000]


def test_pods_of_unknown_nodes_and_pending_ones_hold_nothing() -> None:
    pending = group(pod("4"), n9=1).model_copy(update={"nodes": {"": 5, "n9": 1}})
    assert cluster(node("n1"), pods=[pod("4", on="n9")], groups=[pending]).verdict(pod("4")).fits


def test_a_copy_is_isolated_and_the_door_changes_nothing() -> None:
    base = cluster(node("n1"))
    what_if = base.copy()
    what_if.place(pod_shape(pod("4")), 0)
    assert base.verdict(pod("4")).fits
    assert base.verdict(pod("4")).fits
    assert not what_if.verdict(pod("1")).fits
    assert not what_if.copy().verdict(pod("1")).fits
    assert pods_on(base) == {"n1": 0}


def test_pods_taken_away_leave_their_room() -> None:
    base = cluster(node("n1"), groups=[group(pod("2"), n1=2)])
    standing = next(base.state.residents.groups()).shape
    what_if = base.copy()
    what_if.place(standing, 0, -2)
    assert what_if.verdict(pod("4")).fits
    assert not base.verdict(pod("1")).fits


@pytest.mark.parametrize(
    ("objects", "error"),
    [
        ({"nodes": [{}]}, KeyError),
        ({"nodes": [node("n1", cpu="lots")]}, ValueError),
        ({"nodes": [node("n1")], "pods": [pod("lots", on="n1")]}, ValueError),
        ({"pods": [{"metadata": {}}]}, KeyError),
    ],
)
def test_what_no_api_server_would_give_is_an_error(
    objects: dict[str, list[JsonObject]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Cluster.of(objects)
