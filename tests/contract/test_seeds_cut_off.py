"""Seeds that end in the middle: killed, stopped, out of disk, without their slot; the next run goes on."""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from ndcops.adapters.postgres_servers.moving import PostgresSource, PostgresTarget
from ndcops.model.errors import Interrupted, NdcopsError, Refused
from ndcops.onboarding.plan.moving.seeding import SeedStage
from ndcops.workflow.runner import StepEvent
from tests.conftest import small_disk
from tests.moving_database import move_between
from tests.postgres_source import PostgresSource as Server
from tests.postgres_source import postgres_source
from tests.seed_runs import propose, run, wait_until

BIG_ROWS = 40_000
"""About 20 MB: above what crosses in one batch."""


@pytest.fixture(scope="module")
def target() -> Iterator[Server]:
    with postgres_source(wal_level="logical") as running:
        yield running


@pytest.fixture(scope="module")
def source() -> Iterator[Server]:
    with postgres_source(wal_level="logical") as running:
        yield running


def big(source: Server, name: str) -> None:
    """Two large tables and a small one."""
    source.create(name)
    with source.connect(name) as session:
        for table in ("lon_1", "lon_2"):
            session.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, t text)".encode())
            session.execute(
                f"INSERT INTO {table} SELECT g, repeat('x', 500) FROM generate_series(1, {BIG_ROWS}) g".encode()
            )
        session.execute("CREATE TABLE nho (id int PRIMARY KEY, lon int REFERENCES lon_1)")
        session.execute("INSERT INTO nho SELECT g, g FROM generate_series(1, 100) g")
        session.execute("ANALYZE")


def sums(connection: str) -> list[tuple[object, ...]]:
    with psycopg.connect(connection) as session:
        return [
            session.execute(f"SELECT count(*), sum(hashtext(x::text)) FROM {table} x".encode()).fetchall()[0]
            for table in ("lon_1", "lon_2", "nho")
        ]


@pytest.mark.parametrize("victim", ["public.lon_2", "public.nho"])
def test_killed_in_the_middle_of_a_copy_it_goes_on_and_no_row_is_lost_or_doubled(
    source: Server, target: Server, tmp_path: Path, victim: str
):
    name = victim.removeprefix("public.")
    big(source, name)
    move = move_between(source, target, name)
    command = [sys.executable, "-m", "tests.seed_runs", move.model_dump_json(), str(tmp_path), victim]
    died = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert died.returncode == -9, died.stderr
    try:
        with source.connect(name) as session:
            session.execute("UPDATE lon_1 SET t = 'sau' WHERE id % 7 = 0; DELETE FROM lon_2 WHERE id % 9 = 0")
            session.execute("INSERT INTO nho VALUES (1001, 3)")
        again = propose(move, tmp_path)
        assert again.plan.facts["stage"] == SeedStage.KEPT
        run(again, tmp_path)
        wait_until(lambda: sums(move.source) == sums(move.target), "rows differ")
        assert PostgresSource().schema(move) == PostgresTarget(tmp_path).schema(move)
        assert [step.key for step in propose(move, tmp_path).plan.steps] == ["in step"]
    finally:
        PostgresTarget(tmp_path).remove(move)
        PostgresSource().remove(move)


def test_a_slot_that_somebody_dropped_begins_all_anew(source: Server, target: Server, tmp_path: Path):
    source.create("roi")
    with source.connect("roi") as session:
        session.execute("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)")
        session.execute("CREATE TABLE b (a int PRIMARY KEY REFERENCES a); INSERT INTO b VALUES (1)")
    move = move_between(source, target, "roi")

    def end(event: StepEvent) -> None:
        if (event.key, event.state) == ("rest", "done"):
            raise CutOff

    with pytest.raises(CutOff):
        run(propose(move, tmp_path), tmp_path, width=1, on_step=end)
    PostgresSource().drop_slot(move)
    with source.connect("roi") as session:
        session.execute("INSERT INTO a VALUES (2)")
    again = propose(move, tmp_path)
    assert again.plan.facts["stage"] == SeedStage.ANEW
    run(again, tmp_path)
    with target.connect("roi") as session:
        assert session.execute("SELECT id FROM a ORDER BY 1").fetchall() == [(1,), (2,)]
        assert session.execute("SELECT a FROM b").fetchall() == [(1,)]
    PostgresTarget(tmp_path).remove(move)
    PostgresSource().remove(move)


class CutOff(BaseException):
    """Stands for the end of the process: nothing after it is done, and every connection ends."""


CUTS = (
    ("guard", "running"),
    ("tables", "done"),
    ("snapshot", "running"),
    ("snapshot", "done"),
    ("copy public.a and 1 more", "done"),
    ("keys public.a and 1 more", "running"),
    ("rest", "done"),
    ("stream", "done"),
    ("finish", "running"),
)
"""Where another thing stays behind each time."""


def test_cut_off_before_or_after_a_step_it_goes_on(source: Server, target: Server, tmp_path: Path):
    source.create("cat")
    with source.connect("cat") as session:
        session.execute("CREATE TABLE a (id int PRIMARY KEY, t text); CREATE TABLE b (a int REFERENCES a, t text)")
        session.execute("INSERT INTO a SELECT g, 'x' FROM generate_series(1, 50) g; INSERT INTO b SELECT 1, 'y'")
        session.execute("SELECT lo_from_bytea(5, 'abc')")
    move = move_between(source, target, "cat")
    assert {key for key, _ in CUTS} <= {step.key for step in propose(move, tmp_path).plan.steps}
    written = 100
    for number, cut in enumerate(CUTS):

        def end(event: StepEvent, cut: tuple[str, str] = cut) -> None:
            if (event.key, event.state) == cut:
                raise CutOff

        with pytest.raises(CutOff):
            run(propose(move, tmp_path), tmp_path, width=1, on_step=end)
        with source.connect("cat") as session:
            written += 1
            session.execute(f"INSERT INTO a VALUES ({written}, 'z'); UPDATE b SET t = '{number}'".encode())
        run(propose(move, tmp_path), tmp_path)
        question = "SELECT (SELECT string_agg(x::text, ',' ORDER BY id) FROM a x), (SELECT t FROM b)"
        with source.connect("cat") as here, target.connect("cat") as there:
            wait_until(
                lambda: here.execute(question).fetchall() == there.execute(question).fetchall(),  # noqa: B023
                f"rows differ after {cut}",
            )
            assert there.execute("SELECT lo_get(5)").fetchone() == (b"abc",)
        PostgresTarget(tmp_path).remove(move)
        PostgresSource().remove(move)


def test_ctrl_c_ends_a_copy_at_once_and_the_next_run_goes_on(source: Server, target: Server, tmp_path: Path):
    big(source, "dung")
    move = move_between(source, target, "dung")
    stop = threading.Event()
    try:
        with pytest.raises(Interrupted):
            run(propose(move, tmp_path), tmp_path, width=1, on_copied=lambda _: stop.set(), stop=stop)
        run(propose(move, tmp_path), tmp_path)
        wait_until(lambda: sums(move.source) == sums(move.target), "rows differ")
    finally:
        PostgresTarget(tmp_path).remove(move)
        PostgresSource().remove(move)


def test_a_disk_that_fills_at_the_target_is_named_and_with_room_it_goes_on(source: Server, tmp_path: Path):
    big(source, "day")
    with (
        small_disk(tmp_path / "disk", size="100m") as disk,
        postgres_source(place=disk, wal_level="logical", max_wal_size="32MB", min_wal_size="32MB") as target,
    ):
        move = move_between(source, target, "day")
        with pytest.raises(Refused) as caught:
            propose(move, tmp_path)
        assert "MiB free" in caught.value.details[0]
        (ballast := disk / "ballast").write_bytes(b"")
        subprocess.run(["mount", "-o", "remount,size=300m", str(disk)], check=True)
        proposal = propose(move, tmp_path)
        with ballast.open("wb") as file:
            free_bytes = shutil.disk_usage(disk).free - (20 << 20)
            file.write(bytes(free_bytes))
        with pytest.raises(NdcopsError) as failed:
            run(proposal, tmp_path, width=1)
        said = " ".join((failed.value.message, *failed.value.details))
        assert "No space left" in said or "connection was lost" in said
        ballast.unlink()
        with again(target):
            run(propose(move, tmp_path), tmp_path)
            wait_until(lambda: sums(move.source) == sums(move.target), "rows differ")
            PostgresTarget(tmp_path).remove(move)
            PostgresSource().remove(move)


@contextmanager
def again(server: Server) -> Iterator[None]:
    """The server, started once more when a full disk ended it (its log could not be written)."""
    ended = None if answers(server) else subprocess.Popen(server.process.args, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(server), "the target is back")
        yield
    finally:
        if ended is not None:
            ended.send_signal(signal.SIGINT)
            ended.wait(30)


def answers(server: Server) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True
