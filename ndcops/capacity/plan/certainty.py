"""Would pods find their places whichever nodes the scheduler takes: a proof by counting, not by trying.

Which feasible node the scheduler takes is chance. A pod can only be kept out if the others block every node that
is feasible for it, and blocking a node costs them that node's free room. With prices on the resources, what all
others have to spend is compared with the cheapest way to block all nodes: where it is not enough under some
prices, no choice of nodes keeps the pod out (weak duality of the fractional covering problem: Vazirani,
Approximation Algorithms, chapter 13). The converse does not hold: what has no proof must be played.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ndcops.capacity.plan.fit.nodes import Counts, Mask
from ndcops.capacity.plan.fit.pod_shape import PodShape
from ndcops.capacity.plan.fit.state import State

_PRICE_ROUNDS = 24
"""Attempts at better prices; most proofs need one, and a missing proof only costs plays."""
_PRICE_STEP = 0.5
_ROUNDING = 1 + 1e-9
_POD_SLOTS = "pods"
_ATTACH = "attach "

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """A demand that was placed whole.

    feasible: nodes that could have taken its first pod. attaches: volumes that a pod attaches, by driver.
    is_simple: only room, attach limits and the spread of its own kind can keep a later pod of it off a node.
    """

    shape: PodShape
    count: int
    feasible: Mask
    is_simple: bool
    attaches: Counter[str] = field(default_factory=Counter)

    def takes(self) -> Counter[str]:
        """What one pod takes of a node, by resource."""
        attached = Counter({_ATTACH + driver: count for driver, count in self.attaches.items()})
        return attached + Counter(self.shape.requests) + Counter({_POD_SLOTS: 1})


@dataclass
class _Reach:
    """Nodes that demands may ever stand on, and all that those demands take together."""

    nodes: Mask
    total: Counter[str] = field(default_factory=Counter)


def is_certain(before: State, asked: Sequence[Asked]) -> bool:
    """Whether all demands find room in any order and whatever feasible nodes are taken.

    before: the cluster without them. False means that there is no proof, not that something would be kept out.
    """
    if not all(each.is_simple and _starts_even(before, each.shape) for each in asked):
        return False
    reaches = _reaches(before, asked)
    return all(_finds_room(before, each, _against(each, reaches)) for each in asked)


def _starts_even(before: State, shape: PodShape) -> bool:
    """Whether its spread rules, if any, count none of the pods that stand: then every domain starts alike."""
    return len(shape.spread) <= 1 and all(
        rule.max_skew == 1
        and rule.min_domains <= 1
        and not before.residents.matching(shape.namespace, rule.selector).any()
        for rule in shape.spread
    )


def _reaches(before: State, asked: Iterable[Asked]) -> list[_Reach]:
    """Demands by the nodes that their selectors and tolerations allow; few sets for many demands."""
    found: dict[tuple[int, int], _Reach] = {}
    for each in asked:
        chosen = before.nodes.matching(each.shape.node_labels, each.shape.node_affinity)
        tolerated = before.nodes.tolerated(each.shape.tolerations)
        reach = found.setdefault((id(chosen), id(tolerated)), _Reach(chosen & tolerated))
        for resource, amount in each.takes().items():
            reach.total[resource] += amount * each.count
    return list(found.values())


def _against(each: Asked, reaches: Iterable[_Reach]) -> Counter[str]:
    """What all other pods could take of its nodes."""
    budget: Counter[str] = Counter()
    for reach in reaches:
        if bool((reach.nodes & each.feasible).any()):
            budget.update(reach.total)
    budget.subtract(each.takes())
    return budget


def _finds_room(before: State, each: Asked, budget: Counter[str]) -> bool:
    """Whether the last pod of a demand finds a node, the others having the budget to block nodes."""
    open_nodes = np.flatnonzero(each.feasible)
    domain = _domains(before, each.shape, open_nodes)
    closed = each.count - 1 if each.shape.spread else 0
    # No node is blocked without a pod on it.
    if _left_open(np.bincount(domain), closed) > budget[_POD_SLOTS]:
        return True
    rivals = [(name, budget[name]) for name in each.takes() if budget[name] > 0]
    spare = np.stack([_cost(before, name, each)[open_nodes] / amount for name, amount in rivals])
    return _is_beyond(spare, domain, closed)


def _left_open(by_domain: NDArray[np.int64] | Floats, closed: int) -> float:
    """The sum over domains when so many are closed by pods of the same kind for nothing, the dearest ones."""
    return float(np.sort(by_domain)[: max(len(by_domain) - closed, 0)].sum())


def _cost(before: State, resource: str, each: Asked) -> Counts:
    """How much others must take of each node until a pod no longer fits there."""
    wanted = each.takes()[resource]
    if resource == _POD_SLOTS:
        free = before.nodes.pod_slots - before.pods
    elif resource.startswith(_ATTACH):
        free = before.attachments.free(resource.removeprefix(_ATTACH))
    else:
        column = before.nodes.column[resource]
        free = before.nodes.allocatable[:, column] - before.requested[:, column]
    cost: Counts = np.maximum(free - wanted + 1, 0)
    return cost


def _domains(before: State, shape: PodShape, open_nodes: NDArray[np.intp]) -> NDArray[np.int32]:
    """The spread domain of each open node; one for all without a rule."""
    if not shape.spread:
        return np.zeros(len(open_nodes), dtype=np.int32)
    return before.nodes.label(shape.spread[0].key).codes[open_nodes]


def _is_beyond(spare: Floats, domain: NDArray[np.int32], closed: int) -> bool:
    """Whether blocking all nodes costs more than there is to spend, under some prices.

    spare: (resources, nodes), each in units of the whole budget of that resource.
    """
    prices = np.full((len(spare), 1), 1.0)
    for _ in range(_PRICE_ROUNDS):
        priced = prices * spare
        cheapest = priced.min(axis=0)
        if _left_open(np.bincount(domain, weights=cheapest), closed) > prices.sum() * _ROUNDING:
            return True
        blocked_by = priced.argmin(axis=0)
        used = np.bincount(blocked_by, weights=spare[blocked_by, np.arange(spare.shape[1])], minlength=len(spare))
        # What the cheapest blockers use most of is too cheap: its price rises, the others' fall.
        prices *= np.exp(_PRICE_STEP * np.clip(used - used.mean(), -2, 2))[:, None]
        prices /= prices.mean()
    return False
