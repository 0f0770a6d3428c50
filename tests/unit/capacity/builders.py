"""Plain Kubernetes objects, as small as the fit engine takes them, and clusters of them."""

from collections.abc import Sequence

from hypothesis import settings

from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.plan.fit import Cluster
from ndcops.model.record import JsonObject
from ndcops.model.snapshot import PodGroup

QUICKLY = settings(max_examples=25, deadline=None)
"""Few examples, so that all properties together take seconds; no deadline, since machines are shared."""


def node(
    name: str,
    cpu: str = "4",
    memory: str = "8Gi",
    pods: int = 10,
    *,
    labels: JsonObject | None = None,
    taints: Sequence[JsonObject] = (),
    cordoned: bool = False,
    features: Sequence[str] = (),
    extended: JsonObject | None = None,
) -> JsonObject:
    """A node; `extended` are further resources by name."""
    allocatable = {"cpu": cpu, "memory": memory, "pods": str(pods), **(extended or {})}
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"taints": list(taints), "unschedulable": cordoned},
        "status": {"allocatable": allocatable, "declaredFeatures": list(features)},
    }


def container(name: str = "main", *, requests: JsonObject | None = None, **more: object) -> JsonObject:
    """A container that requests what is named."""
    return {"name": name, "resources": {"requests": requests or {}}, **more}


def pod(
    cpu: str = "1",
    memory: str = "1Gi",
    *,
    name: str = "web",
    namespace: str = "shop",
    labels: JsonObject | None = None,
    requests: JsonObject | None = None,
    on: str = "",
    status: JsonObject | None = None,
    owner: str = "",
    **spec: object,
) -> JsonObject:
    """A pod of one container; `on` binds it to a node, `spec` adds fields or replaces them."""
    asked = {"cpu": cpu, "memory": memory} if requests is None else requests
    metadata: JsonObject = {"name": name, "namespace": namespace, "labels": labels or {}, "uid": f"uid-{name}"}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner, "name": "owner"}]
    whole: JsonObject = {"containers": [container(requests=asked)], **spec}
    if on:
        whole["nodeName"] = on
    return {"metadata": metadata, "spec": whole, "status": status or {}}


def group(template: JsonObject, **nodes: int) -> PodGroup:
    """Equal pods of a template by node, as a snapshot has them: without name and UID."""
    kept = {key: value for key, value in template["metadata"].items() if key not in ("name", "uid")}
    return PodGroup(template={**template, "metadata": kept}, nodes=nodes)


def cluster(*nodes: JsonObject, groups: Sequence[PodGroup] = (), **objects: Sequence[JsonObject]) -> Cluster:
    """A cluster of nodes and whatever else is given by plural."""
    return Cluster.of({"nodes": nodes, **objects}, groups)


def demand(template: JsonObject, count: int, name: str = "web", claims: Sequence[JsonObject] = ()) -> Demand:
    """Equal pods that want a place."""
    return Demand(name, template, count, tuple(claims))


def pods_on(found: Cluster) -> dict[str, int]:
    """How many pods stand on each node."""
    return dict(zip(found.state.nodes.names, map(int, found.state.pods), strict=True))
