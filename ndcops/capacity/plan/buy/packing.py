"""Whether so many nodes hold so many pods, proven by a packing; and prices of shapes that prove the contrary.

Packings are patterns (what one node holds) times nodes. A price for each shape proves "no" when what all
nodes can hold at most is worth less than the demand: Gilmore & Gomory, "A linear programming approach to the
cutting-stock problem", Operations Research 9 (1961), for several resources and kinds of nodes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, permutations

import numpy as np

from ndcops.capacity.plan.buy.problem import Counts
from ndcops.model.linear_model import Floats, Model, Outcome

Pattern = tuple[int, ...]
_TOLERANCE = 1e-7
_TRY_S = 5.0


@dataclass(frozen=True)
class Cut:
    """Prices of shapes, and the most that one node of each kind can hold in these prices."""

    prices: Floats
    worth: Floats


@dataclass
class Packer:
    """Packs the shapes of one pool into its kinds of nodes; keeps the patterns that it found.

    rooms: K kinds × R resources; needs: W shapes × R resources, in whole units.
    """

    rooms: Counts
    needs: Counts
    patterns: list[set[Pattern]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patterns = [set() for _ in self.rooms]
        for kind in range(len(self.rooms)):
            self.patterns[kind] |= {tuple(row) for row in np.diag(self.alone(kind)).tolist()}

    def alone(self, kind: int) -> Counts:
        """How many of each shape one node holds when it holds nothing else."""
        return np.array([most(self.rooms[kind], need) for need in self.needs], dtype=np.int64)

    def packing(self, nodes: Counts, demand: Counts) -> list[tuple[int, Pattern, int]] | None:
        """(kind, pattern, nodes) that hold the demand; None when none was found: see `cut` for a proof."""
        for kinds in islice(permutations(np.flatnonzero(nodes > 0).tolist()), 24):
            for order in self._orders(demand):
                found = self._first_fit(nodes, demand, kinds, order)
                if found is not None:
                    return found
        return None

    def exact_packing(self, nodes: Counts, demand: Counts) -> list[tuple[int, Pattern, int]] | None:
        """A packing out of all patterns known so far, by whole-number programming."""
        model, columns = Model(), {}
        for kind, patterns in enumerate(self.patterns):
            for pattern in sorted(patterns):
                columns[kind, pattern] = model.column(0.0, high=float(nodes[kind]), whole=True)
            model.row({columns[kind, each]: 1.0 for each in patterns}, high=float(nodes[kind]))
        short = [model.column(1.0) for _ in demand]
        for shape, count in enumerate(demand):
            terms = {column: float(key[1][shape]) for key, column in columns.items() if key[1][shape]}
            model.row({**terms, short[shape]: 1.0}, low=float(count))
        answer = model.solve(time_limit_s=_TRY_S)
        if answer.outcome is not Outcome.SOLVED or answer.values[short].sum() > 0.5 * _TOLERANCE:
            return None
        return [(*key, int(answer.values[column])) for key, column in columns.items() if answer.values[column] > 0]

    def cut(self, nodes: Counts, demand: Counts) -> Cut | None:
        """Prices that prove that the nodes cannot hold the demand, or None when a fractional packing does."""
        size = (self.needs / np.maximum(self.rooms.max(axis=0), 1)).max(axis=1)
        while True:
            prices, worth, value = self._relaxed(nodes, demand, size)
            if value <= 1e-6:
                return None
            grown, bounds = False, np.zeros(len(self.rooms))
            for kind in range(len(self.rooms)):
                pattern, bounds[kind] = self.richest(kind, prices)
                if bounds[kind] > worth[kind] + 1e-6 and pattern not in self.patterns[kind]:
                    self.patterns[kind].add(pattern)
                    grown = grown or bool(nodes[kind])
            if not grown:
                return Cut(prices, bounds)

    def priced(self, prices: Floats) -> Cut:
        """The cut of given prices."""
        return Cut(prices, np.array([self.richest(kind, prices)[1] for kind in range(len(self.rooms))]))

    def richest(self, kind: int, prices: Floats) -> tuple[Pattern, float]:
        """What one node holds at most in these prices (a knapsack), and an upper bound of its worth."""
        model = Model()
        for shape, price in enumerate(prices):
            high = most(self.rooms[kind], self.needs[shape])
            model.column(-float(price), high=float(high), whole=True)
        for resource, room in enumerate(self.rooms[kind]):
            terms = {shape: float(need[resource]) for shape, need in enumerate(self.needs) if need[resource]}
            if terms:
                model.row(terms, high=float(room))
        answer = model.solve(time_limit_s=_TRY_S)
        return tuple(answer.values.astype(np.int64).tolist()), -answer.bound * (1 + _TOLERANCE)

    def _relaxed(self, nodes: Counts, demand: Counts, size: Floats) -> tuple[Floats, Floats, float]:
        """Of the fractional packing of least shortage: prices of shapes, worth of kinds, the shortage."""
        model = Model()
        covers: list[dict[int, float]] = [{model.column(float(each)): 1.0} for each in size]
        limits = []
        for kind, patterns in enumerate(self.patterns):
            columns = []
            for pattern in sorted(patterns) if nodes[kind] else ():
                columns.append(model.column(0.0))
                for shape in np.flatnonzero(pattern):
                    covers[shape][columns[-1]] = float(pattern[shape])
            limits.append(model.row(dict.fromkeys(columns, 1.0), high=float(nodes[kind])))
        rows = [model.row(terms, low=float(count)) for terms, count in zip(covers, demand, strict=True)]
        answer = model.solve(time_limit_s=_TRY_S)
        prices = np.maximum(answer.row_prices[rows], 0.0)
        return prices, np.maximum(-answer.row_prices[limits], 0.0), answer.cost

    def _orders(self, demand: Counts) -> Iterator[list[int]]:
        """Shapes by size, largest first: by their largest share of a node, then by each resource."""
        shares = self.needs / np.maximum(self.rooms.max(axis=0), 1)
        wanted = demand > 0
        for key in (shares.max(axis=1), shares.sum(axis=1), *shares.T):
            yield [int(shape) for shape in np.argsort(-key, kind="stable") if wanted[shape]]

    def _first_fit(
        self, nodes: Counts, demand: Counts, kinds: Sequence[int], order: Sequence[int]
    ) -> list[tuple[int, Pattern, int]] | None:
        """First-fit-decreasing, node by node; equal nodes are filled at once."""
        left, found = demand.copy(), []
        for kind in kinds:
            free = int(nodes[kind])
            while free and left.any():
                pattern = self._filled(kind, left, order)
                if not pattern.any():
                    break
                held = pattern > 0
                times = min(free, int((left[held] // pattern[held]).min()))
                left -= times * pattern
                free -= times
                found.append((kind, tuple(pattern.tolist()), times))
        return None if left.any() else found

    def _filled(self, kind: int, left: Counts, order: Sequence[int]) -> Counts:
        room, pattern = self.rooms[kind].copy(), np.zeros(len(left), dtype=np.int64)
        for shape in order:
            pattern[shape] = min(int(left[shape]), most(room, self.needs[shape]))
            room -= pattern[shape] * self.needs[shape]
        return pattern


def most(room: Counts, need: Counts) -> int:
    """How many of one shape fit into a room."""
    asked = need > 0
    return int((room[asked] // need[asked]).min())
