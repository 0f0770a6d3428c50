"""What looks at a side bring back while rows are compared: plain tuples, for there are many."""

from typing import NamedTuple

from ndcops.model.errors import NdcopsError


class NotLookedAt(NdcopsError):
    """A side refused one question (rights, a lock, a limit); its session is still good."""


class Slice(NamedTuple):
    """Pages of one part of a table, first to before last; last None: to the end, however far it grew."""

    part: int
    first_page: int
    last_page: int | None


class FoundRow(NamedTuple):
    """A row of a differing bucket. key: its columns' texts, empty without a key. place: where it lies (ctid)."""

    hash: int
    key: tuple[str, ...]
    place: str


class ItemState(NamedTuple):
    """All rows of one key (or of one hash, in a table without key) at one moment.

    rows, hash: how many and the sum of their hashes. version: a number of their xmin and ctid: the same again
    means that none of them was touched in between.
    """

    rows: int
    hash: int
    version: int

    def is_like(self, other: "ItemState") -> bool:
        """Whether the rows are the same, wherever and since when they lie there."""
        return (self.rows, self.hash) == (other.rows, other.hash)


class StreamState(NamedTuple):
    """A stream, asked at its upstream. applied: up to which WAL position (bytes) the other side shows all."""

    applied: int
    is_active: bool


class SubscriptionState(NamedTuple):
    """A subscription, asked where it stands. waiting: tables whose first copy is not done."""

    is_enabled: bool
    waiting: tuple[str, ...]
