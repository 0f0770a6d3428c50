"""What a proof counts on in one side: the fake and real PostgreSQL judged by the same checks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from ndcops.adapters.postgres_servers.proving import PostgresProvenDatabases
from ndcops.model.proving import HashMethod, ItemState, ProvenTable, RowForm, Slice
from ndcops.onboarding.plan.proving.buckets import added, differing
from ndcops.onboarding.plan.proving.forms import form_of
from ndcops.onboarding.plan.proving.slicing import slices_of
from ndcops.onboarding.ports import ProofLimits, ProvenDatabase
from tests.fakes.proven_databases import FakeDatabase, FakeDatabases
from tests.postgres_source import PostgresSource, postgres_source

ROWS = 100


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresSource]:
    with postgres_source() as running:
        yield running


@dataclass
class Case:
    side: ProvenDatabase
    write: Callable[[int, str | None], None]
    delete: Callable[[int], None]
    at_moment: Callable[[], AbstractContextManager[ProvenDatabase]]
    """The side again, all of it as it is now, whatever is written afterwards."""

    def table(self) -> tuple[ProvenTable, RowForm]:
        found = next(one for one in self.side.facts(ours="ours").tables if one.name == "t")
        return found, form_of(found, found, HashMethod.RECORD, 7)


@pytest.fixture(params=["fake", "real"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    if request.param == "fake":
        fake = FakeDatabase("source", objects={5: "a", 3: "b"})
        for key in range(1, ROWS + 1):
            fake.write("t", key, f"x{key}")
        known = FakeDatabases({"source": fake})
        yield Case(
            fake,
            lambda key, text: fake.write("t", key, text),
            lambda key: fake.delete("t", key),
            lambda: known.open("source", "source", ProofLimits(), moment=known.export("source")),
        )
        return
    running: PostgresSource = request.getfixturevalue("server")
    with running.connect() as session:
        session.execute("DROP DATABASE IF EXISTS one WITH (FORCE)")
    running.create("one")
    with running.connect("one") as session:
        session.execute("CREATE TABLE t (id int PRIMARY KEY, t text)")
        session.execute(f"INSERT INTO t SELECT g, 'x' || g FROM generate_series(1, {ROWS}) g".encode())
        session.execute("SELECT lo_from_bytea(5, 'a'), lo_from_bytea(3, 'b')")
        with PostgresProvenDatabases().open(running.connection("one"), "source", ProofLimits()) as side:
            yield Case(
                side,
                _writer(session),
                lambda key: _delete(session, key),
                lambda: _at_moment(running.connection("one")),
            )


@contextmanager
def _at_moment(connection: str) -> Iterator[ProvenDatabase]:
    """As another session exports it, which stays open meanwhile."""
    with psycopg.connect(connection) as exporter:
        exporter.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        row = exporter.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        with PostgresProvenDatabases().open(connection, "source", ProofLimits(), moment=row[0]) as side:
            yield side


def _writer(session: psycopg.Connection) -> Callable[[int, str | None], None]:
    query = sql.SQL("INSERT INTO t VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET t = excluded.t")

    def write(key: int, text: str | None) -> None:
        session.execute(query, [key, text])

    return write


def _delete(session: psycopg.Connection, key: int) -> None:
    session.execute("DELETE FROM t WHERE id = %s", [key])


def buckets(case: Case):
    table, form = case.table()
    slices = [one.piece for one in slices_of(table, 1, sliced=True)]
    done: list[int] = []
    with case.side.snapshot() as moment:
        found = added(moment.scan(table, form, slices, done.append))
    assert done == list(range(len(slices)))
    return found


def test_the_same_rows_give_the_same_sums_and_one_value_another(case):
    before = buckets(case)
    assert sum(bucket.rows for bucket in before.values()) == ROWS
    case.write(7, "x7")
    assert differing(before, buckets(case)) == ()
    case.write(7, "")
    empty = buckets(case)
    case.write(7, None)
    assert differing(before, empty)
    assert differing(empty, buckets(case))


def test_a_snapshot_stays_in_its_moment(case):
    table, form = case.table()
    with case.side.snapshot() as moment:
        case.write(5, "later")
        case.delete(6)
        numbers = range(form.buckets)
        assert sum(1 for _ in moment.rows(table, form, list(numbers))) == ROWS
    with case.side.snapshot() as moment:
        assert sum(1 for _ in moment.rows(table, form, list(numbers))) == ROWS - 1


def test_a_side_that_is_opened_at_a_moment_shows_nothing_later(case):
    table, form = case.table()
    before = buckets(case)
    with case.at_moment() as then:
        case.write(5, "later")
        case.delete(6)
        slices = [one.piece for one in slices_of(table, 1, sliced=True)]
        for _ in range(2):
            with then.snapshot() as moment:
                assert added(moment.scan(table, form, slices, lambda place: None)) == before
        assert [one.oid for one in then.large_objects()] == [3, 5]
        assert [one.name for one in then.facts(ours="ours").tables] == ["t"]


def test_rows_of_buckets_come_by_hash_with_their_keys(case):
    table, form = case.table()
    with case.side.snapshot() as moment:
        found = list(moment.rows(table, form, list(range(form.buckets))))
        some = list(moment.rows(table, form, [0, 1]))
    assert [row.hash for row in found] == sorted(row.hash for row in found)
    assert {row.key for row in found} == {(str(key),) for key in range(1, ROWS + 1)}
    assert some == [row for row in found if row.hash & (form.buckets - 1) in (0, 1)]


def test_looks_tell_whether_rows_were_touched(case):
    table, form = case.table()
    first = case.side.look(table, form, [("7",), ("8",), ("999",)])
    assert [state.rows for state in first] == [1, 1, 0]
    assert first[2] == ItemState(0, 0, 0)
    case.write(7, "x7")
    then = case.side.look(table, form, [("7",), ("8",), ("999",)])
    assert then[0].is_like(first[0])
    assert then[0].version != first[0].version
    assert then[1:] == first[1:]
    case.write(7, "other")
    assert not case.side.look(table, form, [("7",)])[0].is_like(first[0])


def test_a_look_has_the_hash_of_the_scan(case):
    table, form = case.table()
    with case.side.snapshot() as moment:
        found = {row.key: row.hash for row in moment.rows(table, form, list(range(form.buckets)))}
    keys = [("1",), ("50",)]
    assert [state.hash for state in case.side.look(table, form, keys)] == [found[key] for key in keys]


def test_the_position_grows_with_writes(case):
    before = case.side.position()
    case.write(1, "grown")
    assert case.side.position() > before


def test_large_objects_come_by_oid(case):
    assert [one.oid for one in case.side.large_objects()] == [3, 5]
    assert len({one.sha256 for one in case.side.large_objects()}) == 2


def test_no_stream_is_none(case):
    assert case.side.stream("nothing") is None
    assert case.side.subscription("nothing") is None


def test_a_nudge_writes_no_row(case):
    before = buckets(case)
    case.side.nudge()
    assert buckets(case) == before


def test_slices_read_by_several_sessions_are_of_one_moment(server):
    with server.connect() as session:
        session.execute("DROP DATABASE IF EXISTS sliced WITH (FORCE)")
    connection = server.create("sliced")
    with server.connect("sliced") as session:
        session.execute("CREATE TABLE t (id int PRIMARY KEY, t text)")
        session.execute("INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 2000) g")
        with PostgresProvenDatabases().open(connection, "source", ProofLimits(lanes=3)) as side:
            (table,) = side.facts(ours="ours").tables
            form = form_of(table, table, HashMethod.RECORD, 7)
            pieces = [Slice(0, first, first + 3) for first in range(0, 30, 3)] + [Slice(0, 30, None)]
            with side.snapshot() as moment:
                whole = added(moment.scan(table, form, [Slice(0, 0, None)], lambda place: None))
                session.execute("UPDATE t SET t = 'later'")
                session.execute("INSERT INTO t VALUES (5000, 'later')")
                done: list[int] = []
                sliced = added(moment.scan(table, form, pieces, done.append))
    assert sliced == whole
    assert sorted(done) == list(range(len(pieces)))
