"""Both ends of a seed in memory: tables of numbers, a log of writes, a slot, a snapshot, a stream."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.move import Move
from ndcops.model.seed import SeedSource, SeedTable, SeedTarget, SourceLoad, StreamSlot, TablePart
from ndcops.onboarding.ports.seeding import Pace
from tests.seed_samples import seed_source, seed_table, seed_target


@dataclass
class FakeServers:
    """What stands on the two servers. log: every write at the source: (table, number)."""

    rows: dict[str, list[int]]
    keyless: frozenset[str] = frozenset()
    log: list[tuple[str, int]] = field(default_factory=list)
    schema: set[str] = field(default_factory=set)
    guarded: frozenset[str] | None = None
    identities: dict[str, str] = field(default_factory=dict)
    published: tuple[str, ...] | None = None
    slot: int | None = None
    snapshot: dict[str, list[int]] | None = None
    foreign_database: bool = False
    database: dict[str, list[int]] | None = None
    restored: bool = False
    completed: bool = False
    finished: bool = False
    keys: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    position: str = ""
    copied: dict[int, set[tuple[int, int]]] = field(default_factory=dict)
    states: dict[str, str] | None = None
    applied: int = 0

    def write(self, table: str, number: int) -> None:
        """An application's row at the source."""
        self.rows[table].append(number)
        self.log.append((table, number))

    def alter(self, table: str) -> None:
        """An application's change of the schema."""
        self.schema.add(f"column {table}.more")

    def tables(self) -> tuple[SeedTable, ...]:
        """As the source tells them."""
        return tuple(
            seed_table(
                number,
                name=name,
                primary_key=name not in self.keyless,
                identity="f" if name in self.identities else "d",
            )
            for number, name in enumerate(sorted(self.rows), start=1)
        )

    def apply_stream(self) -> None:
        """What a subscription does by itself."""
        if self.states is None or self.database is None:
            return
        for table, number in self.log[self.applied :]:
            if f"public.{table}" in self.states:
                self.database[table].append(number)
        self.applied = len(self.log)


@dataclass
class FakeSource:
    """`SourceEnd`."""

    on: FakeServers

    def database_name(self, connection: str) -> str:
        return "x"

    def facts(self, move: Move) -> SeedSource:
        return seed_source(*self.on.tables(), slot=self.slot(move), ddl_entries=self.ddl_entries(move))

    def guard(self, move: Move) -> str:
        if self.on.guarded is None:
            self.on.guarded = frozenset(self.on.schema)
        return "digest"

    def identify(self, move: Move, table: SeedTable) -> str:
        self.on.identities[table.name] = "the whole row"
        return "the whole row"

    def publish(self, move: Move, tables: Sequence[SeedTable]) -> None:
        self.on.published = tuple(table.name for table in tables)

    @contextmanager
    def snapshot(self, move: Move) -> Iterator[tuple[str, str]]:
        if self.on.slot is not None:
            raise NdcopsError("the slot stands already")
        self.on.slot = len(self.on.log)
        self.on.snapshot = {name: list(rows) for name, rows in self.on.rows.items()}
        try:
            yield "snapshot-1", f"0/{self.on.slot:X}"
        finally:
            self.on.snapshot = None

    def drop_slot(self, move: Move) -> None:
        self.on.slot = None

    def slot(self, move: Move) -> StreamSlot | None:
        if self.on.slot is None:
            return None
        streams = self.on.states is not None
        self.on.apply_stream()
        position = self.on.applied if streams else self.on.slot
        return StreamSlot(position=f"0/{position:X}", active=streams, lag_bytes=0, retained_bytes=0)

    def load(self, move: Move) -> SourceLoad:
        return SourceLoad(active_sessions=0)

    def ddl_entries(self, move: Move) -> tuple[str, ...]:
        return () if self.on.guarded is None else tuple(sorted(self.on.schema - self.on.guarded))

    def schema(self, move: Move) -> frozenset[str]:
        return frozenset({*self.on.schema, *(f"table {name}" for name in self.on.rows)})

    def remove(self, move: Move) -> None:
        self.on.slot = self.on.published = self.on.guarded = None
        self.on.identities.clear()


@dataclass
class FakeTarget:
    """`TargetEnd`."""

    on: FakeServers

    def facts(self, move: Move) -> SeedTarget:
        self.on.apply_stream()
        on = self.on
        whole = {oid for oid, parts in on.copied.items() if parts and len(parts) == max(of for _, of in parts)}
        return seed_target(
            exists=on.database is not None or on.foreign_database,
            ours=on.database is not None,
            empty=not on.restored and not on.foreign_database,
            restored=on.restored,
            completed=on.completed,
            finished=on.finished,
            position=on.position,
            copied=frozenset(whole),
            states=on.states,
        )

    def create(self, move: Move, source: SeedSource) -> None:
        if self.on.database is None:
            self.on.database = {}

    def restore_tables(self, move: Move) -> None:
        if not self.on.restored:
            self.on.database = {name: [] for name in self.on.rows}
            self.on.restored = True

    def begin_copies(self, move: Move, position: str, *, keep: Sequence[SeedTable] = ()) -> None:
        names, oids = {table.name for table in keep}, {table.oid for table in keep}
        for name, rows in (self.on.database or {}).items():
            if name not in names:
                rows.clear()
        self.on.copied = {oid: parts for oid, parts in self.on.copied.items() if oid in oids}
        self.on.position = position

    def restore_keys(
        self,
        move: Move,
        tables: Sequence[SeedTable],
        report: Callable[[str], None],
        *,
        only: Collection[int] | None = None,
    ) -> None:
        self.on.keys |= {table.name for table in tables}

    def restore_rest(self, move: Move) -> None:
        self.on.completed = True

    def subscribe(self, move: Move) -> None:
        if self.on.states is not None:
            return
        copied = self.facts(move).copied
        slot = self.on.slot
        if slot is None or f"0/{slot:X}" != self.on.position:
            raise Refused("the copies belong to another position than the slot's")
        published = self.on.published or ()
        missing = [table.name for table in self.on.tables() if table.name in published and table.oid not in copied]
        if missing:
            raise Refused(f"{len(missing)} published tables were not copied to their end: {', '.join(missing)}")
        self.on.states, self.on.applied = {f"public.{name}": "r" for name in published}, slot

    def gather_statistics(self, move: Move, tables: Sequence[SeedTable]) -> None:
        self.on.known |= {table.name for table in tables}

    def copy_more(self, move: Move) -> None:
        self.on.apply_stream()
        assert self.on.states is not None
        assert self.on.database is not None
        for name in self.on.published or ():
            if f"public.{name}" not in self.on.states:
                self.on.database[name] = list(self.on.rows[name])
                self.on.states[f"public.{name}"] = "r"

    def finish(self, move: Move) -> None:
        self.on.finished = True

    def open(self, move: Move) -> tuple[str, ...]:
        if self.on.database is None:
            raise Refused("who may enter 'x' was not noted by a seed")
        return ("PUBLIC",)

    def schema(self, move: Move) -> frozenset[str]:
        return frozenset(f"table {name}" for name in self.on.database or {})

    def remove(self, move: Move) -> None:
        if self.on.foreign_database:
            raise Refused("database 'x' was not made by this move; it stays")
        self.on.database, self.on.states, self.on.position = None, None, ""
        self.on.restored = self.on.completed = self.on.finished = False
        self.on.copied, self.on.keys = {}, set()


@dataclass
class FakeCopies:
    """`RowCopies`. dies_after: bytes (8 a row) after which the process is killed, for tests of resuming."""

    on: FakeServers
    dies_after: int | None = None

    def copy(self, move: Move, parts: Sequence[TablePart], snapshot: str, pace: Pace) -> int:
        if self.on.snapshot is None:
            raise NdcopsError(f"snapshot {snapshot} is gone")
        assert self.on.database is not None
        sent = 0
        for part in parts:
            marks = self.on.copied.setdefault(part.table.oid, set())
            if (part.number, part.of) in marks:
                continue
            rows = self.on.snapshot[part.table.name]
            pace(8 * len(rows))
            sent += 8 * len(rows)
            if self.dies_after is not None and sent > self.dies_after:
                raise NdcopsError("killed")
            self.on.database[part.table.name] = list(rows)
            marks.add((part.number, part.of))
        return sent

    def large_objects(self, move: Move, snapshot: str | None) -> int:
        return 0

    def sequences(self, move: Move) -> int:
        return 0
