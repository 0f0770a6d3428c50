"""The door of the fit engine: a cluster from its objects, and verdicts on pods."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ndcops.capacity.plan.fit.attachments import Attachments
from ndcops.capacity.plan.fit.devices import Devices
from ndcops.capacity.plan.fit.filters.chain import before_nodes, filter_nodes
from ndcops.capacity.plan.fit.holding import hold
from ndcops.capacity.plan.fit.nodes import Mask, NodeTable
from ndcops.capacity.plan.fit.pod_shape import PodShape, pod_shape
from ndcops.capacity.plan.fit.preemption import find_preemption
from ndcops.capacity.plan.fit.residents import Residents
from ndcops.capacity.plan.fit.state import Case, State
from ndcops.capacity.plan.fit.storage import Storage
from ndcops.capacity.plan.fit.verdict import (
    Outcome,
    Undecidable,
    Unschedulable,
    Verdict,
    unschedulable_message,
)
from ndcops.model.record import JsonObject
from ndcops.model.snapshot import PodGroup

ENDED = ("Succeeded", "Failed")
"""Phases of pods that hold nothing any more."""


class Cluster:
    """One site's cluster. Verdicts change nothing; `place` does, on this copy only."""

    def __init__(self, state: State, objects: Mapping[str, Sequence[JsonObject]]) -> None:
        self.state = state
        self.objects = objects

    @classmethod
    def of(cls, objects: Mapping[str, Sequence[JsonObject]], groups: Iterable[PodGroup] = ()) -> "Cluster":
        """Index objects by plural kind; `pods` among them and `groups` stand on their nodes.

        Raises ValueError or KeyError for objects that no API server would have given.
        """
        nodes = NodeTable(objects.get("nodes", ()))
        size, storage = len(nodes), Storage.of(objects)
        state = State(
            nodes=nodes,
            residents=Residents(size),
            requested=np.zeros_like(nodes.allocatable),
            pods=np.zeros(size, dtype=np.int64),
            storage=storage,
            attachments=Attachments(nodes, storage),
            present=~nodes.nothing(),
            devices=Devices.of(objects),
            namespaces={
                each["metadata"]["name"]: each["metadata"].get("labels") or {}
                for each in objects.get("namespaces", ())
            },
        )
        for pod in objects.get("pods", ()):
            node = nodes.index.get(pod["spec"].get("nodeName") or "")
            if node is not None and (pod.get("status") or {}).get("phase") not in ENDED:
                state.add(pod_shape(pod, is_running=True), node)
        for group in groups:
            _stand(state, group)
        return cls(state, objects)

    def copy(self) -> "Cluster":
        """A what-if that leaves this one as it is."""
        return Cluster(self.state.copy(), self.objects)

    def verdict(self, pod: JsonObject, *, preempt: bool = False) -> Verdict:
        """Whether a pod, as the API server would store it, fits now, and why not.

        With `preempt`, a pod that does not fit is also asked whether evictions would make room.
        """
        return self.verdict_on(pod_shape(pod), preempt=preempt)

    def verdict_on(self, shape: PodShape, *, preempt: bool = False) -> Verdict:
        """Whether one more pod of a shape fits."""
        size = int(np.count_nonzero(self.state.present))
        if not size:
            return Verdict(fits=False, nodes=0, message=unschedulable_message(0, Counter()))
        try:
            outcome = self.outcome(shape)
        except Unschedulable as refused:
            return _refused_before_nodes(size, refused)
        names = self.state.nodes.names
        feasible = tuple(sorted(names[number] for number in np.flatnonzero(outcome.feasible)))
        preemption = None
        if preempt and not feasible:
            budgets = tuple(self.objects.get("poddisruptionbudgets", ()))
            preemption = find_preemption(self.state, shape, outcome.mendable, budgets)
        return Verdict(
            fits=bool(feasible),
            nodes=size,
            feasible_nodes=feasible,
            reasons=dict(outcome.reasons),
            refused_by=dict(outcome.refused_by),
            message="" if feasible else unschedulable_message(size, outcome.reasons),
            preemption=preemption,
        )

    def outcome(self, shape: PodShape, among: Mask | None = None) -> Outcome:
        """The filters' findings, over the nodes `among` or all. Raises Unschedulable."""
        alive = self.state.present if among is None else among & self.state.present
        case = Case(self.state, shape, alive)
        return filter_nodes(case, before_nodes(case))

    def place(self, shape: PodShape, node: int, count: int = 1) -> None:
        """Put pods on a node of this copy, or take them away with a negative count."""
        if count > 0:
            hold(self.state, shape, node)
        self.state.add(shape, node, count)


def _stand(state: State, group: PodGroup) -> None:
    if (group.template.get("status") or {}).get("phase") in ENDED:
        return
    shape = pod_shape(group.template, is_running=True)
    for name, count in group.nodes.items():
        node = state.nodes.index.get(name)
        if node is not None:
            state.add(shape, node, count)


def _refused_before_nodes(size: int, refused: Unschedulable) -> Verdict:
    message = refused.message if refused.is_error else f"0/{size} nodes are available: {refused.message}."
    return Verdict(
        fits=False,
        nodes=size,
        reasons={refused.message: size},
        refused_by={refused.plugin: size},
        message=message,
        is_undecided=isinstance(refused, Undecidable),
    )
