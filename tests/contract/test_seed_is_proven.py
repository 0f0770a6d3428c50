"""A whole seed, from an older release too, then a proof: the same, whatever each release writes otherwise."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ndcops.model.move import Move
from ndcops.model.proving import Direction, Verdict
from tests import seed_runs
from tests.moving_database import LATER, fill, move_between
from tests.mutations.rounds import prover
from tests.postgres_source import BIN, DEBIAN, postgres_source

DATABASE = "hộ tịch"
RELEASES = [
    pytest.param(BIN, id="18"),
    pytest.param(
        DEBIAN, id="15", marks=pytest.mark.skipif(not DEBIAN.exists(), reason="PostgreSQL 15 is Debian 12's")
    ),
]


@pytest.fixture(scope="module", params=RELEASES)
def seeded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Move]:
    folder: Path = tmp_path_factory.mktemp("seed")
    with (
        postgres_source(request.param, wal_level="logical") as source,
        postgres_source(wal_level="logical") as target,
    ):
        fill(source, DATABASE)
        move = move_between(source, target, DATABASE)
        seed_runs.run(seed_runs.propose(move, folder), folder)
        yield move


def test_what_was_seeded_is_the_same(seeded):
    found = prover().prove(seeded)
    assert found.undecided == ()
    assert [one for one in found.tables if one.differing_rows] == []
    assert found.catalog == ()
    assert found.orphans == ()
    assert (found.verdict, found.direction) == (Verdict.SAME, Direction.FORWARD)


def test_changes_that_streamed_are_the_same_and_a_lie_is_not(seeded):
    with psycopg.connect(seeded.source, autocommit=True) as session:
        session.execute(LATER)
    assert prover().prove(seeded).verdict is Verdict.SAME
    with psycopg.connect(seeded.target, autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        session.execute("DELETE FROM dan WHERE id = 77")
    found = prover().prove(seeded)
    assert [(one.kind, one.key) for table in found.tables for one in table.listed] == [("missing", ("77",))]
    assert found.orphans[0].sample == (("77",),)
