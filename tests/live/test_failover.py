"""The failover room on the lab, by the command line: real etcd, Patroni, PostgreSQL, BIND and API servers.

The service's probe writes throughout, through its name, from outside.
"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ndcops.failover.run.room import Failover
from ndcops.lab import outage
from ndcops.lab.databases.patroni_member import TTL_S
from ndcops.lab.down import down
from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.probe.control import ProbeFindings, findings, start_probe, stop_probe
from ndcops.lab.state import lab_target
from ndcops.lab.up import up
from ndcops.model.errors import ExitCode
from ndcops.model.target import TargetKind
from ndcops.wiring import read_inventory
from ndcops.wiring.failover import failover
from ndcops.wiring.lab_services import lab_databases, lab_names
from tests.live.conftest import small_inventory
from tests.live.site_operator import REPOSITORY, Ended, Operator
from tests.one_service_inventory import one_service_inventory
from tests.production import OBJECTS, AuditLogs, object_versions

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]
SERVICE, NAME = "identity", "login.ndc.gov.vn"
PLAYED = "image-registry"
"""Its database is CloudNativePG's, its volumes are replicated: both are players' in the lab, and told as such."""
HOME, STANDBY = "ndc1", "ndc2"
PATIENCE_S = 150


def wait_until(check: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@dataclass(frozen=True)
class Country:
    """The lab with one service that can move, and the command line on it."""

    inventory: Path
    operators: dict[str, Operator]

    def start(self, *words: str) -> "subprocess.Popen[str]":
        argv = [sys.executable, "-m", "ndcops", "--inventory", str(self.inventory), "--yes", "--json", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            argv, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
        )

    def ended(self, process: "subprocess.Popen[str]") -> Ended:
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
        return Ended(process.returncode, out, err)

    def failover(self, *words: str, code: int = 0) -> Any:
        done = self.ended(self.start("failover", *words))
        assert done.code == code, done.told()
        return done.document

    def room(self) -> Failover:
        """The room in this process, to look into the store."""
        stop = threading.Event()
        return failover(TargetKind.LAB.value, self.inventory, stop=stop, on_step=lambda _: None)

    def place(self) -> tuple[str, set[str], dict[str, int]]:
        """Where the database is led, where every name server leads, and pods wanted by site."""
        names = lab_names()
        entries = {names.entry(site): site for site in (HOME, STANDBY, "ndc3")}
        led = {entries[address] for answer in names.read(NAME).answers for address in answer.addresses}
        service = read_inventory(self.inventory).services[0]
        return lab_databases().read(service).leader_site, led, {s: self.replicas(s) for s in self.operators}

    def replicas(self, site: str) -> int:
        listed = json.loads(self.operators[site].kubectl("get", "deployments,statefulsets", "-A", "-o", "json"))
        return sum(item["spec"]["replicas"] for item in listed["items"])

    def is_whole(self) -> bool:
        state = lab_databases().read(read_inventory(self.inventory).services[0])
        streaming = [member.site for member in state.members if member.state in ("running", "streaming")]
        return len(streaming) == 3 and bool(state.leader) and bool(state.sync_standbys)

    def objects(self) -> set[tuple[str, str, str, str, str]]:
        """All objects of both sites, by version: what a drill may not have written."""
        found = set()
        for site, operator in self.operators.items():
            found |= object_versions(site, json.loads(operator.kubectl("get", OBJECTS, "-A", "-o", "json")))
        return found

    def audit_logs(self) -> AuditLogs:
        """The three sites' audit logs, from their ends on."""
        paths = LabPaths(lab_folder())
        sites = [cluster.site for cluster in lab_target().clusters]
        return AuditLogs.from_now({site: paths.site(site) / "audit" / "audit.log" for site in sites})


@pytest.fixture(scope="module")
def lab_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Sites die here, and the session's lab has a database led from where its own tests moved it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NDCOPS_STATE_DIR", str(tmp_path_factory.mktemp("failover-state")))
        try:
            up(small_inventory(), services=[SERVICE])
            yield
        finally:
            down()


@pytest.fixture(scope="module")
def country(lab_of_its_own: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """The service's objects applied at its two sites; removed at the end."""
    inventory = one_service_inventory(tmp_path_factory.mktemp("one") / "inventory", SERVICE, replicas=2)
    target = lab_target()
    kubeconfig = target.clusters[0].kubeconfig
    operators = {site: Operator(inventory, target.state_dir, kubeconfig, site) for site in (HOME, STANDBY)}
    found = Country(inventory, operators)
    both = ("--site", HOME, "--site", STANDBY, "stack")
    applied = found.ended(found.start(*both, "up"))
    assert applied.code == 0, applied.told()
    yield found
    assert found.ended(found.start(*both, "destroy")).code == 0


@pytest.fixture
def probed(country: Country) -> Iterator[Country]:
    """The service whole, wherever it is, and probed."""
    wait_until(country.is_whole, "a whole cluster", 90)
    start_probe(SERVICE, rate_per_s=50)
    try:
        wait_until(lambda: seen().seen.last_ok_ms is not None, "the probe writes")
        yield country
    finally:
        stop_probe(SERVICE)


def once_begun(room: Failover, known: set[str], *, records: int) -> str:
    """The new run, as soon as its journal holds so many records."""

    def begun() -> list[str]:
        return [head.run for head in room.runs() if head.run not in known and head.records >= records]

    wait_until(lambda: bool(begun()), "the run has begun")
    return begun()[0]


def seen() -> ProbeFindings:
    found = findings(SERVICE)
    assert found is not None
    return found


def other(site: str) -> str:
    return STANDBY if site == HOME else HOME


def arrived(country: Country, site: str) -> None:
    """Data, names and pods are there, and nothing of it is left at the other site."""
    assert country.place() == (site, {site}, {site: 8, other(site): 0})


def test_a_planned_switch_loses_no_write(probed: Country) -> None:
    source = probed.place()[0]
    story = probed.failover("switch", SERVICE)
    (moved,) = story["services"]
    assert (story["ending"], moved["outcome"], moved["planned"]) == ("done", "moved", True)
    arrived(probed, other(source))
    assert (seen().lost, moved["lost"]) == (0, 0)
    assert 0 < moved["outage_ms"] < 1000 * TTL_S
    assert [part for part in story["simulated"] if "KWOK" in part]
    probed.failover("report", story["run"], "--html", str(probed.inventory.parent / "report.html"))


def test_stacks_leave_a_service_where_it_is(country: Country) -> None:
    """After the switch: nothing has drifted, and an up neither conflicts nor moves anything back."""
    away = country.place()
    assert away[0] == STANDBY, "the switch before this test left it at its standby"
    for words in (("drift",), ("up",)):
        ended = country.ended(
            country.start("--site", HOME, "--site", STANDBY, "stack", *words, "--layer", "compute")
        )
        assert ended.code == 0, ended.told()
    assert country.place() == away


def test_a_frozen_operator_wakes_up_overtaken(probed: Country) -> None:
    """Stopped in the middle of a switch, until another one has taken the lock and ended the run."""
    source, room = probed.place()[0], probed.room()
    known = {head.run for head in room.runs()}
    operator = probed.start("failover", "switch", SERVICE)
    try:
        run = once_begun(room, known, records=6)
        operator.send_signal(signal.SIGSTOP)
        assert not room.story(run).ending, "it was over before it was frozen"
        wait_until(lambda: room.given.coordination.status().holder is None, "its lease runs out")
        story = probed.failover("resume", run)
        operator.send_signal(signal.SIGCONT)
        woken = probed.ended(operator)
    finally:
        operator.kill()
    assert (story["ending"], len(story["epochs"])) == ("done", 2)
    assert woken.code == ExitCode.PARTLY_APPLIED, woken.told()
    assert room.story(run).digest == story["digest"], "it wrote nothing more"
    arrived(probed, other(source))
    assert seen().lost == 0


def test_a_killed_site_is_left_and_rejoins(probed: Country) -> None:
    lost = probed.place()[0]
    outage.kill(lost)
    story = probed.failover("evacuate", lost, "--lost")
    (moved,) = story["services"]
    assert (story["ending"], moved["outcome"], moved["planned"]) == ("done", "moved", False)
    assert moved["lost"] == 0
    assert 0 < moved["outage_ms"] < 1000 * (TTL_S + 60), "it counts from the kill, orders and reading included"
    outage.revive(lost)
    assert probed.failover("failback", "--site", lost)["ending"] == "done"
    arrived(probed, HOME)
    assert seen().lost == 0


def test_a_drill_leaves_everything_as_it_was(probed: Country) -> None:
    before, logs = probed.objects(), probed.audit_logs()
    story = probed.failover("drill", SERVICE)
    assert story["ending"] == "done"
    (check,) = [step for step in story["steps"] if "/check-copy@" in step["key"]]
    assert check["evidence"]["passed"], check
    assert probed.objects() == before
    assert (len(logs.logs), logs.production_writes()) == (3, [])
    assert logs.drill_writes()
    assert seen().seen.failed == 0


@pytest.fixture
def played(country: Country, tmp_path: Path) -> Country:
    """The same two sites with the service of played parts in the first one's place."""
    inventory = one_service_inventory(tmp_path / "inventory", PLAYED, replicas=2)
    found = Country(inventory, country.operators)
    up(small_inventory(), services=[PLAYED])
    applied = found.ended(found.start("--site", HOME, "--site", STANDBY, "stack", "up"))
    assert applied.code == 0, applied.told()
    return found


def test_a_service_of_played_parts_is_lost_and_comes_home(played: Country) -> None:
    """What may be lost is not known from a dead primary: refused until both risks are accepted by name."""
    home, standby = "ndc2", "ndc1"
    assert (played.replicas(home), played.replicas(standby)) == (6, 0)
    outage.kill(home)
    evacuate = ("evacuate", home, "--lost")
    reasons = played.failover(*evacuate, code=ExitCode.REFUSED)["error"]["details"]
    risks = [line.rpartition("(")[2].rstrip(")").split() for line in reasons]
    assert sorted(risks) == [["--accept", f"lag-unknown:{PLAYED}"], ["--accept", f"rpo:{PLAYED}"]]
    taken = [word for risk in risks for word in risk]
    left = played.failover(*evacuate, *taken, "--because", "the site is lost")
    outage.revive(home)
    back = played.failover("failback", "--site", home)
    for story in (left, back):
        (moved,) = story["services"]
        assert (story["ending"], moved["outcome"]) == ("done", "moved")
        assert {part.partition(" ")[0] for part in story["simulated"]} >= {"CloudNativePG", "volumes,"}
    assert (played.replicas(home), played.replicas(standby)) == (6, 0)
    names = lab_names()
    answers = names.read("registry.ndc.gov.vn").answers
    assert [answer.addresses for answer in answers] == [(names.entry(home),)] * 3
