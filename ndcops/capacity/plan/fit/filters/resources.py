"""NodeResourcesFit: pod slots, CPU, memory, ephemeral storage, huge pages and extended resources."""

import numpy as np

from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.quantity import is_scalar
from ndcops.capacity.plan.fit.state import Case
from ndcops.capacity.plan.fit.verdict import Refusal


def node_resources_fit(case: Case) -> Refusal:
    """Every resource that lacks is a reason of its own; more than the node has at all cannot be mended."""
    state, nodes = case.state, case.nodes
    reasons: dict[str, Mask] = {"Too many pods": state.pods >= nodes.pod_slots}
    unresolvable = nodes.nothing()
    for resource, wanted in case.shape.requests.items():
        column = nodes.column.get(resource)
        if column is None:
            allocatable = requested = np.zeros(len(nodes), dtype=np.int64)
        else:
            allocatable, requested = nodes.allocatable[:, column], state.requested[:, column]
        lacks = wanted > allocatable - requested
        too_large = wanted > allocatable
        if is_scalar(resource) and state.devices.serves(resource):
            lacks &= allocatable > 0  # a node without a device plugin leaves it to DynamicResources
            too_large &= allocatable > 0
        reasons[f"Insufficient {resource}"] = lacks
        unresolvable |= too_large
    return Refusal(reasons, unresolvable)


def delegated(case: Case) -> dict[str, Mask]:
    """Extended resources that device classes serve: on which nodes, since no device plugin offers them there."""
    found: dict[str, Mask] = {}
    for resource in case.shape.requests:
        if is_scalar(resource) and case.state.devices.serves(resource):
            column = case.nodes.column.get(resource)
            offers = case.nodes.nothing() if column is None else case.nodes.allocatable[:, column] > 0
            found[resource] = ~offers
    return found
