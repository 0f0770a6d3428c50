"""The default profile's filters in their order: what is asked before nodes are looked at, then node by node."""

from collections.abc import Callable, Sequence

import numpy as np

from ndcops.capacity.plan.fit.filters import (
    disks,
    dynamic_resources,
    placement,
    pod_affinity,
    resources,
    spread,
    volumes,
)
from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.state import Case
from ndcops.capacity.plan.fit.verdict import Outcome, Refusal, Unschedulable

Filter = Callable[[Case], Refusal | None]

FILTERS: tuple[tuple[str, Filter], ...] = (
    ("NodeUnschedulable", placement.node_unschedulable),
    ("NodeName", placement.node_name),
    ("TaintToleration", placement.taint_toleration),
    ("NodeAffinity", placement.node_affinity),
    ("NodePorts", placement.node_ports),
    ("NodeResourcesFit", resources.node_resources_fit),
    ("VolumeRestrictions", disks.volume_restrictions),
    ("NodeVolumeLimits", disks.node_volume_limits),
    ("VolumeBinding", volumes.volume_binding),
    ("VolumeZone", volumes.volume_zone),
    ("PodTopologySpread", spread.pod_topology_spread),
    ("InterPodAffinity", pod_affinity.inter_pod_affinity),
    ("DynamicResources", dynamic_resources.dynamic_resources),
    ("NodeDeclaredFeatures", placement.declared_features),
)
"""Source: pkg/scheduler/apis/config/v1/default_plugins.go. A node's first refusal is the one that counts."""

_STANDING = 4
"""How many of them, the first, look at nothing but the node itself."""


def before_nodes(case: Case) -> frozenset[str] | None:
    """What every plugin asks first, in upstream's order. Raises Unschedulable; returns the only eligible nodes."""
    if case.shape.gates:
        waiting = " ".join(case.shape.gates)
        raise Unschedulable("SchedulingGates", f"waiting for scheduling gates: [{waiting}]")
    dynamic_resources.claims_are_made(case)
    names = placement.required_nodes(case)
    disks.claims_exist(case)
    volumes.claims_can_be_bound(case)
    volumes.bound_volumes_exist(case)
    dynamic_resources.claims_are_ready(case)
    return names


def filter_nodes(case: Case, eligible: frozenset[str] | None = None) -> Outcome:
    """Run every filter over the nodes. Raises Undecidable."""
    outcome = _standing(case) if eligible is None else _among(case, eligible)
    return _run(case, outcome, FILTERS[_STANDING:])


def _standing(case: Case) -> Outcome:
    """What nodes are, whatever stands on them: found once for all pods with the same rules."""
    shape, state = case.shape, case.state
    if shape.node_name or case.alive is not state.present:
        return _run(case, Outcome(case.alive), FILTERS[:_STANDING])
    rules = (shape.tolerations, shape.node_labels, shape.node_affinity)
    if rules not in state.standing:
        state.standing[rules] = _run(case, Outcome(case.alive), FILTERS[:_STANDING])
    return state.standing[rules].copy()


def _among(case: Case, eligible: frozenset[str]) -> Outcome:
    outside = np.array([name not in eligible for name in case.nodes.names], dtype=np.bool_)
    outcome = Outcome(case.alive)
    outcome.take("NodeAffinity", Refusal.everywhere("node(s) didn't satisfy plugin(s) [NodeAffinity]", outside))
    return _run(case, outcome, FILTERS[:_STANDING])


def _run(case: Case, outcome: Outcome, filters: Sequence[tuple[str, Filter]]) -> Outcome:
    alive: Mask | None = None
    for plugin, apply in filters:
        if alive is not outcome.feasible:  # a new mask: some were refused
            case.alive = alive = outcome.feasible
            if not alive.any():
                break
        refusal = apply(case)
        if refusal is not None:
            outcome.take(plugin, refusal)
    return outcome
