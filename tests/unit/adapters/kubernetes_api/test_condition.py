"""Sums of nodes and workloads, from lists as the API gives them."""

from typing import Any

import pytest

from ndcops.adapters.kubernetes_api.condition import POOL_LABEL, SERVICE_LABEL, pools_of, services_of
from ndcops.model import object_names as names


def node(pool: str | None, *conditions: tuple[str, str]) -> dict[str, Any]:
    labels = {"labels": {POOL_LABEL: pool}} if pool else {}
    return {"metadata": labels, "status": {"conditions": [{"type": t, "status": s} for t, s in conditions]}}


def workload(service: str | None, replicas: int | None, ready: int | None) -> dict[str, Any]:
    labels = {"labels": {SERVICE_LABEL: service}} if service else {}
    spec = {} if replicas is None else {"replicas": replicas}
    return {"metadata": labels, "spec": spec, **({} if ready is None else {"status": {"readyReplicas": ready}})}


@pytest.mark.parametrize(
    ("nodes", "pools"),
    [
        ([], []),
        ([node("a", ("Ready", "True"))], [("a", 1, 1)]),
        ([node("a", ("Ready", "False")), node("a", ("Ready", "Unknown")), node("a")], [("a", 3, 0)]),
        ([node("a", ("MemoryPressure", "True"))], [("a", 1, 0)]),
        ([node("b", ("Ready", "True")), node(None), node("a")], [("(none)", 1, 0), ("a", 1, 0), ("b", 1, 1)]),
        ([{"metadata": {}}], [("(none)", 1, 0)]),
    ],
)
def test_pools(nodes: list[dict[str, Any]], pools: list[tuple[str, int, int]]) -> None:
    assert [(each.pool, each.nodes, each.ready) for each in pools_of(nodes)] == pools


@pytest.mark.parametrize(
    ("workloads", "services"),
    [
        ([], []),
        ([workload("a", 3, 2), workload("a", 1, 1)], [("a", 4, 3)]),
        ([workload("a", 0, None)], [("a", 0, 0)]),
        ([workload(None, 5, 5)], []),
        ([workload("b", None, None), workload("a", 1, None)], [("a", 1, 0), ("b", 0, 0)]),
    ],
)
def test_services(workloads: list[dict[str, Any]], services: list[tuple[str, int, int]]) -> None:
    assert [(each.service, each.replicas, each.ready) for each in services_of(workloads)] == services


def test_the_stacks_give_workloads_the_label_that_is_counted_here() -> None:
    assert names.SERVICE_LABEL == SERVICE_LABEL
