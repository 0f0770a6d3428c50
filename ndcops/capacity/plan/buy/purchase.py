"""The cheapest purchase that is proven to hold: order, pack every case, forbid what cannot be packed, repeat.

A cut that proves "too few nodes" holds for every plan, so the model's bound stays a proof. Only when no such
cut is left and a packing is still not found, the search buys one node more; the bound is then kept as it was.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ndcops.capacity.plan.buy.explanation import Binding, bindings_of
from ndcops.capacity.plan.buy.losses import NODE, Case, StorageCase, cases_of, storage_cases_of
from ndcops.capacity.plan.buy.master import Item, Master
from ndcops.capacity.plan.buy.packing import Cut, Packer
from ndcops.capacity.plan.buy.problem import Counts, PurchaseProblem
from ndcops.capacity.plan.buy.refusal import check_possible, refuse
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.linear_model import Floats, Outcome

_SEARCH_SHARE: Final = 0.8
"""Of the time: for the cheapest plan; the rest is for ordering as late as possible."""
_CUTS_A_ROUND: Final = 24


@dataclass(frozen=True)
class Line:
    """An order: how many of a SKU, for which site and pool, when ordered, when in service (labels of quarters)."""

    site: str
    pool: str
    sku: str
    ordered: str
    in_service: str
    count: int
    price_vnd_millions: int


@dataclass(frozen=True)
class PurchasePlan:
    """Orders whose every case of loss is proven to pack.

    bound: no plan is cheaper; gap: (cost - bound) / cost. totals: millions of VND by quarter of order.
    """

    lines: tuple[Line, ...]
    cost_vnd_millions: int
    bound_vnd_millions: float
    gap: float
    totals: dict[str, int]
    bindings: tuple[Binding, ...]


def solve(
    problem: PurchaseProblem,
    *,
    time_limit_s: float = 60.0,
    gap: float = 0.01,
    clock: Callable[[], float] = time.monotonic,
) -> PurchasePlan:
    """The cheapest plan to the relative gap, or the best in time with its true gap.

    Raises Refused, naming the limits that forbid, when there is no plan, or when none was found in time.
    """
    if not 0 < gap < 1 or time_limit_s <= 0:
        raise InvalidInput(
            f"buy: gap {gap} and time limit {time_limit_s} s; expected 0 < gap < 1 and some seconds"
        )
    check_possible(problem)
    search = _Search(problem, gap, clock, clock() + time_limit_s)
    return search.plan(time_limit_s)


class _Search:
    """One question on its way: the model, the packers of its pools, and the best that is proven so far."""

    def __init__(self, problem: PurchaseProblem, gap: float, clock: Callable[[], float], deadline: float) -> None:
        self._problem, self._gap, self._clock, self._deadline = problem, gap, clock, deadline
        self._cases = cases_of(problem)
        self._storage = storage_cases_of(problem)
        self._packers = {pool: _packer(problem, pool) for pool in problem.pools}
        self._most = {**self._most_nodes(), **self._most_units()}
        self._master = Master(problem, self._most)
        self._bound, self._proving = 0.0, True
        self._known: dict[tuple[str, bytes, bytes], bool] = {}
        self._cuts: list[tuple[Case, Cut]] = []
        self._state(self._master)

    def plan(self, time_limit_s: float) -> PurchasePlan:
        """Cheapest first, then as late as possible at that cost."""
        begin = self._deadline - time_limit_s
        values = self._settled(begin + _SEARCH_SHARE * time_limit_s, self._gap / 2)
        if values is None:
            raise Refused(
                "buy: no plan was found in time", resolution="give more time, or ask for fewer quarters at once"
            )
        self._proving = False
        self._master.order_late(values)
        later = self._settled(self._deadline, 0.01)
        return self._told(values if later is None else later)

    def _state(self, master: Master) -> None:
        """What is known from the start: storage, and each resource in sum, rounded to what whole pods can fill."""
        for stored in self._storage:
            items = self._storage_items(stored)
            sizes = np.array(
                [float(kind.usable_gib) for kind in self._problem.storage if kind.tier == stored.tier]
            )
            master.hold_storage(stored, items, sizes)
        for pool, packer in self._packers.items():
            for resource in range(packer.needs.shape[1]):
                prices = packer.needs[:, resource].astype(np.float64)
                if not prices.any():
                    continue
                cut = packer.priced(prices / prices.max())
                for case in self._cases:
                    if case.pool == pool:
                        self._hold(master, case, cut)

    def _hold(self, master: Master, case: Case, cut: Cut) -> None:
        items, worth = self._items(master, case, cut)
        master.hold(case, items, Cut(cut.prices, worth))
        self._cuts.append((case, cut))

    def _items(self, master: Master, case: Case, cut: Cut | None = None) -> tuple[list[Item], Floats]:
        """The items of a site's pool that exist there, and their worth in a cut."""
        kinds = self._problem.kinds_of(case.pool)
        known = set(master.items)
        pairs = [(Item(case.site, case.pool, kind.name), index) for index, kind in enumerate(kinds)]
        there = [(item, index) for item, index in pairs if item in known]
        worth = np.array([cut.worth[index] if cut else 0.0 for _, index in there])
        return [item for item, _ in there], worth

    def _storage_items(self, case: StorageCase) -> list[Item]:
        return [Item(case.site, "", kind.name) for kind in self._problem.storage if kind.tier == case.tier]

    def _settled(self, until: float, gap: float) -> Floats | None:
        """Orders under which every case packs; None when time ends first."""
        while True:
            left_s = until - self._clock()
            answer = self._master.solve(left_s, gap) if left_s > 0 else None
            if answer is None or answer.outcome is Outcome.NO_TIME:
                return None
            if answer.outcome is Outcome.IMPOSSIBLE:
                if not self._proving:
                    return None
                refuse(self._problem, self._relaxed())
            if self._proving:
                self._bound = max(self._bound, answer.bound)
            open_cases = [case for case in self._cases if not self._packs(case, answer.values)]
            if not open_cases:
                return answer.values
            self._forbid(open_cases, answer.values)

    def _relaxed(self) -> Master:
        """The same rows, with limits that may be passed."""
        relaxed, known = Master(self._problem, self._most, relaxed=True), list(self._cuts)
        for stored in self._storage:
            sizes = np.array(
                [float(kind.usable_gib) for kind in self._problem.storage if kind.tier == stored.tier]
            )
            relaxed.hold_storage(stored, self._storage_items(stored), sizes)
        for case, cut in known:
            items, worth = self._items(relaxed, case, cut)
            relaxed.hold(case, items, Cut(cut.prices, worth))
        return relaxed

    def _counts(self, case: Case, values: Floats) -> list[Counts]:
        """Nodes by kind that are left in a case: without one node of each kind in turn, or all of them."""
        kinds = self._problem.kinds_of(case.pool)
        items, _ = self._items(self._master, case)
        found = dict(zip(items, self._master.nodes(items, case.quarter, values), strict=True))
        nodes = np.array([found.get(Item(case.site, case.pool, kind.name), 0) for kind in kinds], dtype=np.int64)
        if case.lost != NODE:
            return [nodes]
        return [nodes - row for row in np.eye(len(nodes), dtype=np.int64) if nodes @ row] or [nodes]

    def _packs(self, case: Case, values: Floats) -> bool:
        return all(self._held(case, nodes) for nodes in self._counts(case, values))

    def _held(self, case: Case, nodes: Counts) -> bool:
        """Whether a packing is known; asked often for the same nodes."""
        key = (case.pool, nodes.tobytes(), case.demand.tobytes())
        if key not in self._known:
            self._known[key] = self._packers[case.pool].packing(nodes, case.demand) is not None
        return self._known[key]

    def _forbid(self, cases: list[Case], values: Floats) -> None:
        """A proof for some of the cases that did not pack, told to all of them; else one node more."""
        proven, stubborn = 0, []
        for case in cases:
            if proven >= _CUTS_A_ROUND:
                break
            for nodes in self._counts(case, values):
                if self._held(case, nodes):
                    continue
                cut = self._packers[case.pool].cut(nodes, case.demand)
                if cut is not None:
                    proven += 1
                    self._spread(cut, case.pool, values)
                elif not self._packs_after_all(case, nodes):
                    stubborn.append(case)
        if not proven and stubborn:
            self._proving = False
            for case in stubborn:
                self._master.spend_more(self._items(self._master, case)[0], case.quarter, values)

    def _packs_after_all(self, case: Case, nodes: Counts) -> bool:
        """The slower search, once first-fit found nothing and no proof says that nothing is there."""
        found = self._packers[case.pool].exact_packing(nodes, case.demand) is not None
        self._known[case.pool, nodes.tobytes(), case.demand.tobytes()] = found
        return found

    def _spread(self, cut: Cut, pool: str, values: Floats) -> None:
        """A cut counts for every case of its pool; it is told where it is needed now."""
        for other in self._cases:
            if other.pool == pool and self._violated(other, cut, values):
                self._hold(self._master, other, cut)

    def _violated(self, case: Case, cut: Cut, values: Floats) -> bool:
        need = float(cut.prices @ case.demand)
        return any(float(cut.worth @ nodes) < need * (1 - 1e-9) for nodes in self._counts(case, values))

    def _most_nodes(self) -> dict[tuple[str, str], int]:
        """By pool and SKU: more nodes than that are never of use, so a model's "in use" need not allow them."""
        found = {}
        for pool, packer in self._packers.items():
            peak = np.zeros(len(packer.needs), dtype=np.int64)
            for case in self._cases:
                peak = np.maximum(peak, case.demand) if case.pool == pool else peak
            for index, kind in enumerate(self._problem.kinds_of(pool)):
                alone = np.maximum(packer.alone(index), 1)
                found[pool, kind.name] = int((-(-peak // alone)).sum()) + 2
        return found

    def _most_units(self) -> dict[tuple[str, str], int]:
        most = max((case.gib for case in self._storage), default=0)
        return {("", kind.name): most // max(kind.usable_gib, 1) + 2 for kind in self._problem.storage}

    def _told(self, values: Floats) -> PurchasePlan:
        quarters = self._problem.quarters
        kinds = self._problem.skus()
        lines = []
        for item, order, count in self._master.orders(values):
            kind = kinds[item.sku]
            label, service = quarters[order], quarters[order + kind.lead_quarters]
            price = count * kind.price_vnd_millions
            lines.append(Line(item.site, item.pool, item.sku, label, service, count, price))
        lines.sort(key=lambda line: (quarters.index(line.ordered), line.site, line.pool, line.sku))
        totals = {
            label: sum(each.price_vnd_millions for each in lines if each.ordered == label) for label in quarters
        }
        cost = sum(totals.values())
        bound = min(self._bound, float(cost))
        empty = PurchasePlan(tuple(lines), cost, bound, (cost - bound) / cost if cost else 0.0, totals, ())
        return replace(
            empty, bindings=bindings_of(self._problem, self._master, values, self._cases, self._storage)
        )


def _packer(problem: PurchaseProblem, pool: str) -> Packer:
    rooms = np.array([kind.room for kind in problem.kinds_of(pool)], dtype=np.int64)
    return Packer(rooms, np.array([shape.need for shape in problem.shapes_of(pool)], dtype=np.int64))
