"""How the scheduler's default scores rank nodes for a pod: room left, balance of CPU and memory, soft spread.

Rules: NodeResourcesFit (LeastAllocated), NodeResourcesBalancedAllocation and PodTopologySpread of kube-scheduler
1.36, with their default weights 1, 1 and 2; the other default scores (image locality, preferred affinity, taints)
do not tell apart the nodes of a pool. Scores are whole numbers from 0 to 100, as upstream's.
"""

import numpy as np
from numpy.typing import NDArray

from ndcops.capacity.plan.fit.filters.spread import counted_nodes
from ndcops.capacity.plan.fit.nodes import ABSENT, Counts, Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape, SpreadRule
from ndcops.capacity.plan.fit.state import Case, State

MOST = 100
_SPREAD_WEIGHT = 2
_SCORED = ("cpu", "memory")


class Scores:
    """The scores for one shape of all nodes that are open to it, kept up to date as its pods are placed.

    A node that is not open (its labels or taints shut the pod out) is never feasible: no score is made for it.
    """

    def __init__(self, state: State, shape: PodShape) -> None:
        self._state = state
        self._nodes = state.nodes.open_to(shape.node_labels, shape.node_affinity, shape.tolerations)
        self._columns = [state.nodes.column[name] for name in _SCORED if name in state.nodes.column]
        self._wanted = [shape.requests.get(name, 0) for name in _SCORED if name in state.nodes.column]
        self._spread = [_SoftSpread(state, shape, rule, self._nodes) for rule in shape.soft_spread]
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
        self._by_room[np.searchsorted(self._nodes, node)] = least // max(len(pairs), 1) + balance

    def best(self, feasible: Mask, chance: np.random.Generator | None = None) -> int:
        """The feasible node with the highest score; of equals the first, or one by chance as upstream's."""
        among = feasible[self._nodes]
        total = np.where(among, self._total(among), -1)
        if chance is None:
            return int(self._nodes[np.argmax(total)])
        return int(self._nodes[chance.choice(np.flatnonzero(total == total.max()))])

    def worst(self, feasible: Mask) -> int:
        """The feasible node with the least room, whatever the spread."""
        among = feasible[self._nodes]
        return int(self._nodes[np.argmin(np.where(among, self._by_room, np.iinfo(np.int64).max))])

    def _total(self, among: Mask) -> Counts:
        if not self._spread:
            return self._by_room
        return self._by_room + _SPREAD_WEIGHT * self._by_spread(among)

    def _room(self) -> Counts:
        """LeastAllocated and BalancedAllocation of the open nodes."""
        shape = (len(self._columns), len(self._nodes))
        has = self._of_open(self._state.nodes.allocatable).reshape(shape)
        before = self._of_open(self._state.requested).reshape(shape)
        after = before + np.array(self._wanted, dtype=np.int64)[:, np.newaxis]
        at_least_one = np.maximum(has, 1)
        least = (np.maximum(has - after, 0) * MOST // at_least_one).sum(axis=0) // max(len(has), 1)
        if len(has) < len(_SCORED):
            alone: Counts = least + MOST  # one resource is always in balance
            return alone
        shares = np.minimum(np.array([before, after]) / at_least_one, 1.0)
        apart = np.where((has > 0).all(axis=0), np.abs(shares[:, 0] - shares[:, 1]) / 2, 0.0)
        was, becomes = ((1 - apart) * MOST).astype(np.int64)
        total: Counts = least + MOST // 2 + (MOST // 2 + becomes - was) // 2
        return total

    def _of_open(self, amounts: Counts) -> Counts:
        """The scored resources of the open nodes, one resource after the other."""
        return np.array([amounts[:, at][self._nodes] for at in self._columns], dtype=np.int64)

    def _by_spread(self, among: Mask) -> Counts:
        """NormalizeScore of PodTopologySpread: nodes without all labels get none, the emptiest domain most."""
        scored = among
        for rule in self._spread:
            scored = scored & rule.present
        rounded = np.rint(sum(rule.cost for rule in self._spread)).astype(np.int64)
        costs = rounded[scored]
        if not costs.size:
            return np.zeros(len(among), dtype=np.int64)
        low, high = int(costs.min()), int(costs.max())
        if high == 0:
            return np.where(scored, MOST, 0)
        return np.where(scored, MOST * (high + low - rounded) // high, 0)


class _SoftSpread:
    """One soft constraint: `cost` is scoreForCount of each open node, nought where the label is absent."""

    def __init__(self, state: State, shape: PodShape, rule: SpreadRule, nodes: Counts) -> None:
        column = state.nodes.label(rule.key)
        counted = counted_nodes(Case(state, shape, state.present), rule)
        matching = state.residents.matching(shape.namespace, rule.selector)
        self._all_codes = column.codes
        self._codes = column.codes[nodes]
        self.present: Mask = self._codes != ABSENT
        self._totals = column.domain_totals(np.where(counted, matching, 0))
        self._weight = float(np.log(int(column.has_any(counted).sum()) + 2))
        self._allowance = rule.max_skew - 1
        self._counts_own = rule.selector.matches(shape.labels)
        self.cost: NDArray[np.float64] = np.append(self._totals * self._weight + self._allowance, 0.0)[self._codes]

    def refresh(self, node: int) -> None:
        """A pod of the shape was placed on a node."""
        code = self._all_codes[node]
        if self._counts_own and code != ABSENT:
            self._totals[code] += 1
            self.cost[self._codes == code] = self._totals[code] * self._weight + self._allowance


def _node_balance(pairs: list[tuple[int, int]]) -> int:
    """How near the shares of both resources are, of one node, from what it has and what is requested."""
    if len(pairs) < len(_SCORED) or not all(has for has, _ in pairs):
        return MOST
    cpu, memory = (min(held / has, 1.0) for has, held in pairs)
    return int((1 - abs(cpu - memory) / 2) * MOST)
