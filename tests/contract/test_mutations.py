"""Every sort of difference once, named exactly by a proof over real PostgreSQL; some under a live stream."""

import time
from collections.abc import Iterator
from random import Random

import pytest

from ndcops.model.move_names import names_of
from ndcops.model.proving import Direction, HashMethod, Verdict
from ndcops.onboarding.run.proving import walk
from tests.mutations import live
from tests.mutations.rounds import LIES, SOURCE, TARGET, chosen, move, pair, prepare, prover, still_round
from tests.mutations.row_lies import ROW_LIES
from tests.postgres_source import PostgresSource, postgres_source

_A_ROUND = 20


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresSource]:
    with postgres_source(wal_level="logical", shared_buffers="128MB") as running:
        prepare(running)
        yield running


def test_two_equal_databases_are_the_same(server):
    outcome = still_round(server, (), "control")
    assert (outcome.found.verdict, outcome.found.undecided, outcome.found.differences) == (Verdict.SAME, (), 0)
    assert outcome.found.foreign_keys_checked == 1
    assert outcome.found.large_objects_compared == 40
    assert outcome.found.sequences_compared == 21


def test_every_sort_of_lie_is_named_and_nothing_else(server):
    waiting, rounds = chosen(LIES, len(LIES), Random(8)), 0
    while waiting:
        outcome = still_round(server, waiting[:_A_ROUND], f"every/{rounds}")
        assert (outcome.missed, outcome.false, outcome.found.undecided) == ((), (), ())
        assert outcome.found.verdict is Verdict.DIFFERENT
        assert outcome.lies
        waiting = [lie for lie in waiting if lie.name not in outcome.lies]
        rounds += 1


@pytest.mark.parametrize("method", [HashMethod.TEXT, HashMethod.SHA256])
def test_servers_whose_own_hashes_differ_are_compared_by_text(server, method, monkeypatch):
    monkeypatch.setattr(walk, "method_for", lambda source, target: method)
    outcome = still_round(server, ROW_LIES, f"by {method}")
    assert (outcome.missed, outcome.false, outcome.found.undecided) == ((), (), ())
    assert {table.method for table in outcome.found.tables} == {method}


def test_another_encoding_is_compared_by_what_it_means(server):
    statements = (
        "CREATE TABLE t (id int PRIMARY KEY, t text)",
        "INSERT INTO t VALUES (1, 'é'), (2, 'a'), (3, '')",
    )
    names = {"latin": "LATIN1", "unicode": "UTF8"}
    for name, encoding in names.items():
        with server.connect() as session:
            session.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0".encode())
        with server.connect(name) as session:
            session.execute("SET client_encoding = 'UTF8'")
            for statement in statements:
                session.execute(statement.encode())
    ends = move(server.connection("latin"), server.connection("unicode"))
    found = prover().prove(ends)
    assert (found.verdict, found.tables[0].method) == (Verdict.SAME, HashMethod.SHA256)
    with server.connect("unicode") as session:
        session.execute("UPDATE t SET t = 'è' WHERE id = 1")
    (table,) = prover().prove(ends).tables
    assert [one.key for one in table.listed] == [("1",)]


def test_under_a_live_stream_lies_are_named_and_rows_in_flight_are_not(server):
    with live.live_world(server, "sample") as world:
        time.sleep(0.5)
        control = world.round(())
        assert (control.found.verdict, control.false, control.found.undecided) == (Verdict.SAME, (), ())
        assert control.found.direction is Direction.FORWARD
        lies = chosen(live.LIES, 20, Random(9))
        for start in (0, 10):
            outcome = world.round(lies[start : start + 10])
            assert (outcome.missed, outcome.false, outcome.found.undecided) == ((), (), ())
        assert sum(world.writes) > 20


def test_after_the_cut_over_the_target_leads_and_the_source_follows(server):
    names = names_of("bo-tu-phap", "y")
    way = live.Way(names.reverse_publication, names.reverse_slot, names.reverse_subscription)
    ends = move(server.connection(SOURCE), server.connection(TARGET))
    with pair(server) as (source, target), live.streaming(target, server.connection(TARGET), source, way):
        target.execute("UPDATE kinds SET t = 'sau' WHERE id % 2 = 0")
        target.execute("SELECT setval('so_1', 200)")
        found = prover().prove(ends)
        assert (found.verdict, found.direction, found.sequences) == (Verdict.SAME, Direction.REVERSE, ())
        source.execute("SET session_replication_role = replica")
        source.execute("DELETE FROM kinds WHERE id = 1")
        source.execute("UPDATE nhat_ky SET viec = 'khác' WHERE ctid = '(0,1)'")
        found = prover().prove(ends)
        kinds = {one.table: sorted(str(each.kind) for each in one.listed) for one in found.tables if one.listed}
        assert kinds == {"public.kinds": ["extra"], "public.nhat_ky": ["extra", "missing"]}
