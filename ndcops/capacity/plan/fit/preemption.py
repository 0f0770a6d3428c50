"""Whether a pod fits once pods of lower priority are evicted: which, where, and how many budgets that breaks.

Rules: the DefaultPreemption plugin. All lower pods of a node go; then as many as possible stay, those that a
disruption budget protects first, higher priorities before lower. Start times are not known for groups of equal
pods, so ties between nodes and between pods of one priority fall by order.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ndcops.capacity.plan.fit.filters.chain import before_nodes, filter_nodes
from ndcops.capacity.plan.fit.nodes import Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.fit.selectors import label_selector
from ndcops.capacity.plan.fit.state import Case, State
from ndcops.capacity.plan.fit.verdict import Eviction, Preemption, Unschedulable
from ndcops.model.record import JsonObject

MOST_NODES = 100
"""Nodes that are tried, as upstream's minCandidateNodesAbsolute."""


def find_preemption(
    state: State, shape: PodShape, mendable: Mask, budgets: Sequence[JsonObject]
) -> Preemption | None:
    """The cheapest node on which evictions make room, or None. Changes nothing."""
    if not shape.may_preempt:
        return None
    best: tuple[tuple[int, int, int, int], Preemption] | None = None
    for number in np.flatnonzero(mendable)[:MOST_NODES]:
        found = _on_node(state.copy(), shape, int(number), budgets)
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return None if best is None else best[1]


def _on_node(
    state: State, shape: PodShape, node: int, budgets: Sequence[JsonObject]
) -> tuple[tuple[int, int, int, int], Preemption] | None:
    lower = _lower_pods(state, shape.priority, node)
    for victim in lower:
        state.add(victim, node, -1)
    if not lower or not _fits(state, shape, node):
        return None
    protected, others = _by_budget(lower, budgets)
    broken = _not_reprieved(state, shape, node, protected)
    evicted = [*broken, *_not_reprieved(state, shape, node, others)]
    cost = (
        len(broken),
        max((each.priority for each in evicted), default=0),
        sum(each.priority + 2**31 for each in evicted),
        len(evicted),
    )
    return cost, Preemption(state.nodes.names[node], tuple(_evictions(evicted)), len(broken))


def _not_reprieved(state: State, shape: PodShape, node: int, pods: Iterable[PodShape]) -> list[PodShape]:
    """Those of the pods that must go after all; the others are put back."""
    evicted = []
    for pod in pods:
        state.add(pod, node)
        if not _fits(state, shape, node):
            state.add(pod, node, -1)
            evicted.append(pod)
    return evicted


def _lower_pods(state: State, priority: int, node: int) -> list[PodShape]:
    """Each pod on the node that may be evicted, highest priority first."""
    standing: Counter[PodShape] = Counter()
    for group in state.residents.groups():
        if group.shape.priority < priority and group.counts.get(node):
            standing[group.shape] += group.counts[node]
    pods = [shape for shape, count in standing.items() for _ in range(count)]
    return sorted(pods, key=lambda each: -each.priority)


def _fits(state: State, shape: PodShape, node: int) -> bool:
    alive = state.nodes.nothing()
    alive[node] = True
    case = Case(state, shape, alive)
    try:
        return bool(filter_nodes(case, before_nodes(case)).feasible[node])
    except Unschedulable:
        return False


def _by_budget(pods: Iterable[PodShape], budgets: Sequence[JsonObject]) -> tuple[list[PodShape], list[PodShape]]:
    """Pods whose eviction a budget forbids, and the others, in order."""
    left = [int((each.get("status") or {}).get("disruptionsAllowed") or 0) for each in budgets]
    selectors = [label_selector((each.get("spec") or {}).get("selector")) for each in budgets]
    protected: list[PodShape] = []
    others: list[PodShape] = []
    for pod in pods:
        is_protected = False
        for number, (budget, selector) in enumerate(zip(budgets, selectors, strict=True)):
            is_meant = budget["metadata"].get("namespace") == pod.namespace and not selector.is_everything
            if pod.labels and is_meant and selector.matches(pod.labels):
                left[number] -= 1
                is_protected |= left[number] < 0
        (protected if is_protected else others).append(pod)
    return protected, others


def _evictions(pods: Iterable[PodShape]) -> Iterable[Eviction]:
    for shape, count in Counter(pods).items():
        yield Eviction(shape.namespace, shape.labels, shape.priority, count)
