"""What a lie is, what it lets a proof claim, and which rows it may touch."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import psycopg

from tests.mutations import schema


class Claim(NamedTuple):
    """What a report must name: sort (row, copies, orphans, catalog, sequence, large object) and which."""

    sort: str
    of: str
    what: str
    key: tuple[str, ...] = ()


class Rows:
    """Hands out rows that no other lie touches, in an order of chance.

    both: runs a statement for both sides before the lie. step: only every second number, from that one (writers of
    a live stream have the others).
    """

    def __init__(self, chance: Random, both: Callable[[str], None], *, start: int = 1, step: int = 1) -> None:
        self._both = both
        counts = {
            "kinds": schema.ROWS,
            "decrees": schema.ROWS,
            "marriages": schema.MARRIAGES,
            "children": schema.ROWS,
            "parents": schema.PARENTS,
            "small": 20,
            "objects": len(schema.OBJECTS),
            "twelfth": 12,
            "sixth": 6,
        }
        self._free = {name: self._shuffled(chance, count, start, step) for name, count in counts.items()}
        self._fresh = 1_000_000

    def _shuffled(self, chance: Random, count: int, start: int, step: int) -> list[int]:
        numbers = list(range(start, count + 1, step if count > 100 else 1))
        chance.shuffle(numbers)
        return numbers

    def take(self, of: str) -> int:
        """A row that is still free, from 1."""
        return self._free[of].pop()

    def left(self, of: str) -> int:
        """How many are free."""
        return len(self._free[of])

    def fresh(self) -> int:
        """A number that no row has."""
        self._fresh += 1
        return self._fresh

    def both(self, statement: str) -> None:
        """What both sides must have before the lie."""
        self._both(statement)


@dataclass(frozen=True)
class Lie:
    """tell: do it at the target, and say what must be found. uses: what is used up of it (`Rows`)."""

    name: str
    tell: Callable[[psycopg.Connection, Rows], Iterable[Claim]]
    uses: str = ""
