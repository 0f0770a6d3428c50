"""Both ends of a proof, only ever read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ndcops.model.document import Value
from ndcops.model.proving import (
    DatabaseFacts,
    ForeignKey,
    FoundRow,
    ItemState,
    LargeObject,
    Orphans,
    ProvenTable,
    RowForm,
    Slice,
    StreamState,
    SubscriptionState,
)


class ProofLimits(Value):
    """Bounds of a proof, so that it weighs little and always ends.

    lanes: sessions a side that scan at once. connect_s, statement_s: the longest wait for a session, for one
    statement (a slice of a table). lag_s: for a stream to pass a position. recheck_s: for rows that keep changing.
    """

    lanes: int = 2
    connect_s: int = 10
    statement_s: int = 600
    lag_s: float = 60.0
    recheck_s: float = 60.0


class Snapshot(Protocol):
    """One moment of one side: everything asked of it is of that moment."""

    def scan(
        self, table: ProvenTable, form: RowForm, slices: Sequence[Slice], on_slice: Callable[[int], None]
    ) -> Iterator[tuple[int, int, int]]:
        """(bucket, count, sum of hashes) of all slices, several of one bucket.

        on_slice: called with the place in `slices` of each that is done, from the thread that read it.
        """
        ...

    def rows(self, table: ProvenTable, form: RowForm, buckets: Sequence[int]) -> Iterator[FoundRow]:
        """The rows of these buckets, in ascending order of hash; little of them is kept at once."""
        ...


class ProvenDatabase(Protocol):
    """A session on one side, asked from one thread at a time.

    Every method raises NotLookedAt when the side refuses this one question, and NdcopsError, naming the side, when
    it goes away.
    """

    @property
    def name(self) -> str:
        """How messages name it."""
        ...

    def facts(self, *, ours: str) -> DatabaseFacts:
        """What it is made of. ours: the schema of our own tables, left out with what lies in it."""
        ...

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """A moment of it, until the block ends."""
        ...

    def look(self, table: ProvenTable, form: RowForm, keys: Sequence[tuple[str, ...]]) -> tuple[ItemState, ...]:
        """The rows of each key now (of each hash, in a table without key), in the keys' order."""
        ...

    def large_objects(self) -> Iterator[LargeObject]:
        """All large objects, in ascending order of oid."""
        ...

    def orphans(self, key: ForeignKey) -> Orphans:
        """Rows whose parent is not there."""
        ...

    def position(self) -> int:
        """Where its WAL ends, in bytes; everything visible before the call lies before it."""
        ...

    def nudge(self) -> None:
        """See that all WAL before now is flushed soon: a stream sends no other.

        It takes one transaction number and writes no row: all that a proof ever leaves behind.
        """
        ...

    def subscription(self, name: str) -> SubscriptionState | None:
        """The subscription of this database; None when there is none of that name."""
        ...

    def stream(self, slot: str) -> StreamState | None:
        """How far the other side applied what goes out by this slot; None when there is no such slot."""
        ...

    def interrupt(self) -> None:
        """End whatever is being asked, from any thread; nothing is asked any more."""
        ...


class ProvenDatabases(Protocol):
    """Opens sessions."""

    def open(
        self, connection: str, role: str, limits: ProofLimits, *, moment: str = ""
    ) -> AbstractContextManager[ProvenDatabase]:
        """role: `source` or `target`, for messages. moment: a snapshot that a session of that database exports
        meanwhile; what it is made of, its snapshots and large objects are of then, not of now.

        Raises NdcopsError without a connection.
        """
        ...
