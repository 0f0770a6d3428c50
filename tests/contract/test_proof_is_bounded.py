"""A proof that is stopped, cut off, locked out or shut out ends soon, says so, and concludes nothing."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from ndcops.model.errors import Interrupted, NdcopsError, Refused
from ndcops.model.proving import Verdict
from ndcops.onboarding.ports import ProofLimits
from tests.mutations.rounds import move, prover
from tests.postgres_source import PostgresSource, postgres_source

ROWS = 20_000


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresSource]:
    with postgres_source() as running:
        for name in ("a", "b"):
            running.create(name)
            with running.connect(name) as session:
                session.execute("CREATE TABLE lon (id int PRIMARY KEY, t text)")
                session.execute(
                    f"INSERT INTO lon SELECT g, md5(g::text) FROM generate_series(1, {ROWS}) g".encode()
                )
                session.execute("CREATE TABLE khoa (id int PRIMARY KEY)")
                session.execute("ANALYZE")
        yield running


def ends(server: PostgresSource, user: str = "postgres"):
    return move(*(server.connection(name).replace("user=postgres", f"user={user}") for name in ("a", "b")))


def test_ctrl_c_is_heard_in_the_middle(server):
    proof = prover()
    started = time.monotonic()
    threading.Timer(0.5, proof.stop.set).start()
    slow = replace(proof, on_progress=lambda what, done, of: time.sleep(0.3))
    with pytest.raises(Interrupted):
        slow.prove(ends(server))
    assert time.monotonic() - started < 30
    assert _sessions(server) == 0


def test_a_side_that_goes_away_is_named(server):
    def cut(what: str, done: int, of: int) -> None:
        with server.connect() as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = 'b' AND application_name = 'ndcops verify'"
            )

    with pytest.raises(NdcopsError, match="target b"):
        replace(prover(), on_progress=cut).prove(ends(server))


def test_while_a_table_is_altered_nothing_is_concluded(server):
    with server.connect("b") as session, session.transaction():
        session.execute("ALTER TABLE khoa ADD them int")
        with pytest.raises(Refused, match=r"nothing can be concluded: target b.*lock"):
            prover().prove(ends(server))
        session.execute("ALTER TABLE khoa DROP them")


def test_a_table_that_is_locked_meanwhile_is_undecided_and_the_others_are_compared(server):
    with server.connect("b") as session, session.transaction():

        def lock(what: str, done: int, of: int) -> None:
            session.execute("LOCK TABLE khoa IN ACCESS EXCLUSIVE MODE")

        found = replace(prover(ProofLimits(lanes=1)), on_progress=lock).prove(ends(server))
    assert found.verdict is Verdict.UNDECIDED
    assert [line for line in found.undecided if "lock" in line] == list(found.undecided)
    assert [table.source_rows for table in found.tables if table.table == "public.lon"] == [ROWS]


def test_without_rights_nothing_is_concluded(server):
    with server.connect() as session:
        session.execute("CREATE ROLE nobody_special LOGIN")
    found = prover().prove(ends(server, "nobody_special"))
    assert found.verdict is Verdict.UNDECIDED
    assert all("may not be read" in line for line in found.undecided)


def test_row_security_hides_nothing_silently(server):
    with server.connect() as session:
        session.execute("CREATE ROLE reader LOGIN")
    for name in ("a", "b"):
        with server.connect(name) as session:
            session.execute("GRANT SELECT ON lon, khoa TO reader")
            session.execute("ALTER TABLE khoa ENABLE ROW LEVEL SECURITY")
    found = prover().prove(ends(server, "reader"))
    assert [line for line in found.undecided if "khoa" in line] == [
        "public.khoa: source: row security hides rows from this account"
    ]


def test_whole_tables_of_differences_are_counted_in_little_memory(server):
    with server.connect("b") as session:
        session.execute("UPDATE lon SET t = t || ' ' WHERE id > 100")
    try:
        found = prover().prove(ends(server))
        (table,) = (one for one in found.tables if one.table == "public.lon")
        assert table.differing_rows == ROWS - 100
        assert len(table.listed) == 10_000
        assert found.verdict is Verdict.DIFFERENT
    finally:
        with server.connect("b") as session:
            session.execute("UPDATE lon SET t = rtrim(t) WHERE id > 100")


def _sessions(server: PostgresSource) -> int:
    deadline = time.monotonic() + 10
    while True:
        with psycopg.connect(server.connection()) as session:
            row = session.execute(
                sql.SQL("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ndcops verify'")
            ).fetchone()
        assert row is not None
        if row[0] == 0 or time.monotonic() > deadline:
            return int(row[0])
        time.sleep(0.1)
