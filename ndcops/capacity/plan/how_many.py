"""How many equal pods still fit: a sum over nodes when the pods do not mind each other, else one after another."""

import numpy as np

from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.nodes import Counts
from ndcops.capacity.plan.fit.pod_shape import PodShape, pod_shape
from ndcops.capacity.plan.fit.verdict import Undecidable, Unschedulable
from ndcops.capacity.plan.placing import Placer, is_independent
from ndcops.model.record import JsonObject


def how_many(cluster: Cluster, pod: JsonObject) -> int:
    """Pods like this one that fit beside what is there, until the scheduler would refuse the next.

    Exact for pods that need only room of their own node. With spread, affinity, ports or volumes the number can
    depend on the nodes that were taken first: it is what Placer finds by default. Raises Undecidable where the
    engine cannot tell, and for pods with devices: which device the next pod would get is not played.
    """
    shape = pod_shape(pod)
    if shape.claims or any(cluster.state.devices.serves(resource) for resource in shape.requests):
        raise Undecidable("DynamicResources", "how many pods share the devices of a cluster is not counted")
    try:
        feasible = np.flatnonzero(cluster.outcome(shape).feasible)
    except Undecidable:
        raise
    except Unschedulable:
        return 0
    if not feasible.size:
        return 0
    if is_independent(shape):
        return int(_room(cluster, shape, feasible).sum())
    return _one_by_one(cluster, pod)


def _room(cluster: Cluster, shape: PodShape, nodes: Counts) -> Counts:
    """Pods of a shape that each of these feasible nodes holds: the least over its pod slots and each resource."""
    state = cluster.state
    room = state.nodes.pod_slots[nodes] - state.pods[nodes]
    for resource, wanted in shape.requests.items():
        column = state.nodes.column[resource]
        free = state.nodes.allocatable[nodes, column] - state.requested[nodes, column]
        room = np.minimum(room, free // wanted)
    return room


def _one_by_one(cluster: Cluster, pod: JsonObject) -> int:
    state = cluster.state
    slots = int(np.maximum(state.nodes.pod_slots - state.pods, 0).sum())
    placement = Placer(cluster).place(Demand("asked", pod, slots))
    if placement.is_undecided:
        raise Undecidable("placing", placement.message)
    return placement.placed
