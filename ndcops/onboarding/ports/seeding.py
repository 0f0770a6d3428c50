"""Both ends of a seed: what is asked of the agency's server and of the centre's, and how rows go over."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ndcops.model.move import Move
from ndcops.model.seed import SeedSource, SeedTable, SeedTarget, SourceLoad, StreamSlot, TablePart

Pace = Callable[[int], None]
"""Called with the bytes that just went over; it waits while the source is too busy. Raises Interrupted."""


class SourceEnd(Protocol):
    """The agency's database. Every method raises NdcopsError, naming the source, when it refuses or is gone.

    What changes something can be called again after a kill, and then ends as once.
    """

    def database_name(self, connection: str) -> str:
        """What the database is called at its server; the words may leave it to a service file."""
        ...

    def facts(self, move: Move) -> SeedSource:
        """The database as it is now; only reads."""
        ...

    def guard(self, move: Move) -> str:
        """Make our schema, and watch DDL: "event trigger", or "digest" where the account may not make one."""
        ...

    def identify(self, move: Move, table: SeedTable) -> str:
        """Let a table without a key say which row changed, by an index or by all of the row; returns which.

        What it was before is kept in our schema, for `remove`.
        """
        ...

    def publish(self, move: Move, tables: Sequence[SeedTable]) -> None:
        """Exactly these tables are published."""
        ...

    def snapshot(self, move: Move) -> AbstractContextManager[tuple[str, str]]:
        """Make the slot and hold its snapshot while the block lasts: name of the snapshot, position of the slot.

        Raises Refused when a transaction at the source keeps the slot from being made.
        """
        ...

    def drop_slot(self, move: Move) -> None:
        """Take the slot away; nothing when there is none."""
        ...

    def slot(self, move: Move) -> StreamSlot | None:
        """The forward stream as the source sees it."""
        ...

    def load(self, move: Move) -> SourceLoad:
        """How busy it is, in well under a second."""
        ...

    def ddl_entries(self, move: Move) -> tuple[str, ...]:
        """Changes of the schema since the guard stands, oldest first."""
        ...

    def schema(self, move: Move) -> frozenset[str]:
        """Every object of the schema with its definition, one line each, so that both sides compare."""
        ...

    def remove(self, move: Move) -> None:
        """Take slot, publication, guard, replica identities and our schema away."""
        ...


class TargetEnd(Protocol):
    """The centre's server. Every method raises NdcopsError when it refuses or is gone; all can be called again."""

    def facts(self, move: Move) -> SeedTarget:
        """The server, and what stands there of this move; only reads."""
        ...

    def create(self, move: Move, source: SeedSource) -> None:
        """Roles and the database, closed to all but superusers until `open`, with our mark and schema.

        Whose the source's database is, who may enter it and what is set for it is noted there.
        """
        ...

    def restore_tables(self, move: Move) -> None:
        """The schema up to tables, without keys, indexes, foreign keys, triggers."""
        ...

    def begin_copies(self, move: Move, position: str, *, keep: Sequence[SeedTable] = ()) -> None:
        """Empty all tables but those of `keep`, and note the position that all copies belong to."""
        ...

    def restore_keys(
        self,
        move: Move,
        tables: Sequence[SeedTable],
        report: Callable[[str], None],
        *,
        only: Collection[int] | None = None,
    ) -> None:
        """Keys and indexes of these tables, those that are there already left alone. only: of these oids."""
        ...

    def restore_rest(self, move: Move) -> None:
        """Foreign keys, triggers, policies, rules: all that is left of the schema."""
        ...

    def subscribe(self, move: Move) -> None:
        """Begin the stream from the slot for every published table, without copying, and wait for no one.

        Raises Refused when a table that is published was not copied to its end under the slot's own snapshot.
        """
        ...

    def copy_more(self, move: Move) -> None:
        """Let the stream copy tables that were published since, by PostgreSQL's own table synchronization."""
        ...

    def gather_statistics(self, move: Move, tables: Sequence[SeedTable]) -> None:
        """Of these tables, for the planner; a table's own locks are waited for."""
        ...

    def finish(self, move: Move) -> None:
        """Materialized views, and statistics of all that has none yet."""
        ...

    def open(self, move: Move) -> tuple[str, ...]:
        """At the cut-over: let in whom the source let in when the seed began; returns who may connect.

        Gives the database its owner and settings, too. Raises Refused when no seed noted them.
        """
        ...

    def schema(self, move: Move) -> frozenset[str]:
        """As of the source."""
        ...

    def remove(self, move: Move) -> None:
        """Take subscription and database away, if the database carries this move's mark. Raises Refused else."""
        ...


class RowCopies(Protocol):
    """Rows from the source's snapshot into the target, each part whole or not at all."""

    def copy(self, move: Move, parts: Sequence[TablePart], snapshot: str, pace: Pace) -> int:
        """Copy each part, and mark it in the same transaction; returns bytes that went over."""
        ...

    def large_objects(self, move: Move, snapshot: str | None) -> int:
        """Make the target's large objects those of the source, object by object; returns how many were written.

        snapshot None: as they are now (after the fence).
        """
        ...

    def sequences(self, move: Move) -> int:
        """Give each sequence of the target the source's next number; returns how many."""
        ...
