"""Writes change over between two real servers: under load, with kills, with intruders, and back with every row."""

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from ndcops.adapters.postgres_servers.restoring import PostgresRestores
from ndcops.adapters.postgres_servers.switching import PostgresClones, PostgresEnd
from ndcops.model.cutover import End
from ndcops.model.errors import Interrupted, NdcopsError, Refused
from ndcops.onboarding.ports import ProofLimits
from ndcops.onboarding.run.proving import CopyProver
from ndcops.wiring.proving import prover
from ndcops.workflow.runner import StepEvent
from tests.move_servers import NAME, MovePair, move_pair
from tests.switch_clients import APPLICATION
from tests.switch_rounds import Arena, Kill, arena, settle
from tests.switch_runs import SwitchRun, rehearsing

pytestmark = [pytest.mark.live, pytest.mark.slow]

KILLS = (None, Kill("source", 0.05, 0.1), Kill("ndcops", 0.1, 0.0))


@pytest.fixture(scope="module")
def field() -> Iterator[Arena]:
    with move_pair() as pair, arena(pair) as found:
        yield found


@pytest.mark.parametrize("kill", KILLS, ids=["undisturbed", "source killed", "ndcops killed"])
def test_no_acknowledged_commit_is_lost_there_and_back(field: Arena, kill: Kill | None) -> None:
    field.begin()
    with field.clients() as log:
        settle(0.3)
        change = field.change(End.SOURCE, kill)
        settle(0.3)
        if kill is None:  # the way back under load too
            change = field.change(End.TARGET)
            settle(0.3)
    seen = field.judged(log, field.pair.source if kill is None else field.pair.target, change)
    if kill is not None:
        field.change(End.TARGET)
        assert field.judged(log, field.pair.source, change).is_clean
    assert seen.is_clean, seen
    assert seen.acknowledged > 50


@pytest.fixture
def pair(field: Arena, tmp_path: Path) -> Iterator[MovePair]:
    """Equal rows at both ends and the stream; taken away again."""
    field.begin()
    yield field.pair
    names = field.pair.move.names
    for server, subscription in (
        (field.pair.target, names.subscription),
        (field.pair.source, names.reverse_subscription),
    ):
        with server.connect(NAME) as session:
            session.execute("SET default_transaction_read_only = off")
            if session.execute("SELECT 1 FROM pg_subscription WHERE subname = %s", [subscription]).fetchone():
                session.execute(f'ALTER SUBSCRIPTION "{subscription}" DISABLE')
                session.execute(f'ALTER SUBSCRIPTION "{subscription}" SET (slot_name = NONE)')
                session.execute(f'DROP SUBSCRIPTION "{subscription}"')
    for server in (field.pair.source, field.pair.target):
        with server.connect(NAME) as session:
            session.execute("SET default_transaction_read_only = off")
            session.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"
            )
            for (name,) in session.execute("SELECT pubname FROM pg_publication").fetchall():
                session.execute(f'DROP PUBLICATION "{name}"')


def writes(pair: MovePair, end: End) -> bool:
    """Whether an application may write there."""
    server = pair.source if end is End.SOURCE else pair.target
    try:
        with server.connect(NAME, APPLICATION) as session:
            session.execute("UPDATE accounts SET balance = balance WHERE aid = 0")
    except psycopg.Error:
        return False
    return True


def test_a_door_that_a_killed_run_left_barred_is_found_by_a_service_files_name(
    pair: MovePair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = tmp_path / "services"
    service.write_text(f"[x]\nhost=127.0.0.1\nport={pair.source.port}\ndbname={NAME}\nuser=postgres\n")
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    schema = pair.move.names.schema
    killed = PostgresEnd("service=x", schema)
    killed.make_room()
    killed.lock_out("run")
    assert killed.bar_door()
    killed.close()
    found = PostgresEnd("service=x", schema)
    assert found.database() == NAME
    assert found.fence().fenced
    found.lift()
    found.close()
    assert writes(pair, End.SOURCE)


def test_who_was_let_in_behind_a_fence_is_put_out_again_and_not_remembered(pair: MovePair) -> None:
    end = PostgresEnd(pair.source.words(), pair.move.names.schema)
    end.make_room()
    with pair.source.connect() as session:
        before = session.execute("SELECT datacl FROM pg_database WHERE datname = %s", [NAME]).fetchone()
        end.lock_out("run")
        session.execute(f'GRANT CONNECT ON DATABASE "{NAME}" TO "{APPLICATION}"')
        assert pair.source.connect(NAME, APPLICATION).close() is None
        end.lock_out("run")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            pair.source.connect(NAME, APPLICATION)
        end.lift()
        after = session.execute("SELECT datacl FROM pg_database WHERE datname = %s", [NAME]).fetchone()
    end.close()
    assert writes(pair, End.SOURCE)
    assert before is not None
    assert after is not None
    assert before[0] is None or sorted(before[0]) == sorted(after[0])


def test_large_objects_go_over_and_come_back(pair: MovePair, tmp_path: Path) -> None:
    with pair.source.connect(NAME) as session:
        session.execute("SELECT lo_from_bytea(7001, 'one'), lo_from_bytea(7002, 'two')")
    run = SwitchRun(pair.move, End.SOURCE, tmp_path / "run.jsonl")
    run.run()
    run.close()
    with pair.target.connect(NAME) as session:
        assert session.execute("SELECT lo_get(7001), lo_get(7002)").fetchone() == (b"one", b"two")
        session.execute("SELECT lo_unlink(7001), lo_put(7002, 0, 'TWO')")
    go_back(pair, tmp_path)
    with pair.source.connect(NAME) as session:
        left = session.execute("SELECT oid::int, lo_get(oid) FROM pg_largeobject_metadata").fetchall()
        session.execute("SELECT lo_unlink(7002)")
    assert left == [(7002, b"TWO")]


def test_copies_for_a_rehearsal_stream_when_they_are_handed_over(pair: MovePair) -> None:
    """Found in the demo: a busy server began to read seconds later, and the rehearsal was refused."""
    clones = PostgresClones()
    try:
        clone = clones.make(pair.move)
        with pair.target.connect() as session:
            slots = session.execute(
                "SELECT active FROM pg_replication_slots WHERE slot_name = %s", [clone.names.slot]
            )
            assert slots.fetchall() == [(True,)]
    finally:
        clones.remove(pair.move)


def test_a_rehearsal_goes_both_ways_on_copies_and_leaves_nothing(pair: MovePair, tmp_path: Path) -> None:
    found = rehearsing(tmp_path).rehearsed_on_copies(pair.move, as_of=date(2026, 3, 1), say=lambda _: None)
    assert found.writer.confirmed > 0
    assert found.writer.lost == 0
    with pair.target.connect() as session:
        names = session.execute("SELECT datname FROM pg_database WHERE datname LIKE 'ndcops%'").fetchall()
        slots = session.execute("SELECT slot_name FROM pg_replication_slots").fetchall()
        streams = session.execute("SELECT subenabled FROM pg_subscription").fetchall()
    assert (names, slots, streams) == ([], [], [(True,)])


def test_a_restore_elsewhere_is_compared_row_by_row(pair: MovePair) -> None:
    restores, schema = PostgresRestores(), pair.move.names.schema
    with pair.target.connect(NAME) as session:
        session.execute("SET default_transaction_read_only = off")
        session.execute("INSERT INTO receipts (id, client, number) SELECT g, 1, g FROM generate_series(1, 50) g")
    proofs = CopyProver(prover(ProofLimits(), stop=threading.Event(), on_progress=lambda *_: None))
    with restores.restored(pair.target.words(), schema, pair.source.words("postgres")) as copy:
        with pair.target.connect(NAME) as session:
            session.execute("SET default_transaction_read_only = off")
            session.execute("DELETE FROM receipts WHERE id = 7")
        found = proofs.compare(pair.target.words(), copy, ours=schema)
        assert (found.rows, found.differing) == (1050, ())
        with psycopg.connect(copy.words, autocommit=True) as session:
            session.execute("UPDATE receipts SET number = -1 WHERE id = 9")
            session.execute("DROP SEQUENCE tickets")
        found = proofs.compare(pair.target.words(), copy, ours=schema)
    assert any(line.startswith("public.receipts: 1 rows differ") for line in found.differing)
    assert any("tickets" in line for line in found.differing)
    with pair.source.connect() as session:
        left = session.execute("SELECT 1 FROM pg_database WHERE datname LIKE 'ndcops_restore%'").fetchone()
    assert left is None
    assert not restores.is_same_server(pair.target.words(), pair.source.words())
    assert restores.is_same_server(pair.target.words(), pair.target.words("postgres"))


def go_back(pair: MovePair, tmp_path: Path) -> None:
    back = SwitchRun(pair.move, End.TARGET, tmp_path / "back.jsonl")
    back.run()
    back.close()


def test_a_superusers_write_behind_the_fence_stops_it_and_all_is_taken_back(
    pair: MovePair, tmp_path: Path
) -> None:
    def intrude(event: StepEvent) -> None:
        if (event.key, event.state) == ("x-db/drain", "done"):
            run.ends[End.SOURCE].unbar_door()  # as where ALLOW_CONNECTIONS cannot be set
            with pair.source.connect(NAME) as session:
                session.execute("SET default_transaction_read_only = off")
                session.execute("INSERT INTO history (client, number, delta) VALUES (-7, 1, 0)")

    run = SwitchRun(pair.move, End.SOURCE, tmp_path / "run.jsonl", on_step=intrude)
    with pytest.raises(Refused, match="taken back") as caught:
        run.run()
    run.close()
    assert any("public.history" in line for line in caught.value.details)
    assert (writes(pair, End.SOURCE), writes(pair, End.TARGET)) == (True, False)


def test_a_write_after_the_opening_is_found_by_the_last_look(pair: MovePair, tmp_path: Path) -> None:
    def intrude(event: StepEvent) -> None:
        if (event.key, event.state) == ("x-db/smoke", "running") and not event.line:
            with pair.source.connect(NAME) as session:
                session.execute("SET default_transaction_read_only = off")
                session.execute("INSERT INTO history (client, number, delta) VALUES (-8, 1, 0)")

    run = SwitchRun(pair.move, End.SOURCE, tmp_path / "run.jsonl", on_step=intrude)
    with pytest.raises(NdcopsError, match="steps failed") as caught:
        run.run()
    run.close()
    assert any("behind its fence" in line for line in caught.value.details)
    go_back(pair, tmp_path)
    with pair.source.connect(NAME) as session:
        assert session.execute("SELECT count(*) FROM history WHERE client = -8").fetchone() == (1,)
        assert session.execute("SELECT slot_name FROM pg_replication_slots").fetchall() == []


def test_a_prepared_transaction_is_refused_before_anything_stops(pair: MovePair, tmp_path: Path) -> None:
    with pair.source.connect(NAME) as session:
        session.execute(
            "BEGIN; INSERT INTO history (client, number, delta) VALUES (-9, 1, 0); PREPARE TRANSACTION 'p'"
        )
        run = SwitchRun(pair.move, End.SOURCE, tmp_path / "run.jsonl")
        with pytest.raises(Refused, match="not cut over") as caught:
            run.run()
        run.close()
        session.execute("ROLLBACK PREPARED 'p'")
    assert any("prepared" in line for line in caught.value.details)
    assert writes(pair, End.SOURCE)


def test_ctrl_c_inside_the_pause_takes_back(pair: MovePair, tmp_path: Path) -> None:
    def stop(event: StepEvent) -> None:
        if (event.key, event.state) == ("x-db/fence", "done"):
            run.stop.set()

    run = SwitchRun(pair.move, End.SOURCE, tmp_path / "run.jsonl", on_step=stop)
    with pytest.raises(Interrupted, match="taken back"):
        run.run()
    run.close()
    assert (writes(pair, End.SOURCE), writes(pair, End.TARGET)) == (True, False)
    again = SwitchRun(pair.move, End.SOURCE, tmp_path / "again.jsonl")
    again.run()
    assert (writes(pair, End.SOURCE), writes(pair, End.TARGET)) == (False, True)
    again.close()
    go_back(pair, tmp_path)


def test_two_operators_at_once_are_refused(pair: MovePair, tmp_path: Path) -> None:
    held = threading.Event()

    def wait(event: StepEvent) -> None:
        held.set()

    first = SwitchRun(pair.move, End.SOURCE, tmp_path / "first.jsonl", on_step=wait)
    first.facts()
    second = SwitchRun(pair.move, End.SOURCE, tmp_path / "second.jsonl")
    with pytest.raises(Refused, match="another ndcops"):
        second.run()
    second.close()
    first.close()


def test_sequences_go_on_where_they_were(pair: MovePair, tmp_path: Path) -> None:
    with pair.source.connect(NAME) as session:
        session.execute("SELECT setval('tickets', 4711, false)")
        session.execute("INSERT INTO receipts (client, number) SELECT 1, g FROM generate_series(1, 7) g")
        session.execute("DELETE FROM receipts")
    run = SwitchRun(pair.move, End.SOURCE, tmp_path / "run.jsonl")
    run.run()
    run.close()
    with pair.target.connect(NAME) as session:
        assert session.execute("SELECT nextval('tickets')").fetchone() == (4711,)
        taken = session.execute("INSERT INTO receipts (client, number) VALUES (1, 8) RETURNING id").fetchone()
        assert taken == (8,)  # not max(id) + 1: numbers that were given out and deleted are not given again
    go_back(pair, tmp_path)
    with pair.source.connect(NAME) as session:
        assert session.execute("SELECT nextval('tickets')").fetchone() == (4712,)
