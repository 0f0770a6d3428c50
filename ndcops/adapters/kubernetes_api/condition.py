"""Sums up nodes by pool and workloads by service, from lists as the API gives them; `api` calls it."""

from collections.abc import Iterable

from ndcops.model.record import JsonObject
from ndcops.model.site_status import PoolStatus, ServiceStatus

POOL_LABEL = "ndc.gov.vn/pool"
SERVICE_LABEL = "app.kubernetes.io/part-of"


def pools_of(nodes: Iterable[JsonObject]) -> tuple[PoolStatus, ...]:
    """Nodes and Ready nodes of each pool; nodes without the label come under `(none)`."""
    counts: dict[str, list[int]] = {}
    for node in nodes:
        count = counts.setdefault(node["metadata"].get("labels", {}).get(POOL_LABEL, "(none)"), [0, 0])
        conditions = node.get("status", {}).get("conditions", [])
        count[0] += 1
        count[1] += any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return tuple(
        PoolStatus(pool=pool, nodes=nodes_, ready=ready) for pool, (nodes_, ready) in sorted(counts.items())
    )


def services_of(workloads: Iterable[JsonObject]) -> tuple[ServiceStatus, ...]:
    """Wanted and ready replicas of each service; workloads without the label are not ours."""
    counts: dict[str, list[int]] = {}
    for workload in workloads:
        service = workload["metadata"].get("labels", {}).get(SERVICE_LABEL)
        if service is not None:
            count = counts.setdefault(service, [0, 0])
            count[0] += workload["spec"].get("replicas", 0)
            count[1] += workload.get("status", {}).get("readyReplicas", 0)
    return tuple(
        ServiceStatus(service=service, replicas=wanted, ready=ready)
        for service, (wanted, ready) in sorted(counts.items())
    )
