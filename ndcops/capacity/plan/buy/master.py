"""The purchase as a linear model: what to order when, against power, racks, budget, lead times and losses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ndcops.capacity.plan.buy.losses import NODE, Case, StorageCase
from ndcops.capacity.plan.buy.packing import Cut
from ndcops.capacity.plan.buy.problem import Counts, FreeSite, NodeKind, PurchaseProblem, StorageKind
from ndcops.model.linear_model import Answer, Floats, Model

Terms = dict[int, float]
_EARLY_COST: Final = 1e-4
"""Only in a relaxed model: of a million VND of machines that come early, beside a limit passed by all of it."""


@dataclass(frozen=True, order=True)
class Item:
    """A SKU in a place: nodes in a pool; storage and power have no pool."""

    site: str
    pool: str
    sku: str


@dataclass(frozen=True)
class Shortage:
    """A limit that a relaxed model passes: which, and by how much of it."""

    site: str
    limit: str
    quarter: str
    missing: float
    given: float


class Master:
    """Columns: orders by item and quarter. `relaxed`: limits may be passed at a cost, to see which one forbids."""

    def __init__(
        self, problem: PurchaseProblem, most: dict[tuple[str, str], int], *, relaxed: bool = False
    ) -> None:
        self.problem, self.model, self._relaxed = problem, Model(), relaxed
        self._most = most
        self._orders: dict[tuple[Item, int], int] = {}
        self._early: dict[tuple[Item, int], int] = {}
        self._used: dict[tuple[Item, int], int] = {}
        self._slack: dict[int, Shortage] = {}
        self._there = {Item(each.site, each.pool, each.kind): each.count for each in problem.installed}
        self.items = list(self._items())
        self._kinds = problem.skus()
        for item in self.items:
            self._order(item)
        for site in problem.sites:
            self._limit_site(site)
        self._limit_budgets()

    def _items(self) -> Iterator[Item]:
        problem = self.problem
        for site in problem.sites:
            for pool in problem.pools:
                for kind in problem.kinds_of(pool):
                    item = Item(site.name, pool, kind.name)
                    if (kind.on_sale and per_rack(site, kind)) or self._there.get(item):
                        yield item
            yield from (Item(site.name, "", kind.name) for kind in problem.storage)
            yield from (Item(site.name, "", kind.name) for kind in problem.power)

    def _order(self, item: Item) -> None:
        kind = self._kinds[item.sku]
        if not getattr(kind, "on_sale", True):
            return
        price = 0.0 if self._relaxed else float(kind.price_vnd_millions)
        for quarter in range(len(self.problem.quarters) - kind.lead_quarters):
            self._orders[item, quarter] = self.model.column(price, whole=True)
        for quarter in range(min(kind.lead_quarters, len(self.problem.quarters)) if self._relaxed else 0):
            self._early[item, quarter] = self.model.column(_EARLY_COST * kind.price_vnd_millions, whole=True)

    def bought(self, item: Item, quarter: int) -> Terms:
        """The machines of an item in service by a quarter, without installed ones."""
        lead = self._kinds[item.sku].lead_quarters
        terms = {
            self._orders[item, order]: 1.0 for order in range(quarter - lead + 1) if (item, order) in self._orders
        }
        early = {self._early[item, at]: 1.0 for at in range(quarter + 1) if (item, at) in self._early}
        return terms | early

    def _limit(self, terms: Terms, high: float, shortage: Shortage) -> None:
        if self._relaxed:
            column = self.model.column(1.0 / max(high, 1.0))
            self._slack[column] = shortage
            terms = terms | {column: -1.0}
        if terms:
            self.model.row(terms, high=high)

    def _limit_site(self, site: FreeSite) -> None:
        """Power in each quarter; racks at the end, each full of one SKU, as nothing ever leaves."""
        own = [item for item in self.items if item.site == site.name]
        extensions = {kind.name for kind in self.problem.power}
        for quarter, label in enumerate(self.problem.quarters):
            load: Terms = {}
            for item in own:
                sign = -1.0 if item.sku in extensions else 1.0
                load |= {column: sign * self._kinds[item.sku].watts for column in self.bought(item, quarter)}
            self._limit(load, site.power_w, Shortage(site.name, "power", label, 0.0, site.power_w))
        last = len(self.problem.quarters) - 1
        racks: Terms = {}
        machines: list[NodeKind | StorageKind] = [*self.problem.nodes, *self.problem.storage]
        for kind in machines:
            terms: Terms = {}
            for item in own:
                terms |= self.bought(item, last) if item.sku == kind.name else {}
            fits = per_rack(site, kind)
            if not terms:
                continue
            if not fits:
                self.model.row(terms, high=0.0)
                continue
            column = self.model.column(0.0, whole=True)
            self.model.row(terms | {column: -float(fits)}, high=0.0)
            racks[column] = 1.0
        self._limit(racks, site.racks, Shortage(site.name, "racks", self.problem.quarters[last], 0.0, site.racks))

    def _limit_budgets(self) -> None:
        for quarter, budget in enumerate(self.problem.budgets_vnd_millions or ()):
            spent = {
                column: float(self._kinds[item.sku].price_vnd_millions)
                for (item, order), column in self._orders.items()
                if order == quarter
            }
            # What comes before it can is paid at once, so that coming early is no way round a budget.
            for (item, _), column in self._early.items() if quarter == 0 else ():
                spent[column] = float(self._kinds[item.sku].price_vnd_millions)
            label = self.problem.quarters[quarter]
            self._limit(spent, budget, Shortage("", "budget", label, 0.0, budget))

    def _in_use(self, item: Item, quarter: int) -> int:
        """A column that is 1 when any machine of the item is there."""
        if (item, quarter) not in self._used:
            there = self._there.get(item, 0)
            column = self.model.column(0.0, low=1.0 if there else 0.0, high=1.0, whole=True)
            self._used[item, quarter] = column
            most = float(self._most.get((item.pool, item.sku), 0)) + there
            if not there and self.bought(item, quarter):
                self.model.row(self.bought(item, quarter) | {column: -most}, high=0.0)
        return self._used[item, quarter]

    def hold(self, case: Case, items: list[Item], cut: Cut) -> None:
        """The nodes must be worth the demand in the cut's prices; for the loss of a node, without any one node."""
        terms, there = self._worth(items, case.quarter, cut.worth)
        need = float(cut.prices @ case.demand)
        # Scaled, so that the solver's absolute tolerance means the same in every row.
        unit = max(float(cut.worth.max()), 1e-9)
        scaled = {column: factor / unit for column, factor in terms.items()}
        low = (need - there) / unit - 1e-6
        if case.lost != NODE:
            self.model.row(scaled, low=low)
            return
        for item, worth in zip(items, cut.worth, strict=True):
            used = self._in_use(item, case.quarter)
            self.model.row(scaled | {used: -float(worth) / unit}, low=low)

    def hold_storage(self, case: StorageCase, items: list[Item], sizes: Floats) -> None:
        """As `hold`, for GiB of a tier with any one unit lost."""
        terms, there = self._worth(items, case.quarter, sizes)
        for item, size in zip(items, sizes, strict=True):
            used = self._in_use(item, case.quarter)
            self.model.row(terms | {used: -float(size)}, low=float(case.gib) - there)

    def _worth(self, items: list[Item], quarter: int, worth: Floats) -> tuple[Terms, float]:
        terms: Terms = {}
        for item, each in zip(items, worth, strict=True):
            terms |= {column: float(each) for column in self.bought(item, quarter)}
        return terms, float(sum(self._there.get(item, 0) * each for item, each in zip(items, worth, strict=True)))

    def spend_more(self, items: list[Item], quarter: int, values: Floats) -> None:
        """At least one more of the cheapest: not a proven need, only what the search does when packing failed."""
        prices = np.array([float(self._kinds[item.sku].price_vnd_millions) for item in items])
        terms, _ = self._worth(items, quarter, prices)
        spent = sum(values[column] * factor for column, factor in terms.items())
        self.model.row(terms, low=float(spent + prices[prices > 0].min()))

    def order_late(self, values: Floats) -> None:
        """From now on: the same machines in the end, each as late as it may be."""
        last = len(self.problem.quarters) - 1
        for item in self.items:
            terms = self.bought(item, last)
            if terms:
                total = float(sum(values[column] for column in terms))
                self.model.row(terms, low=total, high=total)
        for (item, order), column in self._orders.items():
            self.model.costs[column] = float(self._kinds[item.sku].price_vnd_millions * (last - order))

    def solve(self, time_limit_s: float, gap: float) -> Answer:
        """The least cost that all rows so far allow."""
        return self.model.solve(time_limit_s=time_limit_s, gap=gap)

    def nodes(self, items: list[Item], quarter: int, values: Floats) -> Counts:
        """Machines in service, installed ones included."""
        counts = [
            self._there.get(item, 0) + sum(values[column] for column in self.bought(item, quarter))
            for item in items
        ]
        return np.array(counts).astype(np.int64)

    def orders(self, values: Floats) -> Iterator[tuple[Item, int, int]]:
        """(item, quarter of order, count) of all that is bought."""
        for (item, order), column in self._orders.items():
            if values[column] > 0:
                yield item, order, int(values[column])

    def early(self, values: Floats) -> Iterator[tuple[Item, int, int]]:
        """(item, quarter, count) of machines that a relaxed model needs before they can come."""
        for (item, quarter), column in self._early.items():
            if values[column] > 0:
                yield item, quarter, int(values[column])

    def shortages(self, values: Floats) -> Iterator[Shortage]:
        """Limits that a relaxed model passes."""
        for column, each in self._slack.items():
            if values[column] > 1e-6:
                yield Shortage(each.site, each.limit, each.quarter, float(values[column]), each.given)


def per_rack(site: FreeSite, kind: NodeKind | StorageKind) -> int:
    """How many of a SKU one rack of the site takes, by units and by power."""
    by_units = site.rack_units // kind.rack_units
    return min(by_units, site.rack_power_w // kind.watts) if kind.watts else by_units
