"""A database with everything in it: seeded, rehearsed, cut over, written to, taken back, by the commands' code."""

import time
from datetime import date
from pathlib import Path

import psycopg
import pytest

from ndcops.adapters.postgres_servers.moving import PostgresTarget
from ndcops.model.cutover import End
from tests import seed_runs
from tests.moving_database import LATER, fill, move_between, rows_of
from tests.postgres_source import postgres_source
from tests.switch_runs import SwitchRun, rehearsing

pytestmark = [pytest.mark.live, pytest.mark.slow]

FIFTEEN = Path("/usr/lib/postgresql/15/bin")
NAME = "Cơ sở dữ liệu"


def change(move: seed_runs.Move, leaving: End, path: Path) -> None:
    run = SwitchRun(move, leaving, path, give_door=PostgresTarget(path.parent / "seed").open)
    try:
        run.run()
    finally:
        run.close()


def settings_of(words: str) -> list[list[str]]:
    """What is set for the database and everybody, beside the fence's own."""
    with psycopg.connect(words) as session:
        rows = session.execute(
            "SELECT array_agg(d.datname || ': ' || c) FROM pg_db_role_setting s JOIN pg_database d "
            "ON d.oid = s.setdatabase, unnest(s.setconfig) c WHERE d.datname = current_database()"
        ).fetchall()
    return [found for (found,) in rows if found]


@pytest.mark.skipif(not FIFTEEN.is_dir(), reason="needs Debian's PostgreSQL 15")
def test_from_fifteen_to_eighteen_and_back(tmp_path: Path) -> None:
    with (
        postgres_source(FIFTEEN, wal_level="logical") as source,
        postgres_source(wal_level="logical") as target,
    ):
        fill(source, NAME)
        with psycopg.connect(source.connection(NAME), autocommit=True) as session:
            session.execute(f'ALTER DATABASE "{NAME}" SET search_path = public, pg_catalog')
        move = move_between(source, target, NAME)
        seed_runs.run(seed_runs.propose(move, tmp_path / "seed"), tmp_path / "seed")
        rehearsed = rehearsing(tmp_path).rehearsed_on_copies(move, as_of=date(2026, 3, 1), say=lambda _: None)
        assert (rehearsed.writer.lost, rehearsed.writer.confirmed > 0) == (0, True)
        with psycopg.connect(move.source, autocommit=True) as session:
            session.execute(LATER)
        change(move, End.SOURCE, tmp_path / "there.jsonl")
        assert rows_of(move.target) == rows_of(move.source)
        assert settings_of(move.target) == [[f"{NAME}: search_path=public, pg_catalog"]]
        with psycopg.connect(move.target, autocommit=True) as session:
            session.execute("INSERT INTO dan (\"Họ tên\") VALUES ('Ở trung tâm')")
            session.execute("UPDATE khong_khoa SET b = 'về' WHERE a = 4")
            session.execute("DELETE FROM theo_nam WHERE id = 7")
            session.execute("SELECT nextval('so_bien_nhan'), lo_put(70001, 0, '?')")
        time.sleep(0.1)
        change(move, End.TARGET, tmp_path / "back.jsonl")
        assert rows_of(move.source) == rows_of(move.target)
        with psycopg.connect(move.source, autocommit=True) as session:
            taken = session.execute("SELECT nextval('so_bien_nhan'), lo_get(70001, 0, 1)").fetchone()
            session.execute("INSERT INTO dan (\"Họ tên\") VALUES ('Lại ở cơ quan')")
        assert taken == (1014, b"?")
