"""One side of a proof in memory: tables of (key, text), whose writes are versions; kept honest by the contract."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ndcops.model.proving import (
    CatalogLine,
    DatabaseFacts,
    ForeignKey,
    FoundRow,
    ItemState,
    LargeObject,
    NotLookedAt,
    Orphans,
    ProvenColumn,
    ProvenTable,
    RowForm,
    SequenceState,
    Slice,
    StreamState,
    SubscriptionState,
    TablePart,
)
from ndcops.onboarding.ports import ProofLimits


class FakeRow(NamedTuple):
    """version: a number that no other write had."""

    key: int
    text: str | None
    version: int


@dataclass
class FakeDatabase:
    """keyed: whether tables have their key. refuses: tables that are locked. before_look: called each time.

    unflushed: bytes of WAL that the stream sends only once it is nudged.
    """

    name: str
    tables: dict[str, list[FakeRow]] = field(default_factory=dict)
    keyed: bool = True
    lines: tuple[CatalogLine, ...] = ()
    sequences: tuple[SequenceState, ...] = ()
    objects: dict[int, str] = field(default_factory=dict)
    subscriptions: dict[str, SubscriptionState] = field(default_factory=dict)
    slots: dict[str, StreamState] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    wal: int = 1000
    unflushed: int = 0
    nudges: int = 0
    before_look: Callable[[], None] = lambda: None

    def write(self, table: str, key: int, text: str | None) -> None:
        """Insert or replace."""
        self.wal += 10
        rows = [row for row in self.tables.setdefault(table, []) if row.key != key]
        self.tables[table] = [*rows, FakeRow(key, text, self.wal)]

    def delete(self, table: str, key: int) -> None:
        """Remove it."""
        self.wal += 10
        self.tables[table] = [row for row in self.tables[table] if row.key != key]

    def facts(self, *, ours: str) -> DatabaseFacts:
        """As the real one tells it."""
        return DatabaseFacts(
            name=self.name,
            server_version=180000,
            encoding="UTF8",
            tables=tuple(self._shape(name) for name in sorted(self.tables)),
            lines=self.lines,
            sequences=self.sequences,
            foreign_keys=(),
            native_probe=1,
            text_probe=1,
        )

    def _shape(self, name: str) -> ProvenTable:
        return ProvenTable(
            table_schema="public",
            name=name,
            full_name=f"public.{name}",
            partitioned=False,
            unlogged=False,
            columns=(
                ProvenColumn(name="id", type="integer", base="int4"),
                ProvenColumn(name="t", type="text", base="text"),
            ),
            key=("id",) if self.keyed else (),
            key_operators=("pg_catalog.=",) if self.keyed else (),
            parts=(TablePart(table_schema="public", name=name, pages=1),),
            rows=len(self.tables[name]),
        )

    @contextmanager
    def snapshot(self) -> Iterator["FakeDatabase"]:
        """A copy."""
        yield replace(self, tables={name: list(rows) for name, rows in self.tables.items()})

    def scan(
        self, table: ProvenTable, form: RowForm, slices: Sequence[Slice], on_slice: Callable[[int], None]
    ) -> Iterator[tuple[int, int, int]]:
        """A line a row, instead of a bucket."""
        for found in self._found(table, form):
            yield found.hash & (form.buckets - 1), 1, found.hash
        for place in range(len(slices)):
            on_slice(place)

    def rows(self, table: ProvenTable, form: RowForm, buckets: Sequence[int]) -> Iterator[FoundRow]:
        """Of these buckets, by hash."""
        return iter(row for row in self._found(table, form) if row.hash & (form.buckets - 1) in set(buckets))

    def _found(self, table: ProvenTable, form: RowForm) -> list[FoundRow]:
        if table.name in self.refuses:
            raise NotLookedAt(f"{self.name}: canceling statement due to lock timeout")
        found = [
            FoundRow(_hash(row, form), (str(row.key),) if form.key else (), f"(0,{place})")
            for place, row in enumerate(self.tables[table.name], 1)
        ]
        return sorted(found, key=lambda row: row.hash)

    def look(self, table: ProvenTable, form: RowForm, keys: Sequence[tuple[str, ...]]) -> tuple[ItemState, ...]:
        """What there is now."""
        self.before_look()
        states = []
        for key in keys:
            mine = [
                row for row in self.tables[table.name] if (str(row.key if form.key else _hash(row, form)),) == key
            ]
            states.append(
                ItemState(len(mine), sum(_hash(row, form) for row in mine), sum(row.version for row in mine))
            )
        return tuple(states)

    def large_objects(self) -> Iterator[LargeObject]:
        """By oid."""
        return iter(
            LargeObject(oid, hashlib.sha256(text.encode()).hexdigest(), "postgres")
            for oid, text in sorted(self.objects.items())
        )

    def orphans(self, key: ForeignKey) -> Orphans:
        """None are played."""
        raise NotImplementedError

    def position(self) -> int:
        """After the last write."""
        return self.wal

    def nudge(self) -> None:
        """Whatever lies unflushed is sent."""
        self.nudges += 1
        for name, state in self.slots.items():
            self.slots[name] = state._replace(applied=state.applied + self.unflushed)
        self.unflushed = 0

    def subscription(self, name: str) -> SubscriptionState | None:
        """As set."""
        return self.subscriptions.get(name)

    def stream(self, slot: str) -> StreamState | None:
        """As set."""
        return self.slots.get(slot)

    def interrupt(self) -> None:
        """Nothing takes time here."""


def _hash(row: FakeRow, form: RowForm) -> int:
    text = f"{form.seed} {row.key} {row.text!r}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


@dataclass
class FakeDatabases:
    """By connection."""

    known: dict[str, FakeDatabase]
    exported: dict[str, FakeDatabase] = field(default_factory=dict)

    @contextmanager
    def open(self, connection: str, role: str, limits: ProofLimits, *, moment: str = "") -> Iterator[FakeDatabase]:
        """The one of that name, or as it was at a moment."""
        yield self.exported[moment] if moment else self.known[connection]

    def export(self, connection: str) -> str:
        """Keep a moment of it."""
        found = self.known[connection]
        name = f"{connection}-{len(self.exported)}"
        tables = {table: list(rows) for table, rows in found.tables.items()}
        self.exported[name] = replace(found, tables=tables, objects=dict(found.objects))
        return name
