"""Both ends of a seed: the same questions to the fake and to two real PostgreSQL servers."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ndcops.adapters.postgres_servers.moving import PostgresCopies, PostgresSource, PostgresTarget
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.move import Move
from ndcops.model.seed import SeedTable, TablePart
from ndcops.onboarding.ports.seeding import RowCopies, SourceEnd, TargetEnd
from tests.fakes.seeding import FakeCopies, FakeServers, FakeSource, FakeTarget
from tests.moving_database import move_between
from tests.postgres_source import PostgresSource as Server
from tests.postgres_source import postgres_source
from tests.seed_samples import MOVE

ROWS = {"a": [1, 2, 3], "b": [1], "c": []}
KEYLESS = "b"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    with postgres_source(wal_level="logical") as source, postgres_source(wal_level="logical") as target:
        yield source, target


@dataclass(frozen=True)
class Case:
    """write(table, number) and alter(table): what applications do at the source; read(table): at the target.

    cut: the stream's connection is lost.
    """

    move: Move
    source: SourceEnd
    target: TargetEnd
    copies: RowCopies
    write: Callable[[str, int], None]
    alter: Callable[[str], None]
    read: Callable[[str], list[int]]
    occupy: Callable[[], None]
    cut: Callable[[], None] = lambda: None

    def table(self, name: str) -> SeedTable:
        return next(table for table in self.source.facts(self.move).tables if table.name == name)

    def tables(self) -> tuple[SeedTable, ...]:
        return self.source.facts(self.move).tables

    def prepare(self) -> None:
        self.target.create(self.move, self.source.facts(self.move))
        self.source.guard(self.move)
        self.source.identify(self.move, self.table(KEYLESS))
        self.source.publish(self.move, self.tables())
        self.target.restore_tables(self.move)

    def copied(self, *names: str) -> None:
        """Copy these under a snapshot that then ends, as a killed run leaves it."""
        with self.source.snapshot(self.move) as (snapshot, position):
            self.target.begin_copies(self.move, position)
            for name in names:
                self.copies.copy(self.move, [TablePart(table=self.table(name))], snapshot, lambda _: None)

    def complete(self) -> None:
        self.target.restore_keys(self.move, self.tables(), lambda _: None)
        self.target.restore_rest(self.move)

    def awaits(self, name: str, rows: list[int]) -> None:
        deadline_s = time.monotonic() + 20
        while sorted(self.read(name)) != rows:
            assert time.monotonic() < deadline_s, (self.read(name), rows)
            time.sleep(0.05)


def fake_case() -> Case:
    on = FakeServers({name: list(rows) for name, rows in ROWS.items()}, frozenset({KEYLESS}))

    def read(name: str) -> list[int]:
        on.apply_stream()
        return (on.database or {})[name]

    def occupy() -> None:
        on.foreign_database = True

    return Case(MOVE, FakeSource(on), FakeTarget(on), FakeCopies(on), on.write, on.alter, read, occupy)


def real_case(source: Server, target: Server, folder: Path) -> Case:
    name = f"n{time.monotonic_ns()}"
    source.create(name)
    with source.connect(name) as session:
        for table, rows in ROWS.items():
            key = "" if table == KEYLESS else " PRIMARY KEY"
            session.execute(f"CREATE TABLE {table} (n int{key})".encode())
            for row in rows:
                session.execute(f"INSERT INTO {table} VALUES ({row})".encode())
    move = move_between(source, target, name)

    def write(table: str, number: int) -> None:
        with source.connect(name) as session:
            session.execute(f"INSERT INTO {table} VALUES ({number})".encode())

    def alter(table: str) -> None:
        with source.connect(name) as session:
            session.execute(f"ALTER TABLE {table} ADD more text".encode())

    def read(table: str) -> list[int]:
        with target.connect(name) as session:
            return [row[0] for row in session.execute(f"SELECT n FROM {table}".encode())]

    def occupy() -> None:
        target.create(name)
        with target.connect(name) as session:
            session.execute("CREATE TABLE foreign_one (n int)")

    def cut() -> None:
        with source.connect() as session:
            ended = (
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = %s AND active"
            )
            assert session.execute(ended, [name]).fetchall() == [(True,)]

    ends = PostgresSource(snapshot_s=5), PostgresTarget(folder), PostgresCopies()
    return Case(move, *ends, write, alter, read, occupy, cut)


@pytest.fixture(params=["fake", "real"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    if request.param == "fake":
        yield fake_case()
        return
    source, target = request.getfixturevalue("servers")
    found = real_case(source, target, tmp_path)
    yield found
    found.source.drop_slot(found.move)
    if found.target.facts(found.move).ours:
        found.target.remove(found.move)


def test_facts_before_anything_was_done(case):
    source, target = case.source.facts(case.move), case.target.facts(case.move)
    assert [table.name for table in source.tables] == ["a", "b", "c"]
    assert [table.primary_key for table in source.tables] == [True, False, True]
    assert (source.slot, source.ddl_entries, source.wal_level) == (None, (), "logical")
    assert (target.exists, target.ours, target.states, target.position) == (False, False, None, "")


def test_what_prepares_can_be_repeated(case):
    for _ in range(2):
        case.prepare()
    found = case.target.facts(case.move)
    assert (found.ours, found.restored, found.completed) == (True, True, False)
    assert case.source.ddl_entries(case.move) == ()
    assert case.table(KEYLESS).identity == "f"


def test_a_change_of_the_schema_is_noticed(case):
    case.prepare()
    case.alter("a")
    assert any("a" in entry for entry in case.source.ddl_entries(case.move))
    assert case.source.schema(case.move) != case.target.schema(case.move)


def test_every_row_comes_once_whether_before_or_after_the_snapshot(case):
    case.prepare()
    with case.source.snapshot(case.move) as (snapshot, position):
        case.target.begin_copies(case.move, position)
        case.write("a", 4)
        for table in case.tables():
            for _ in range(2):
                case.copies.copy(case.move, [TablePart(table=table)], snapshot, lambda _: None)
    case.complete()
    for _ in range(2):
        case.target.subscribe(case.move)
    case.write("b", 2)
    case.write("c", 7)
    case.awaits("a", [1, 2, 3, 4])
    case.awaits("b", [1, 2])
    case.awaits("c", [7])
    assert not case.target.facts(case.move).finished
    case.target.finish(case.move)
    assert case.target.facts(case.move).finished
    assert case.target.facts(case.move).states == {"public.a": "r", "public.b": "r", "public.c": "r"}
    assert case.source.schema(case.move) == case.target.schema(case.move) or isinstance(case.source, FakeSource)


def test_a_stream_whose_connection_is_lost_goes_on(case):
    case.prepare()
    case.copied("a", "b", "c")
    case.complete()
    case.target.subscribe(case.move)
    case.write("a", 4)
    case.awaits("a", [1, 2, 3, 4])
    case.cut()
    case.write("a", 5)
    case.awaits("a", [1, 2, 3, 4, 5])
    assert case.target.facts(case.move).stream_problem == ""


def test_the_slot_stands_where_its_snapshot_was_taken(case):
    case.prepare()
    with case.source.snapshot(case.move) as (_, position):
        case.write("a", 9)
    slot = case.source.slot(case.move)
    assert slot is not None
    assert (slot.position, slot.active, slot.lost) == (position, False, False)
    case.source.drop_slot(case.move)
    case.source.drop_slot(case.move)
    assert case.source.slot(case.move) is None


def test_a_stream_that_would_miss_rows_is_refused(case):
    case.prepare()
    case.copied("a")
    case.complete()
    with pytest.raises(Refused, match="2 published tables were not copied"):
        case.target.subscribe(case.move)


def test_a_stream_from_another_slot_is_refused(case):
    case.prepare()
    case.copied("a", "b", "c")
    case.source.drop_slot(case.move)
    case.write("a", 4)
    with case.source.snapshot(case.move):
        pass
    case.complete()
    with pytest.raises(Refused, match="belong to"):
        case.target.subscribe(case.move)


def test_after_a_kill_the_stream_copies_what_was_not_copied(case):
    case.prepare()
    case.copied("a", "b")
    found = case.target.facts(case.move)
    whole = [table for table in case.tables() if table.oid in found.copied]
    assert [table.name for table in whole] == ["a", "b"]
    case.write("a", 4)
    case.write("c", 5)
    case.target.begin_copies(case.move, found.position, keep=whole)
    case.source.publish(case.move, whole)
    case.target.restore_keys(case.move, case.tables(), lambda _: None)
    case.target.subscribe(case.move)
    case.source.publish(case.move, case.tables())
    case.target.copy_more(case.move)
    case.awaits("a", [1, 2, 3, 4])
    case.awaits("c", [5])
    case.write("c", 6)
    case.awaits("c", [5, 6])
    case.target.restore_rest(case.move)
    assert case.target.facts(case.move).completed


def test_rows_of_an_earlier_snapshot_go(case):
    case.prepare()
    case.copied("a", "b")
    case.target.begin_copies(case.move, "0/99")
    found = case.target.facts(case.move)
    assert (found.copied, found.position) == (frozenset(), "0/99")
    assert case.read("a") == []


def test_a_copy_without_its_snapshot_fails(case):
    case.prepare()
    case.copied()
    with pytest.raises(NdcopsError):
        case.copies.copy(case.move, [TablePart(table=case.table("a"))], "00000003-00000002-1", lambda _: None)


def test_the_door_opens_as_the_source_had_it(case):
    case.prepare()
    for _ in range(2):
        assert case.target.open(case.move) == ("PUBLIC",)


def test_nothing_is_left(case):
    case.prepare()
    case.copied("a", "b", "c")
    case.complete()
    case.target.subscribe(case.move)
    for _ in range(2):
        case.target.remove(case.move)
        case.source.remove(case.move)
    source, target = case.source.facts(case.move), case.target.facts(case.move)
    assert (source.slot, target.exists, target.states) == (None, False, None)
    assert case.table(KEYLESS).identity == "d"
    case.write("b", 8)


def test_a_database_that_is_not_ours_stays(case):
    case.occupy()
    found = case.target.facts(case.move)
    assert (found.exists, found.ours, found.empty) == (True, False, False)
    with pytest.raises(Refused, match="not made by this move"):
        case.target.remove(case.move)


def test_how_busy_the_source_is(case):
    load = case.source.load(case.move)
    assert (load.active_sessions, load.standby_lag_bytes) == (0, 0)
