import pytest

from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, node, pod


@pytest.mark.parametrize(
    ("wanted", "reasons"),
    [
        (pod("4", "8Gi"), []),
        (pod("4001m", "8Gi"), ["Insufficient cpu"]),
        (pod("4", "8193Mi"), ["Insufficient memory"]),
        (pod("5", "9Gi"), ["Insufficient cpu", "Insufficient memory"]),
        (pod(requests={}), []),
        (pod(requests={"nvidia.com/gpu": "1"}), ["Insufficient nvidia.com/gpu"]),
        (pod(requests={"ephemeral-storage": "1"}), ["Insufficient ephemeral-storage"]),
        (pod(requests={"hugepages-2Mi": "2Mi"}), ["Insufficient hugepages-2Mi"]),
        (pod(requests={"requests.nvidia.com/gpu": "1"}), []),
        (pod("1", overhead={"cpu": "3500m"}), ["Insufficient cpu"]),
    ],
)
def test_every_resource_that_lacks_is_a_reason(wanted: JsonObject, reasons: list[str]) -> None:
    verdict = cluster(node("n1")).verdict(wanted)
    assert verdict.reasons == dict.fromkeys(reasons, 1)
    assert verdict.refused_by == ({"NodeResourcesFit": 1} if reasons else {})


def test_pods_that_stand_there_count() -> None:
    found = cluster(node("n1"), node("n2"), pods=[pod("3", on="n1"), pod("1", on="n1"), pod("1", on="n2")])
    assert found.verdict(pod("3")).feasible_nodes == ("n2",)
    assert found.verdict(pod("4")).message == "0/2 nodes are available: 2 Insufficient cpu."


def test_slots_run_out_even_for_pods_that_ask_for_nothing() -> None:
    found = cluster(node("n1", pods=1), pods=[pod(requests={}, on="n1")])
    assert found.verdict(pod(requests={})).message == "0/1 nodes are available: 1 Too many pods."


def test_a_node_without_status_takes_no_pod() -> None:
    assert cluster({"metadata": {"name": "n1"}}).verdict(pod(requests={})).reasons == {"Too many pods": 1}


def test_ended_pods_hold_nothing() -> None:
    ended = [pod("4", on="n1", status={"phase": phase}) for phase in ("Succeeded", "Failed")]
    assert cluster(node("n1"), pods=ended).verdict(pod("4")).fits


def test_a_resize_in_hand_holds_the_larger_amount() -> None:
    seen = [{"name": "main", "resources": {"requests": {"cpu": "3"}}}]
    found = cluster(node("n1"), pods=[pod("1", on="n1", status={"containerStatuses": seen})])
    assert found.verdict(pod("1")).fits
    assert not found.verdict(pod("2")).fits


def test_overcommitted_nodes_take_nothing_more_of_what_lacks() -> None:
    found = cluster(node("n1"), pods=[pod("6", "1Gi", on="n1")])
    assert found.verdict(pod("1m")).reasons == {"Insufficient cpu": 1}
    assert found.verdict(pod(requests={"memory": "1Gi"})).fits
