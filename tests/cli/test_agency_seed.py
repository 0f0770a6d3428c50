"""`ndcops agency seed` between two real servers, and what it refuses; where the leader is, is told to it here."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ndcops.model.dossier import DossierSystem
from ndcops.model.lifecycle import LifecycleState
from ndcops.wiring import moving
from tests.agency_on_its_way import AGENCY, DATABASE, agency_inventory, walk
from tests.postgres_source import PostgresSource, postgres_source

SEED = ("agency", "seed", AGENCY, "--database", DATABASE)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[PostgresSource, PostgresSource]]:
    with postgres_source(wal_level="logical") as source, postgres_source(wal_level="logical") as target:
        source.create("so_bo")
        with source.connect("so_bo") as session:
            session.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
        yield source, target


@dataclass(frozen=True)
class FixedTarget:
    """A server that leads."""

    server: PostgresSource

    def leader(self, system: DossierSystem, database: str) -> str:
        return self.server.connection(database)

    def members(self, system: DossierSystem, database: str) -> tuple[str, ...]:
        return (self.server.connection(database),)

    def anywhere(self, system: DossierSystem, database: str) -> str:
        return self.server.connection(database)

    def slot_keeping(self, system: DossierSystem) -> None:
        """Nobody manages its slots."""


@pytest.fixture
def inventory(
    servers: tuple[PostgresSource, PostgresSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An agency whose system may be seeded."""
    source, target = servers
    monkeypatch.setattr(moving, "move_targets", lambda *_: FixedTarget(target))
    found, signed = agency_inventory(tmp_path, source.connection("so_bo"))
    walk(found, signed, LifecycleState.LANDING_ZONE_READY)
    return found


def test_the_way_to_the_gate_and_back(ndcops, inventory, servers):
    source, target = servers
    where = ("--inventory", str(inventory), "--json")
    planned = ndcops(*SEED, "--dry-run", *where)
    assert planned.code == 0, planned.err
    assert planned.document["plan"]["facts"] == {"stage": "anew"}
    assert ndcops(*SEED, "--hold-s", "1", "--yes", *where).code == 3

    seeded = ndcops(*SEED, "--yes", *where)
    assert seeded.code == 0, seeded.err
    (gate,) = seeded.document["gates"]
    assert (gate["next"], [check["check"] for check in gate["checks"] if not check["passed"]]) == ("seeded", [])
    status = ndcops("agency", "status", AGENCY, *where).document
    assert [one["state"] for one in status["systems"]] == ["seeded"]

    again = ndcops(*SEED, "--yes", *where)
    assert again.code == 0, again.err
    assert [step["key"] for step in again.document["plan"]["steps"]] == ["in step"]

    watched = ndcops(*SEED, "--hold-s", "1", "--yes", *where)
    assert watched.code == 0, watched.err
    (gate,) = watched.document["gates"]
    assert [check["check"] for check in gate["checks"] if not check["passed"]] == ["verified-twice"]

    with source.connect("so_bo") as session:
        session.execute("ALTER TABLE t ADD more text")
    changed = ndcops(*SEED, "--yes", "--inventory", str(inventory))
    assert changed.code == 3
    assert "ALTER TABLE public.t" in changed.err

    asked = ndcops(*SEED, "--undo", "--dry-run", "--inventory", str(inventory))
    assert asked.code == 0
    assert "replica identities" in asked.out
    assert ndcops(*SEED, "--undo", "--yes", *where).code == 0
    status = ndcops("agency", "status", AGENCY, *where).document
    assert [one["state"] for one in status["systems"]] == ["planned"]
    with target.connect() as session:
        left = session.execute("SELECT datname FROM pg_database WHERE NOT datistemplate").fetchall()
    assert left == [("postgres",)]


def test_what_is_refused(ndcops, inventory, servers):
    where = ("--inventory", str(inventory))
    assert ndcops("agency", "seed", AGENCY, "--database", "none", *where).code == 2
    assert ndcops(*SEED, "--undo", "--hold-s", "2", *where).code == 2
    source, _ = servers
    with source.connect("so_bo") as session:
        session.execute("CREATE UNLOGGED TABLE u (id int); CREATE TABLE j (j json)")
        ended = ndcops(*SEED, "--yes", *where)
        session.execute("DROP TABLE u, j")
    assert ended.code == 3
    assert "public.u: unlogged" in ended.err
    assert "public.j: no key" in ended.err


def test_a_draft_is_refused_before_any_server_is_asked(ndcops, tmp_path):
    inventory, _ = agency_inventory(tmp_path, "host=127.0.0.1 port=1 dbname=x user=x")
    ended = ndcops(*SEED, "--inventory", str(inventory))
    assert ended.code == 3
    assert "x-records is 'draft'" in ended.err


def test_a_source_that_is_away(ndcops, tmp_path):
    inventory, signed = agency_inventory(tmp_path, "host=127.0.0.1 port=1 dbname=x user=x")
    walk(inventory, signed, LifecycleState.LANDING_ZONE_READY)
    ended = ndcops(*SEED, "--inventory", str(inventory))
    assert ended.code == 1
    assert "source x at 127.0.0.1:1: no connection" in ended.err
