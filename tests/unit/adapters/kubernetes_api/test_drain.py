"""A node is emptied by evictions, within budgets, and left as it was found."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ndcops.adapters.kubernetes_api import NodeDrains
from ndcops.model.errors import NdcopsError, Refused
from tests.fakes.nodes_http import NODE, NodeServer, node_server, pod


@pytest.fixture
def server() -> Iterator[NodeServer]:
    with node_server() as running:
        yield running


@pytest.fixture
def drains() -> NodeDrains:
    return NodeDrains(timeout_s=2, poll_s=0.01)


def test_pods_move_and_those_of_the_node_stay(server: NodeServer, drains: NodeDrains, tmp_path: Path) -> None:
    server.pods = [pod("web"), pod("agent", owner="DaemonSet"), pod("static", owner="Node", mirror=True)]
    result = drains.drain(server.cluster(tmp_path), NODE, evict_unmanaged=False, on_wait=lambda line: None)
    assert (result.evicted, result.left) == (("app/web",), ("app/agent", "app/static"))
    body = server.evictions[0]
    assert (body["apiVersion"], body["kind"]) == ("policy/v1", "Eviction")
    assert body["deleteOptions"] == {"preconditions": {"uid": "uid-web"}}


def test_a_budget_is_waited_for(server: NodeServer, drains: NodeDrains, tmp_path: Path) -> None:
    server.pods, server.budget = [pod("a"), pod("b")], {"b": 3}
    lines: list[str] = []
    drains.drain(server.cluster(tmp_path), NODE, evict_unmanaged=False, on_wait=lines.append)
    assert server.pods == []
    assert lines[0] == "drain: 1 of 2 pods still there, 1 held by their budgets"
    assert len(server.evictions) == 5


def test_a_budget_that_never_allows_it_ends_in_time(server: NodeServer, tmp_path: Path) -> None:
    server.pods, server.budget = [pod("db")], {"db": 10**6}
    drains = NodeDrains(timeout_s=0.1, poll_s=0.01)
    with pytest.raises(NdcopsError, match="1 pods did not leave within 0 s") as caught:
        drains.drain(server.cluster(tmp_path), NODE, evict_unmanaged=False, on_wait=lambda line: None)
    assert caught.value.details[0].startswith("app/db: Cannot evict pod as it would violate")


def test_a_pod_that_ends_slowly_is_asked_only_once(server: NodeServer, tmp_path: Path) -> None:
    server.pods, server.lingering = [pod("slow")], {"slow"}
    drains = NodeDrains(timeout_s=0.1, poll_s=0.01)
    with pytest.raises(NdcopsError) as caught:
        drains.drain(server.cluster(tmp_path), NODE, evict_unmanaged=False, on_wait=lambda line: None)
    assert caught.value.details == ("app/slow: is still ending",)
    assert len(server.evictions) == 1


def test_pods_that_nothing_would_start_again_are_refused(
    server: NodeServer, drains: NodeDrains, tmp_path: Path
) -> None:
    server.pods = [pod("bare", owner=None), pod("over", owner=None, phase="Succeeded")]
    cluster = server.cluster(tmp_path)
    with pytest.raises(Refused, match="1 pods belong to no controller") as caught:
        drains.drain(cluster, NODE, evict_unmanaged=False, on_wait=lambda line: None)
    assert caught.value.details == ("app/bare",)
    assert server.evictions == []
    result = drains.drain(cluster, NODE, evict_unmanaged=True, on_wait=lambda line: None)
    assert result.evicted == ("app/bare", "app/over")


def test_our_cordon_is_known_again_and_taken_back(server: NodeServer, drains: NodeDrains, tmp_path: Path) -> None:
    cluster = server.cluster(tmp_path)
    assert drains.cordon(cluster, NODE) is True
    assert server.node["spec"] == {"unschedulable": True}
    assert drains.cordon(cluster, NODE) is True  # as a resumed run does
    drains.uncordon(cluster, NODE)
    assert (server.node["spec"], server.node["metadata"]["annotations"]) == ({}, {})


def test_somebody_elses_cordon_is_not_ours(server: NodeServer, drains: NodeDrains, tmp_path: Path) -> None:
    server.node["spec"]["unschedulable"] = True
    assert drains.cordon(server.cluster(tmp_path), NODE) is False


def test_a_name_that_is_no_node_is_none(server: NodeServer, drains: NodeDrains, tmp_path: Path) -> None:
    cluster = server.cluster(tmp_path)
    assert drains.is_node(cluster, NODE)
    assert not drains.is_node(cluster, "ndc1-database-1")
    with pytest.raises(NdcopsError, match="answered 404"):
        drains.cordon(cluster, "gone")
