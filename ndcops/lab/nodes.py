"""The lab's nodes, made from the inventory's pools; `site_start` writes them to the API. Pure."""

import hashlib
import json
from collections.abc import Iterable
from typing import Final

from ndcops.lab.control_plane import NODE_ANNOTATION
from ndcops.model.errors import InvalidInput
from ndcops.model.record import JsonObject
from ndcops.model.site import NodePool, Site

SHAPE_ANNOTATION: Final = "ndc.gov.vn/shape"
"""A digest of what the lab declared for the node: another one means that the pool has changed."""

_LABEL_LENGTH: Final = 63


def pool_sizes(site: Site, *, scale: float = 1.0, nodes_per_site: int | None = None) -> dict[str, int]:
    """Nodes of each pool in the lab, at least one.

    `scale` shrinks every pool alike; `nodes_per_site` sets the sum, shared in proportion (largest
    remainders). Raises InvalidInput when they contradict each other or cannot be met.
    """
    declared = {pool.name: pool.nodes for pool in site.pools}
    if nodes_per_site is None:
        if not 0 < scale <= 1:
            raise InvalidInput(
                f"scale {scale} is not in (0, 1]", resolution="for example: ndcops lab up --scale 0.1"
            )
        return {name: max(1, round(count * scale)) for name, count in declared.items()}
    if scale != 1.0:
        raise InvalidInput("scale and nodes per site both set the number of nodes; give one of them")
    if nodes_per_site < len(declared):
        raise InvalidInput(
            f"{nodes_per_site} nodes are too few for {site.name}: it has {len(declared)} pools, one node each"
        )
    return _share(nodes_per_site, declared)


def _share(total: int, weights: dict[str, int]) -> dict[str, int]:
    """`total` shared in proportion to `weights`, at least one each, by largest remainders."""
    spare = total - len(weights)
    exact = {name: spare * weight / sum(weights.values()) for name, weight in weights.items()}
    shares = {name: 1 + int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (int(exact[name]) - exact[name], name))
    for name in by_remainder[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def node_name(site: str, pool: str, index: int) -> str:
    """The name of node `index` (from 0). Raises InvalidInput when it is no host name."""
    name = f"{site}-{pool}-{index + 1:03d}"
    if len(name) > _LABEL_LENGTH:
        raise InvalidInput(
            f"node name '{name}' has {len(name)} characters; a host name has at most {_LABEL_LENGTH}",
            resolution=f"shorten the name of pool '{pool}' in inventory/sites/{site}.yaml",
        )
    return name


def node_object(site: Site, pool: NodePool, index: int) -> JsonObject:
    """A node as its kubelet would register it; KWOK then keeps it Ready."""
    name = node_name(site.name, pool.name, index)
    resources = {"cpu": str(pool.cpu_cores), "memory": pool.memory, "pods": str(pool.pods)}
    annotations = {NODE_ANNOTATION: "fake"}
    if pool.gpu is not None:
        resources[pool.gpu.resource] = str(pool.gpu.count)
        annotations["ndc.gov.vn/gpu-model"] = pool.gpu.model
    labels = {
        **pool.labels,
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": pool.architecture,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": site.name,
        "topology.kubernetes.io/zone": pool.hall,
        "ndc.gov.vn/site": site.name,
        "ndc.gov.vn/hall": pool.hall,
        "ndc.gov.vn/rack": pool.rack_of(index),
        "ndc.gov.vn/pool": pool.name,
    }
    taints = [taint.model_dump(exclude_defaults=True) | {"effect": taint.effect} for taint in pool.taints]
    node: JsonObject = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "spec": {"taints": taints},
        "status": {
            "allocatable": resources,
            "capacity": resources,
            "nodeInfo": {"architecture": pool.architecture, "operatingSystem": "linux"},
        },
    }
    annotations[SHAPE_ANNOTATION] = hashlib.sha256(json.dumps(node, sort_keys=True).encode()).hexdigest()[:16]
    return node


def site_nodes(site: Site, sizes: dict[str, int]) -> list[JsonObject]:
    """All nodes of a site, pools in the order of the inventory."""
    return [node_object(site, pool, index) for pool in site.pools for index in range(sizes[pool.name])]


def shape_of(node: JsonObject) -> str | None:
    """The digest that the lab gave a node; None for a node that is not the lab's."""
    shape: str | None = node["metadata"].get("annotations", {}).get(SHAPE_ANNOTATION)
    return shape


def is_ready(node: JsonObject) -> bool:
    """Whether pods can be placed there: Ready, and its not-ready taint gone."""
    conditions = node.get("status", {}).get("conditions") or []
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    taints = node.get("spec", {}).get("taints") or []
    return ready and not any(each["key"].startswith("node.kubernetes.io/") for each in taints)


def node_changes(
    wanted: Iterable[JsonObject], present: Iterable[JsonObject]
) -> tuple[list[str], list[JsonObject]]:
    """Names of lab nodes to remove (unwanted or of another shape), then nodes to create."""
    shapes = {node["metadata"]["name"]: shape_of(node) for node in present}
    by_name = {node["metadata"]["name"]: node for node in wanted}
    remove = [
        name
        for name, shape in shapes.items()
        if shape is not None and (name not in by_name or shape_of(by_name[name]) != shape)
    ]
    create = [node for name, node in by_name.items() if name not in shapes or name in remove]
    return sorted(remove), create
