"""Into the lab's Patroni cluster from a server outside: seeded and verified; and a whole move, over a change of
its leader, and back.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ndcops.lab.state import LabMode, LabState
from ndcops.model.lifecycle import LifecycleState
from ndcops.wiring.moving import move_targets
from tests.agency_on_its_way import AGENCY, DATABASE, agency_inventory, room_of, walk
from tests.live.moving_cluster import MovingCluster, address_of
from tests.moving_database import LATER, fill, rows_of
from tests.postgres_source import PostgresSource, postgres_source

pytestmark = pytest.mark.live
NAME = "ho_tich"


@pytest.fixture
def source(lab_service: LabState) -> Iterator[tuple[PostgresSource, str]]:
    """A server that the lab's sites reach, with a database that holds everything."""
    subnet = ip_network(lab_service.subnet) if lab_service.mode is LabMode.NETNS else None
    address = str(subnet.network_address + 1) if subnet else "127.0.0.1"
    listens = ",".join(dict.fromkeys(["127.0.0.1", address]))
    with postgres_source(wal_level="logical", listen_addresses=listens) as running:
        if subnet:
            running.admit(str(subnet))
        fill(running, NAME)
        yield running, make_conninfo(host=address, port=running.port, dbname=NAME, user="postgres")


def state_of(inventory: Path) -> LifecycleState:
    with room_of(inventory) as room:
        return room.standing(room.dossier(AGENCY), room.dossier(AGENCY).systems[0]).state


def ndcops(inventory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).parent / "ndcops", "agency", *words, "--inventory", str(inventory)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ})


def test_a_database_is_seeded_watched_and_taken_back(
    lab_service: LabState, source: tuple[PostgresSource, str], tmp_path: Path
):
    running, connection = source
    inventory, signed = agency_inventory(tmp_path, connection)
    seed = ("seed", AGENCY, "--database", DATABASE, "--yes", "--json")
    early = ndcops(inventory, *seed)
    assert early.returncode == 3, early.stderr
    assert "is 'draft'" in early.stderr
    walk(inventory, signed, LifecycleState.LANDING_ZONE_READY)

    seeded = ndcops(inventory, *seed)
    assert seeded.returncode == 0, seeded.stderr
    done = json.loads(seeded.stdout)
    assert done["done"]["in step"]["tables"] == 8
    with running.connect(NAME) as session:
        session.execute(LATER)
    with room_of(inventory) as room:
        system = room.dossier(AGENCY).systems[0]
        assert room.standing(room.dossier(AGENCY), system).state is LifecycleState.SEEDED
        target = move_targets("lab", room.inventory(), inventory).leader(system, NAME)
    deadline_s = time.monotonic() + 20
    while rows_of(connection) != rows_of(target):
        assert time.monotonic() < deadline_s, "rows differ"
        time.sleep(0.2)

    watched = ndcops(inventory, *seed, "--hold-s", "2")
    assert watched.returncode == 0, watched.stderr
    checks = {one["check"]: one for one in json.loads(watched.stdout)["gates"][0]["checks"]}
    assert checks["lag"]["passed"], checks
    assert checks["slot-wal"]["passed"], checks
    assert checks["ddl-log"]["passed"], checks
    assert not checks["verified-twice"]["passed"]

    for _ in range(2):
        verified = ndcops(inventory, "verify", AGENCY, "--database", DATABASE, "--yes", "--json")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert json.loads(verified.stdout)["verifications"][0]["direction"] == "forward"
    assert state_of(inventory) is LifecycleState.IN_SYNC

    undone = ndcops(inventory, *seed, "--undo")
    assert undone.returncode == 0, undone.stderr
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(target)
    with running.connect(NAME) as session:
        left = session.execute("SELECT count(*) FROM pg_replication_slots").fetchone()
    assert left == (0,)
    assert state_of(inventory) is LifecycleState.PLANNED


def test_a_move_outlives_a_change_of_leader_and_comes_back_whole(
    lab_service: LabState, source: tuple[PostgresSource, str], tmp_path: Path
):
    running, connection = source
    inventory, signed = agency_inventory(tmp_path, connection)
    walk(inventory, signed, LifecycleState.LANDING_ZONE_READY, since=state_of(inventory))
    command = (AGENCY, "--yes", "--json")
    assert ndcops(inventory, "seed", *command, "--database", DATABASE).returncode == 0
    walk(inventory, signed, LifecycleState.REHEARSED, since=LifecycleState.SEEDED)
    with MovingCluster(inventory, "identity", address_of(connection)) as cluster:
        cut = ndcops(inventory, "cutover", *command)
        assert cut.returncode == 0, cut.stderr
        plan = json.loads(cut.stdout)["plan"]
        assert "coordination store" in plan["facts"]["journal"]
        assert [
            step["arguments"]["outlives_leader"] for step in plan["steps"] if step["kind"] == "switch/prepare"
        ] == [True]
        assert cluster.addresses() == {cluster.entry}
        cluster.write(NAME, "Trước")
        cluster.change_leader(cluster.await_slot())
        cluster.write(NAME, "Sau")
        back = ndcops(inventory, "rollback", *command)
        assert back.returncode == 0, back.stderr
        assert cluster.addresses() == {cluster.agency}
        assert rows_of(connection) == rows_of(cluster.words(NAME))
        with running.connect(NAME) as session:
            came = session.execute('SELECT "Họ tên" FROM dan WHERE cccd IS NULL ORDER BY id').fetchall()
            session.execute("INSERT INTO dan (\"Họ tên\") VALUES ('Lại ở cơ quan')")
        assert came == [("Trước",), ("Sau",)]
        assert cluster.slots() == []

        # The target is closed by the way back, and what was restored there is complete: all begins anew.
        walk(inventory, signed, LifecycleState.LANDING_ZONE_READY, since=LifecycleState.PLANNED)
        again = ndcops(inventory, "seed", *command, "--database", DATABASE)
        assert again.returncode == 0, again.stderr
        assert rows_of(connection) == rows_of(cluster.words(NAME))
        assert ndcops(inventory, "seed", *command, "--database", DATABASE, "--undo").returncode == 0
