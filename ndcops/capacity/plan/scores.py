"""How the scheduler's default scores rank nodes for a pod: room left, balance of CPU and memory, soft spread.

Rules: NodeResourcesFit (LeastAllocated), NodeResourcesBalancedAllocation and PodTopologySpread of kube-scheduler
1.36, with their default weights 1, 1 and 2; the other default scores (image locality, preferred affinity, taints)
do not tell apart the nodes of a pool. Scores are whole numbers from 0 to 100, as upstream's.
"""

import numpy as np
from numpy.typing import NDArray

from ndcops.capacity.plan.fit.filters.spread import counted_nodes
from ndcops.capacity.plan.fit.nodes import Counts, Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape, SpreadRule
from ndcops.capacity.plan.fit.state import Case, State

MOST = 100
_SPREAD_WEIGHT = 2
_SCORED = ("cpu", "memory")


class Scores:
    """The scores of all nodes for one shape, kept up to date as its pods are placed."""

    def __init__(self, state: State, shape: PodShape) -> None:
        self._state = state
        self._columns = [state.nodes.column[name] for name in _SCORED if name in state.nodes.column]
        self._wanted = [shape.requests.get(name, 0) for name in _SCORED if name in state.nodes.column]
        self._spread = [_SoftSpread(state, shape, rule) for rule in shape.soft_spread]
        self._by_room: Counts = self._room()

    def refresh(self, node: int) -> None:
        """A pod was placed on a node."""
        for rule in self._spread:
            rule.refresh(node)
        pairs = [
            (int(self._state.nodes.allocatable[node, at]), int(self._state.requested[node, at]), more)
            for at, more in zip(self._columns, self._wanted, strict=True)
        ]
        least = sum(max(has - held - more, 0) * MOST // max(has, 1) for has, held, more in pairs)
        before = _node_balance([(has, held) for has, held, _ in pairs])
        after = _node_balance([(has, held + more) for has, held, more in pairs])
        balance = MOST // 2 + (MOST // 2 + after - before) // 2
        self._by_room[node] = least // max(len(pairs), 1) + balance

    def best(self, feasible: Mask) -> int:
        """The feasible node with the highest score; the first of equals."""
        return int(np.argmax(np.where(feasible, self._total(feasible), -1)))

    def worst(self, feasible: Mask) -> int:
        """The feasible node with the least room, whatever the spread."""
        return int(np.argmin(np.where(feasible, self._by_room, np.iinfo(np.int64).max)))

    def _total(self, feasible: Mask) -> Counts:
        if not self._spread:
            return self._by_room
        return self._by_room + _SPREAD_WEIGHT * self._by_spread(feasible)

    def _room(self) -> Counts:
        """LeastAllocated and BalancedAllocation of all nodes."""
        allocatable = [self._state.nodes.allocatable[:, at] for at in self._columns]
        before = [self._state.requested[:, at] for at in self._columns]
        after = [held + more for held, more in zip(before, self._wanted, strict=True)]
        least = np.zeros(len(self._state.pods), dtype=np.int64)
        for has, held in zip(allocatable, after, strict=True):
            least += np.maximum(has - held, 0) * MOST // np.maximum(has, 1)
        least //= max(len(self._columns), 1)
        balance = MOST // 2 + (MOST // 2 + _balance(after, allocatable) - _balance(before, allocatable)) // 2
        total: Counts = least + balance
        return total

    def _by_spread(self, feasible: Mask) -> Counts:
        """NormalizeScore of PodTopologySpread: nodes without all labels get none, the emptiest domain most."""
        scored, cost = feasible, np.zeros(len(feasible), dtype=np.float64)
        for rule in self._spread:
            scored = scored & rule.present
            cost += rule.cost()
        if not scored.any():
            return np.zeros(len(feasible), dtype=np.int64)
        rounded = np.rint(cost).astype(np.int64)
        among = rounded[scored]
        low, high = int(among.min()), int(among.max())
        if high == 0:
            return np.where(scored, MOST, 0)
        return np.where(scored, MOST * (high + low - rounded) // high, 0)


class _SoftSpread:
    """One soft constraint: how many pods it counts in each domain, kept up to date."""

    def __init__(self, state: State, shape: PodShape, rule: SpreadRule) -> None:
        column = state.nodes.label(rule.key)
        case = Case(state, shape, state.present)
        counted = counted_nodes(case, rule)
        matching = state.residents.matching(shape.namespace, rule.selector)
        self.present = column.present
        self._codes = column.codes
        self._totals = column.domain_totals(np.where(counted, matching, 0))
        domains = int((column.domain_totals(counted.astype(np.int64)) > 0).sum())
        self._weight = float(np.log(domains + 2))
        self._allowance = rule.max_skew - 1
        self._counts_own = rule.selector.matches(shape.labels)

    def refresh(self, node: int) -> None:
        """A pod of the shape was placed on a node."""
        if self._counts_own and self.present[node]:
            self._totals[self._codes[node]] += 1

    def cost(self) -> NDArray[np.float64]:
        """scoreForCount of every node; nought where the label is absent."""
        return np.append(self._totals * self._weight + self._allowance, 0.0)[self._codes]


def _balance(held: list[Counts], allocatable: list[Counts]) -> Counts:
    """How near the shares of both resources are; MOST when only one is scored."""
    if len(held) < len(_SCORED):
        return np.full(len(held[0]) if held else 0, MOST, dtype=np.int64)
    cpu, memory = (np.minimum(each / np.maximum(has, 1), 1.0) for each, has in zip(held, allocatable, strict=True))
    apart = np.where((allocatable[0] > 0) & (allocatable[1] > 0), np.abs(cpu - memory) / 2, 0.0)
    return ((1 - apart) * MOST).astype(np.int64)


def _node_balance(pairs: list[tuple[int, int]]) -> int:
    """The same for one node, from what it has and what is requested."""
    if len(pairs) < len(_SCORED) or not all(has for has, _ in pairs):
        return MOST
    cpu, memory = (min(held / has, 1.0) for has, held in pairs)
    return int((1 - abs(cpu - memory) / 2) * MOST)
