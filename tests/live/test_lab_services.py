"""Databases and names in the lab, and what can go wrong between its sites."""

import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from ndcops.adapters.dns_servers import DnsServers
from ndcops.adapters.postgres_servers import Login, NumberedRows, Session
from ndcops.failover.ports import Databases
from ndcops.lab import network, outage
from ndcops.lab.databases.credentials import read_passwords
from ndcops.lab.databases.patroni_member import LOOP_WAIT_S, TTL_S
from ndcops.lab.faults.run import OUTSIDE, freeze, heal, partition, slow
from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.probe.control import findings, start_probe, stop_probe
from ndcops.lab.state import LabMode, LabState
from ndcops.lab.status import Life, status
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import DatabaseState, Unreachable
from ndcops.model.service import Service
from ndcops.wiring.lab_services import lab_databases, lab_names
from tests.conftest import small_inventory

pytestmark = pytest.mark.live
SITES = ("ndc1", "ndc2", "ndc3")
SETTLED_S = 90.0


def wait_until(check: Callable[[], bool], what: str, timeout_s: float = SETTLED_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.fixture(scope="module")
def service() -> Service:
    return next(each for each in small_inventory().services if each.id == "identity")


class Cluster:
    """The service's database, read as the failover room reads it."""

    def __init__(self, databases: Databases, service: Service) -> None:
        self._databases = databases
        self._service = service

    def state(self) -> DatabaseState | None:
        try:
            return self._databases.read(self._service)
        except NdcopsError:
            return None

    def leader_site(self) -> str:
        state = self.state()
        return state.leader_site if state else ""

    def whole(self) -> DatabaseState | None:
        """Its state while it leads, confirms and follows at every site; None otherwise."""
        state = self.state()
        if state is None or not state.leader or not state.sync_standbys:
            return None
        following = [each.site for each in state.members if each.state in ("running", "streaming")]
        return state if following == list(SITES) else None

    def is_whole(self) -> bool:
        return self.whole() is not None

    def steady(self) -> DatabaseState:
        """Whole with the same standbys for longer than a loop of Patroni's.

        While it hands the standby's place on, the key has none, and a leader lost just then is followed by nobody
        (Patroni, ha.py, _process_multisync_replication): no write is lost, but the tests wait for another leader.
        """
        last, since = self.whole(), time.monotonic()

        def is_steady() -> bool:
            nonlocal last, since
            found = self.whole()
            if found is None or last is None or found.sync_standbys != last.sync_standbys:
                since = time.monotonic()
            last = found
            return time.monotonic() - since > LOOP_WAIT_S + 1

        wait_until(is_steady, "a cluster that stays as it is")
        assert last is not None
        return last


@pytest.fixture
def cluster(lab_service: LabState, service: Service) -> Iterator[Cluster]:
    """Whole before and after each test."""
    found = Cluster(lab_databases(), service)
    wait_until(found.is_whole, "a whole cluster")
    yield found
    heal()
    wait_until(found.is_whole, "a whole cluster again")


@pytest.fixture
def links(lab_service: LabState) -> LabState:
    if lab_service.mode is not LabMode.NETNS:
        pytest.skip("links need network namespaces, which only root may make")
    return lab_service


def reaches(lab: LabState, source: str, target: str) -> bool:
    """Whether a connection from a site (or from outside) to a site's name server stands within a second."""
    address = lab.site(target).address
    script = f"import socket; socket.create_connection(('{address}', 53), timeout=1)"
    argv = ["/usr/bin/python3", "-c", script]
    if source != OUTSIDE:
        anchor = lab.process(source, network.ANCHOR)
        assert anchor is not None
        argv = ["nsenter", f"--net=/proc/{anchor.pid}/ns/net", "--", *argv]
    return subprocess.run(argv, capture_output=True, timeout=20, check=False).returncode == 0


def test_every_part_lives_and_is_shown(cluster: Cluster) -> None:
    seen = status()
    assert seen.services == ("identity",)
    for site in seen.sites:
        lives = {each.name: each for each in site.processes}
        assert {"database-store", "database-identity", "names"} <= set(lives)
        assert lives["database-identity"].memory_bytes > 30 << 20, "PostgreSQL's own processes count"
        assert {each.life for each in site.processes} == {Life.ALIVE}


def test_a_cut_hits_whom_it_names_and_heals(links: LabState) -> None:
    partition("ndc1", peer="ndc2")
    assert [reaches(links, "ndc1", "ndc2"), reaches(links, "ndc2", "ndc1")] == [False, False]
    assert [reaches(links, "ndc1", "ndc3"), reaches(links, OUTSIDE, "ndc1")] == [True, True]
    partition("ndc3", peer=OUTSIDE, direction="in")
    assert not reaches(links, OUTSIDE, "ndc3")
    assert [str(fault) for fault in heal("ndc1")] == ["ndc1 cut off from ndc2"]
    assert reaches(links, "ndc2", "ndc1")
    assert status().faults == ("ndc3 cut off from outside, inward only",)
    assert len(heal()) == 1
    assert reaches(links, OUTSIDE, "ndc3")


def test_a_slow_link_is_limited_both_ways_and_healed(links: LabState) -> None:
    outer = network.link_name(links.lab_id, links.site("ndc2").index)

    def shaped() -> bool:
        shown = subprocess.run(["tc", "qdisc", "show", "dev", outer], capture_output=True, text=True, check=True)
        return " tbf " in shown.stdout and "rate 2Mbit" in shown.stdout

    slow("ndc2", "1mbit")
    slow("ndc2", "2mbit")
    assert shaped()
    assert [str(fault) for fault in heal()] == ["ndc2 slowed to 2mbit"]
    assert not shaped()


def test_a_frozen_member_is_silent_and_its_site_is_not(cluster: Cluster) -> None:
    state = cluster.state()
    assert state is not None
    third = next(each for each in state.members if each.role == "replica")
    freeze(third.site, "database-identity")
    frozen = cluster.state()
    assert frozen is not None
    silent = frozen.member(third.name)
    assert silent is not None
    assert (silent.answers, silent.lag_bytes, silent.role) == (False, None, "unknown")
    assert next(site for site in status().sites if site.name == third.site).api_ready


def test_a_commit_whose_standby_was_given_up_by_hand_is_not_taken_as_confirmed(
    cluster: Cluster, lab_service: LabState
) -> None:
    """PostgreSQL confirms it, with a warning only, when an administrator cancels its wait (SyncRepWaitForLSN)."""
    state = cluster.state()
    assert state is not None
    standby = next(each.site for each in state.members if each.name in state.sync_standbys)
    passwords = read_passwords(LabPaths(lab_folder()), "identity")
    address = lab_service.service_address(lab_service.site(state.leader_site))
    port = lab_service.service("identity").postgres_port
    rows = NumberedRows(Login(address, port, "identity", "identity", passwords["identity"]), "waits", timeout_s=20)
    admin = Session(Login(address, port, "postgres", "postgres", passwords["postgres"]), timeout_s=20)
    with ThreadPoolExecutor(1) as pool, admin:
        rows.prepare()
        freeze(standby, "database-identity")
        writing = pool.submit(rows.write, 1)
        cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        wait_until(lambda: writing.done() or admin.run(cancel) == [("t",)], "the write waits for its standby", 20)
        with pytest.raises(Unreachable, match="no standby has confirmed"):
            writing.result(timeout=20)
    rows.close()


def test_a_site_that_dies_loses_no_write_and_follows_when_it_is_back(cluster: Cluster, service: Service) -> None:
    names, name = lab_names(), service.dns_names[0]
    home = cluster.steady().leader_site
    for answer in names.read(name).answers:
        point(names, name, answer.server, names.entry(home))
    start_probe("identity", rate_per_s=50)
    try:
        began = datetime.now(UTC)
        wait_until(lambda: confirmed_since(began), "the probe writes")
        killed = datetime.now(UTC)
        outage.kill(home)
        wait_until(lambda: cluster.leader_site() not in ("", home), "another site leads", TTL_S + 40)
        answers = names.read(name).answers
        assert [answer.site for answer in answers if answer.problem] == [home]
        for answer in answers:
            if not answer.problem:
                point(names, name, answer.server, names.entry(cluster.leader_site()))
        wait_until(lambda: confirmed_since(killed), "the probe writes again")
        outage.revive(home)
        wait_until(cluster.is_whole, "the lost site follows")
        found = findings("identity")
        assert found is not None
        assert found.lost == 0
        assert found.seen.turns == (names.entry(home), names.entry(cluster.leader_site()))
        stale = next(answer for answer in names.read(name).answers if answer.site == home)
        assert stale.addresses == (names.entry(home),), "a server that was dead says what it said before"
    finally:
        stop_probe("identity")


def test_a_leader_that_is_cut_off_gives_up_before_another_leads(cluster: Cluster, links: LabState) -> None:
    state = cluster.steady()
    leader = state.leader_site
    confirming = {each.site for each in state.members if each.name in state.sync_standbys}
    # Who confirms is cut off last: else the leader may see it go, and take its place from it.
    for other in sorted(SITES, key=lambda site: site in confirming):
        if other != leader:
            partition(leader, peer=other)
    writable: list[set[str]] = []

    def moved() -> bool:
        writable.append(writable_sites(links))
        return cluster.leader_site() not in ("", leader)

    wait_until(moved, "another site leads", TTL_S + 40)
    assert all(len(sites) <= 1 for sites in writable), writable
    assert leader not in writable[-1]


def confirmed_since(moment: datetime) -> bool:
    found = findings("identity")
    last_ms = found.seen.last_ok_ms if found else None
    return last_ms is not None and last_ms / 1000 > moment.timestamp() + 1


def point(names: DnsServers, name: str, server: str, address: str) -> None:
    found = next(answer for answer in names.read(name).answers if answer.server == server)
    names.claim(name, server, expect_epoch=found.epoch, epoch=found.epoch + 1)
    names.update(name, server, expect=found.addresses, addresses=(address,), ttl_s=5, epoch=found.epoch + 1)


def writable_sites(lab: LabState) -> set[str]:
    """Sites whose PostgreSQL takes writes, asked directly from outside."""
    passwords = read_passwords(LabPaths(lab_folder()), "identity")
    port, found = lab.service("identity").postgres_port, set()
    for site in lab.sites:
        login = Login(lab.service_address(site), port, "identity", "identity", passwords["identity"])
        try:
            with Session(login, timeout_s=2) as session:
                if session.run("SELECT pg_is_in_recovery()") == [("f",)]:
                    found.add(site.name)
        except NdcopsError:
            continue
    return found
