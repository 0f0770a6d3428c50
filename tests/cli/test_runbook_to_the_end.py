"""Every command of the two sample agencies' runbooks, in order, to the erasure of their sources.

Sources, targets, servers of restores are real PostgreSQL; where a leader is, is told here. What needs clusters,
the landing zone, is executed by tests/live/test_landing_zones.py and kept here as evidence. Days and hours pass by
the clock that the commands are given.
"""

import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ndcops.adapters.postgres_servers.moving import PostgresSource
from ndcops.model.dossier import DossierSystem
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.move import Move
from ndcops.model.seed import StreamSlot
from ndcops.onboarding.plan.moves import gate_evidence
from ndcops.onboarding.plan.switching.erasure import KEEP_SOURCE_DAYS
from ndcops.onboarding.run.moving.pacing import CopyPacing
from ndcops.wiring import moving, onboarding, switching
from tests.agency_on_its_way import room_of
from tests.live.agency_operator import AgencyOperator, agency_inventory
from tests.onboarding_world import PROOFS
from tests.postgres_source import PostgresSource as Server
from tests.postgres_source import postgres_source
from tests.sample_sources import sample_sources

pytestmark = pytest.mark.timeout(300)

AGENCIES = ("bo-tu-phap", "tinh-bac-ninh")
WORKERS = {"max_worker_processes": "40", "max_logical_replication_workers": "20", "max_replication_slots": "40"}
"""Five databases on one server stream both ways; PostgreSQL's own numbers are for one."""

MOMENT_S = 0.02


@dataclass
class Clock:
    """This machine's time, and what a test has let pass."""

    passed: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.passed

    def wait(self, pacing: CopyPacing, seconds: float) -> None:
        """Whole seconds between two looks at a stream pass at once; each look is taken."""
        if seconds < 1:
            pacing.stop.wait(seconds)
        else:
            self.passed += timedelta(seconds=seconds)


@dataclass
class Slots:
    """Looks at slots. An hour passes within a second here: all looks within a moment of it are one."""

    look: Callable[[PostgresSource, Move], StreamSlot | None]
    seen: dict[str, tuple[float, StreamSlot | None]] = field(default_factory=dict)

    def at(self, source: PostgresSource, move: Move) -> StreamSlot | None:
        taken_s, found = self.seen.get(move.id, (0.0, None))
        if time.monotonic() - taken_s > MOMENT_S:
            found = self.look(source, move)
            self.seen[move.id] = time.monotonic(), found
        return found


@dataclass(frozen=True)
class Servers:
    """Those of the agencies, of the centre, and one at another site."""

    source: Server
    services: Path
    target: Server
    elsewhere: Server

    def leader(self, system: DossierSystem, database: str) -> str:
        """The port MoveTargets: one server leads for every system."""
        return self.target.connection(database)

    def members(self, system: DossierSystem, database: str) -> tuple[str, ...]:
        return (self.target.connection(database),)

    def anywhere(self, system: DossierSystem, database: str) -> str:
        return self.target.connection(database)

    def slot_keeping(self, system: DossierSystem) -> None:
        """Nobody manages its slots."""

    def erase(self, database: str) -> None:
        """What an agency's own people do before they certify it."""
        with self.source.connect() as session:
            session.execute(f'DROP DATABASE "{database}" WITH (FORCE)'.encode())


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with (
        sample_sources(tmp_path_factory.mktemp("sources"), **WORKERS) as (source, services),
        postgres_source(wal_level="logical", **WORKERS) as target,
        postgres_source() as elsewhere,
    ):
        yield Servers(source, services, target, elsewhere)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(onboarding, "_now", found)
    monkeypatch.setattr(switching, "_now", found)
    monkeypatch.setattr(CopyPacing, "wait", lambda pacing, seconds: found.wait(pacing, seconds))
    slots = Slots(PostgresSource.slot)
    monkeypatch.setattr(PostgresSource, "slot", lambda source, move: slots.at(source, move))
    return found


@dataclass
class Walk:
    """One agency's way by its runbook. before: what happens outside ndcops before a step, by the step's id."""

    operator: AgencyOperator
    before: dict[str, Callable[[str], None]]
    done: list[str] = field(default_factory=list)

    def tasks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.operator.must(
            "agency", "runbook", self.operator.agency, "--json"
        ).document["tasks"]
        return found

    def to(self, last: str | None) -> dict[str, Any]:
        """Every step that is not done, up to this one ("step/subject"), or to the end; gives the last task."""
        for task in [each for each in self.tasks() if each["state"] != "done"]:
            step, subject = task["step"]["id"], task["subject"]
            self.before.get(step, lambda _: None)(subject)
            if step == "landing-zone":
                continue
            person = "binh" if step.endswith("-centre") else "an"
            words = ("agency", "runbook", self.operator.agency, "--next", "--yes", "--json")
            document = self.operator.must(*words, person=person).document["done"]
            assert (document["step"], document["subject"]) == (step, subject)
            assert document["command"] == task["command"]
            self.done.append(f"{step}/{subject}")
            if self.done[-1] == last:
                return task
        return self.tasks()[-1]

    def back(self, task: dict[str, Any]) -> None:
        """By the way back that the runbook shows for a task."""
        self.operator.must(*shlex.split(task["rollback"])[1:], person="binh")


@pytest.fixture
def walk(servers: Servers, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Walk]:
    inventory = agency_inventory(tmp_path, AGENCIES)
    monkeypatch.setattr(moving, "move_targets", lambda *_: servers)

    def of(agency: str) -> Walk:
        operator = AgencyOperator(agency, inventory, tmp_path, servers.services)
        home = next(iter(systems(inventory, agency))).home
        monkeypatch.setenv("NDCOPS_RESTORE_SITE", "ndc1" if home == "ndc2" else "ndc2")
        monkeypatch.setenv("NDCOPS_RESTORE_SERVER", servers.elsewhere.connection())

        def days(count: int) -> Callable[[str], None]:
            def pass_by(_: str) -> None:
                clock.passed += timedelta(days=count)

            return pass_by

        def erase(system: str) -> None:
            clock.passed += timedelta(days=KEEP_SOURCE_DAYS)
            for each in databases(inventory, agency, system):
                servers.erase(each)

        return Walk(
            operator,
            {
                "landing-zone": lambda _: has_landing_zones(inventory, agency),
                "accept-agency": days(8),
                "erasure-agency": erase,
            },
        )

    return of


def systems(inventory: Path, agency: str) -> tuple[DossierSystem, ...]:
    with room_of(inventory) as room:
        return room.dossier(agency).systems


def databases(inventory: Path, agency: str, system: str) -> list[str]:
    """Names of the services that lead to them."""
    with room_of(inventory) as room:
        found = room.dossier(agency).databases_of(system)
    return [(each.connection or "").removeprefix("service=") for each in found]


def has_landing_zones(inventory: Path, agency: str) -> None:
    """The evidence that `agency provision` would bring."""
    with room_of(inventory) as room:
        dossier = room.dossier(agency)
        evidence = [
            gate_evidence(dossier, system.id, check, {**PROOFS[check], **more}, command="test", version="1")
            for system in dossier.systems
            if room.standing(dossier, system).state is LifecycleState.PLANNED
            for check, more in (("landing-zone", {"standby_site": system.standby}), ("cross-tenant", {}))
        ]
        room.execute(room.propose_evidence(dossier, evidence, title="test"))


def rows(server: Server, database: str, table: str) -> int:
    with server.connect(database) as session:
        found = session.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[call-overload]
    assert found is not None
    return int(found[0])


def test_the_ministry_goes_back_twice_and_then_to_the_end(walk: Callable[[str], Walk], servers: Servers) -> None:
    ministry = walk("bo-tu-phap")
    ministry.back(ministry.to("hold/ly-lich-tu-phap-db"))
    assert ministry.operator.states() == {"ho-tich-dien-tu": "seeded", "ly-lich-tu-phap": "planned"}
    ministry.back(ministry.to("cutover/ly-lich-tu-phap"))
    assert ministry.operator.states() == {"ho-tich-dien-tu": "cut-over", "ly-lich-tu-phap": "planned"}
    with servers.source.connect("ly-lich-tu-phap") as session:
        session.execute("INSERT INTO nhat_ky (ghi_chu) VALUES ('at the source again')")
    ministry.to(None)
    assert set(ministry.operator.states().values()) == {"decommissioned"}
    assert {task["state"] for task in ministry.tasks()} == {"done"}
    assert (rows(servers.target, "ho-tich", "khai_sinh"), rows(servers.target, "ho-tich", "ket_hon")) == (
        3000,
        1200,
    )
    assert rows(servers.target, "ly-lich-tu-phap", "nhat_ky") == 501


def test_the_province_goes_to_the_end(walk: Callable[[str], Walk], servers: Servers) -> None:
    province = walk("tinh-bac-ninh")
    province.to(None)
    assert set(province.operator.states().values()) == {"decommissioned"}
    assert {task["state"] for task in province.tasks()} == {"done"}
    assert rows(servers.target, "dat-dai-bac-ninh", "giay_chung_nhan") == 3000
    with servers.source.connect() as session:
        left = session.execute("SELECT count(*) FROM pg_replication_slots").fetchone()
    assert left == (0,)
