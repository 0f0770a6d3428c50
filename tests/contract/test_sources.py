"""The same questions to live PostgreSQL and to the fake: what is told, what is counted, what is refused."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ndcops.adapters.postgres_servers.sources import PostgresSources
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.probe import ShareQuery
from ndcops.onboarding.ports import ProbeLimits, Sources
from tests.fakes.sources import FakeSources
from tests.postgres_source import PostgresSource, postgres_source

LIMITS = ProbeLimits(connect_s=2, statement_s=5, sample_rows=50)
NAME = "Sổ \"hộ tịch\" 'x'"
PEOPLE = [{"id": str(n), "so_cccd": f"{n:012d}" if n % 4 else None, "Họ tên": "Nguyễn Văn An"} for n in range(200)]
OTHERS = [{"id": str(n), "so_cccd": f"{n + 100:012d}"} for n in range(200)]
COUNT = 'SELECT count("so_cccd") AS good, count(*) AS total FROM public.people'


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresSource]:
    with postgres_source(wal_level="logical") as running:
        connection = running.create("thử nghiệm")
        assert connection
        with running.connect("thử nghiệm") as session:
            for name, rows in (("people", PEOPLE), (NAME, OTHERS)):
                quoted = '"' + name.replace('"', '""') + '"'
                columns = ", ".join(f'"{column}" text' for column in rows[0])
                session.execute(f"CREATE TABLE {quoted} ({columns}, PRIMARY KEY (id))")  # type: ignore[call-overload]
                with session.cursor().copy(f"COPY {quoted} FROM STDIN") as copy:  # type: ignore[call-overload]
                    for row in rows:
                        copy.write_row(list(row.values()))
        yield running


@dataclass(frozen=True)
class Case:
    sources: Sources
    connection: str
    nowhere: str


@pytest.fixture(params=["fake", "real"])
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "fake":
        fake = FakeSources({"dbname=x": {"people": PEOPLE, NAME: OTHERS}}, {COUNT: (150, 200)})
        return Case(fake, "dbname=x", "dbname=y")
    running: PostgresSource = request.getfixturevalue("server")
    real = PostgresSources(now=lambda: datetime.now(UTC))
    return Case(real, running.connection("thử nghiệm"), "host=127.0.0.1 port=1 user=x dbname=x")


def test_tables_columns_keys_and_rows(case):
    found = case.sources.probe(case.connection, LIMITS)
    assert sorted(table.name for table in found.tables) == sorted(["people", NAME])
    people = found.table("people")
    assert people is not None
    assert [column.name for column in people.columns] == ["id", "so_cccd", "Họ tên"]
    assert (people.primary_key, people.rows, people.rows_exact) == (("id",), 200, True)
    assert found.encoding == "UTF8"
    assert found.tables_without_key == ()


def test_samples_are_bounded_and_hold_no_nulls(case):
    people = case.sources.probe(case.connection, LIMITS).table("people")
    assert people is not None
    assert len(people.columns[0].sample) == 50
    assert 0 < len(people.columns[1].sample) < 50


def test_distinct_counts_over_places_once(case):
    found = case.sources.probe(case.connection, LIMITS)
    people, others = found.table("people"), found.table(f"public.{NAME}")
    assert people is not None
    assert others is not None
    count = case.sources.distinct
    assert count(case.connection, [(people, ["so_cccd"])], LIMITS) == 150
    assert count(case.connection, [(people, ["so_cccd"]), (others, ["so_cccd"])], LIMITS) == 275
    assert count(case.connection, [(people, [])], LIMITS) == 200
    assert count(case.connection, [(people, ["Họ tên"])], LIMITS) == 1


def test_shares_are_answered_in_order_and_a_bad_one_alone_fails(case):
    queries = [ShareQuery(quality="sufficient", subject="x", sql=sql) for sql in (COUNT, "SELECT nonsense")]
    first, second = case.sources.shares(case.connection, queries, LIMITS)
    assert (first.good, first.total, first.problem) == (150, 200, "")
    assert second.problem
    assert second.good is None


def test_a_source_that_refuses(case):
    with pytest.raises(NdcopsError, match="no connection"):
        case.sources.probe(case.nowhere, LIMITS)


@pytest.mark.parametrize("connection", ["host=x password=geheim", "geheim"])
def test_bad_words_are_not_repeated(case, connection):
    with pytest.raises(InvalidInput) as caught:
        case.sources.check(connection)
    assert "geheim" not in str((caught.value.message, caught.value.details, caught.value.resolution))


def real() -> PostgresSources:
    return PostgresSources(now=lambda: datetime.now(UTC))


def test_a_source_that_takes_the_connection_and_says_nothing():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        began = time.monotonic()
        with pytest.raises(NdcopsError, match="no connection"):
            real().probe(f"host=127.0.0.1 port={listener.getsockname()[1]} user=x dbname=x", LIMITS)
        assert time.monotonic() - began < 30


def test_a_server_that_freezes_is_given_up(server, monkeypatch):
    limits = ProbeLimits(connect_s=2, statement_s=1)
    backends = []

    def freeze(*_: Any) -> dict[str, Any]:
        with server.connect() as session:
            row = session.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'ndcops assess'")
            backends.extend(int(one[0]) for one in row.fetchall())
        for backend in backends:
            os.kill(backend, signal.SIGSTOP)
        return {}

    from ndcops.adapters.postgres_servers.sources import adapter

    def frozen(session: Any, **_: Any) -> None:
        freeze()
        session.row("SELECT 1 AS one")

    monkeypatch.setattr(adapter, "read_database", frozen)
    try:
        with pytest.raises(NdcopsError, match="connection was lost"):
            real().probe(server.connection("thử nghiệm"), limits)
    finally:
        for backend in backends:
            os.kill(backend, signal.SIGCONT)


def test_a_long_count_is_given_up_and_said(server):
    with server.connect("thử nghiệm") as session:
        session.execute(
            "CREATE VIEW slow AS SELECT pg_sleep(0.2)::text AS so_cccd, n FROM generate_series(1, 1000) n"
        )
    limits = ProbeLimits(statement_s=1)
    found = real().probe(server.connection("thử nghiệm"), limits)
    people = found.tables[0].model_copy(update={"name": "slow"})
    assert real().distinct(server.connection("thử nghiệm"), [(people, ["so_cccd"])], limits) is None


def test_a_source_is_only_read(server):
    query = ShareQuery(
        quality="clean", subject="x", sql="DELETE FROM public.people RETURNING 1 AS good, 1 AS total"
    )
    answer = real().shares(server.connection("thử nghiệm"), [query], LIMITS)[0]
    assert "read-only" in answer.problem


def test_what_the_account_may_not_read_is_named(server):
    with server.connect("thử nghiệm") as session:
        session.execute("CREATE ROLE guest LOGIN")
    connection = server.connection("thử nghiệm").replace("user=postgres", "user=guest")
    found = real().probe(connection, LIMITS)
    assert any("people: its rows may not be read" in hidden for hidden in found.hidden)
    assert not found.settings.may_replicate
    assert all(column.sample == () for table in found.tables for column in table.columns)
