"""The default profile's filters in their order: what is asked before nodes are looked at, then node by node."""

from collections import Counter
from collections.abc import Callable

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
from ndcops.capacity.plan.fit.verdict import Refusal, Unschedulable

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


class Outcome:
    """What the chain found: the feasible nodes, reasons with counts, and nodes that evictions may mend."""

    def __init__(self, nodes: int) -> None:
        self.feasible: Mask = np.ones(nodes, dtype=np.bool_)
        self.reasons: Counter[str] = Counter()
        self.refused_by: Counter[str] = Counter()
        self.mendable: Mask = np.zeros(nodes, dtype=np.bool_)

    def take(self, plugin: str, refusal: Refusal) -> None:
        """Count a filter's refusals among the nodes that were still feasible."""
        newly: Mask | None = None
        for reason, mask in refusal.reasons.items():
            hit = mask & self.feasible
            count = int(np.count_nonzero(hit))
            if count:
                self.reasons[reason] += count
                newly = hit if newly is None else newly | hit
        if newly is not None:
            self.refused_by[plugin] += int(np.count_nonzero(newly))
            self.mendable |= newly & ~refusal.unresolvable
            self.feasible = self.feasible & ~newly

    def exclude(self, mask: Mask, reason: str, plugin: str) -> None:
        """Nodes that may not be looked at at all."""
        self.take(plugin, Refusal.everywhere(reason, mask))


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
    outcome = Outcome(len(case.nodes))
    outcome.feasible &= case.alive
    if eligible is not None:
        outside = np.array([name not in eligible for name in case.nodes.names], dtype=np.bool_)
        outcome.exclude(outside, "node(s) didn't satisfy plugin(s) [NodeAffinity]", "NodeAffinity")
    for plugin, apply in FILTERS:
        case.alive = outcome.feasible
        if not case.alive.any():
            break
        refusal = apply(case)
        if refusal is not None:
            outcome.take(plugin, refusal)
    return outcome
