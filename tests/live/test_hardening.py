"""Hardening on real hosts: an exact plan, drift found and repaired, events that all arrive, bad input named."""

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from ndcops.hardening.run import Hardening, Selection
from ndcops.model.hardening import PlayResult
from ndcops.wiring.hardening import hardening
from ndcops.wiring.lab_hosts import host_boot, host_kill, hosts_down, hosts_status, hosts_up, run_inside
from ndcops.workflow.journal_file import read_journal
from ndcops.workflow.runner import RunResult
from tests.bench.drift_trial import run_trial
from tests.bench.events import await_all, take_away
from tests.bench.host_drifts import candidates, chosen
from tests.bench.numbered_events import send

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may boot machines"),
]

REPOSITORY = Path(__file__).parents[2]
DATABASE, SIEM, NODE = "ndc1-database-1", "ndc1-siem-1", "ndc1-general-1"
HARDENED = Selection(hosts=(DATABASE, SIEM))
QUICK = ("--control", "login-banner", "--control", "kernel-modules")
"""Controls that take no package: what goes wrong on a host is the same with two as with forty."""


@dataclass(frozen=True)
class Fleet:
    """A database host and the SIEM, hardened once, and a node that is not."""

    room: Hardening
    predicted: PlayResult
    result: RunResult
    state: Path


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    state = tmp_path_factory.mktemp("hardening-state")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NDCOPS_STATE_DIR", str(state))
        try:
            hosts_up(2)
            room = hardening("lab", None, stop=threading.Event(), on_task=lambda _: None, on_step=lambda _: None)
            proposal = room.plan(HARDENED, run="live", batch=2)
            yield Fleet(room, proposal.facts.predicted, room.execute(proposal.plan, batch=2), state)
        finally:
            hosts_down()


@dataclass(frozen=True)
class Ended:
    """How a command ended, and everything that it said."""

    code: int
    said: str


def started(fleet: Fleet, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "ndcops", *words],
        env={**os.environ, "NDCOPS_STATE_DIR": str(fleet.state)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ndcops(fleet: Fleet, *words: str) -> Ended:
    process = started(fleet, *words)
    said, _ = process.communicate(timeout=300)
    return Ended(process.returncode, " ".join(said.split()))


def inside(host: str, script: str) -> str:
    done = run_inside(host, ("sh", "-c", script))
    assert done.exit_code == 0, done.stderr
    return done.stdout.strip()


def test_the_plan_named_exactly_what_apply_changed(fleet: Fleet) -> None:
    predicted = {change.key for change in fleet.predicted.changes}
    changed = {(host, task) for host, one in fleet.result.evidence.items() for task in one["changed"]}
    assert len(predicted) > 50
    assert predicted == changed
    assert [one["unpredicted"] for one in fleet.result.evidence.values()] == [[], []]


def test_drifts_of_many_kinds_are_found_and_just_they_are_repaired(fleet: Fleet) -> None:
    evidence = read_journal(fleet.state / "lab" / "hardening" / "evidence.jsonl")
    seed = random.Random(5)
    drifts = [
        drift
        for name in HARDENED.hosts
        for drift in chosen(candidates(name, fleet.room.targets[name].host.role, evidence), 12, seed)
    ]
    trial = run_trial(fleet.room, drifts, run="drifts")
    assert (trial.missed, trial.left) == ((), ())
    assert (trial.found_beyond, trial.repaired_beyond) == ((), ())
    assert trial.found == trial.repaired == len(drifts) == 24


def test_no_event_is_lost_while_the_collector_is_away(fleet: Fleet) -> None:
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send, DATABASE, 2_000, duration_s=10.0)
        take_away(SIEM, after_s=2.0, for_s=5.0)
        sending.result()
    arrival = await_all(SIEM, {DATABASE: 2_000}, tag="numbered", timeout_s=90)[DATABASE]
    assert (arrival.lost, arrival.reordered) == (0, 0), "\n".join(map(system_log_of, HARDENED.hosts))


def system_log_of(host: str) -> str:
    """How the system log of a host fares, and the last lines of it and of the journal: tells where events stay."""
    script = "systemctl status --no-pager --full rsyslog; tail -n 3 /var/log/syslog; journalctl --no-pager -n 3"
    return f"{host}:\n{run_inside(host, ('sh', '-c', script)).stdout}"


@pytest.fixture
def changed_file() -> Iterator[Callable[[Path, str], None]]:
    """Gives a file another text for the time of a test."""
    before: dict[Path, str] = {}

    def change(path: Path, text: str) -> None:
        before[path] = path.read_text()
        path.write_text(text)

    yield change
    for path, text in before.items():
        path.write_text(text)


def test_a_wrong_host_key_is_refused(fleet: Fleet, changed_file: Callable[[Path, str], None]) -> None:
    found = hosts_status()
    lines = found.known_hosts.read_text().splitlines()
    stranger = next(line.split(maxsplit=1)[1] for line in lines if line.startswith(found.host(SIEM).address))
    address = found.host(NODE).address
    others = [line for line in lines if not line.startswith(address)]
    changed_file(found.known_hosts, "\n".join([*others, f"{address} {stranger}", ""]))
    ended = ndcops(fleet, "harden", "plan", "--host", NODE, *QUICK)
    assert ended.code == 3
    assert "shows another host key" in ended.said


def test_a_wrong_sudo_password_ends_the_command(fleet: Fleet, changed_file: Callable[[Path, str], None]) -> None:
    changed_file(hosts_status().sudo_password_file, "wrong\n")
    ended = ndcops(fleet, "harden", "plan", "--host", NODE, *QUICK)
    assert ended.code == 2
    assert "sudo does not take the password" in ended.said


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A copy of the sample inventory, to be broken."""
    return Path(shutil.copytree(REPOSITORY / "inventory", tmp_path / "inventory"))


FULL = "mkdir -p /var/lib/ndcops && mount -t tmpfs -o size=2m full /var/lib/ndcops"
# Fresh mounts: `/` itself can be made read-only only while no program has a file open for writing on it.
READ_ONLY = "for place in /etc /usr /var; do mount --bind $place $place; mount -o remount,ro,bind $place; done"
WRITABLE = "umount --lazy /etc /usr /var"


@pytest.mark.parametrize(
    ("make", "unmake", "said"),
    [
        (FULL, "umount /var/lib/ndcops", "are free"),
        (f"set -e; {READ_ONLY}", WRITABLE, "ead-only"),
    ],
    ids=["full disk", "read-only file system"],
)
def test_a_disk_that_takes_nothing_is_refused_before_any_change(
    fleet: Fleet, make: str, unmake: str, said: str
) -> None:
    banner = inside(NODE, "cat /etc/issue")
    inside(NODE, make)
    try:
        ended = ndcops(fleet, "--yes", "harden", "apply", "--host", NODE, *QUICK)
    finally:
        inside(NODE, unmake)
    assert ended.code == 3
    assert said in ended.said
    assert inside(NODE, "cat /etc/issue") == banner


def test_a_mirror_that_is_away_is_named(fleet: Fleet) -> None:
    # Its address refuses at once: a name that nobody resolves costs apt more than a minute.
    inside(NODE, "cp /etc/hosts /run/hosts; sed '/mirror/s/^[^ ]*/127.0.0.1/' /run/hosts >/etc/hosts")
    try:
        ended = ndcops(fleet, "harden", "plan", "--host", NODE, "--control", "base-packages")
    finally:
        inside(NODE, "cat /run/hosts >/etc/hosts")
    assert ended.code == 3
    assert "base-packages" in ended.said
    assert "mirror" in ended.said


def test_a_broken_setting_of_sshd_is_refused_by_sshd_itself(fleet: Fleet, inventory: Path) -> None:
    baseline = inventory / "hardening.yaml"
    broken = "  database_host:\n    settings:\n      access_ssh_ciphers: [rot13]\n"
    baseline.write_text(baseline.read_text().replace("  database_host:\n", broken, 1))
    ended = ndcops(
        fleet, "--inventory", str(inventory), "harden", "plan", "--host", DATABASE, "--control", "ssh-server"
    )
    assert ended.code == 3
    assert "rot13" in ended.said
    assert inside(DATABASE, "grep -c rot13 /etc/ssh/sshd_config || true") == "0"


def test_an_expired_waiver_fails_verify(fleet: Fleet, inventory: Path) -> None:
    words = ("harden", "verify", "--host", DATABASE, "--control", "login-banner", "--inventory", str(inventory))
    waivers = inventory / "waivers.yaml"
    waivers.write_text(waivers.read_text().replace("hosts: [kubernetes_node]", "hosts: [database_host]"))
    waivers.write_text(waivers.read_text().replace("2035-12-31", "2020-01-31"))
    ended = ndcops(fleet, *words)
    assert ended.code == 5
    assert "expired on 2020-01-31" in ended.said
    waivers.unlink()
    assert ndcops(fleet, *words).code == 0


def test_a_host_killed_in_the_middle_comes_back_and_the_next_run_goes_on(fleet: Fleet) -> None:
    banner = inside(NODE, "cat /etc/issue")
    process = started(fleet, "--yes", "harden", "apply", "--host", NODE, *QUICK)
    root = hosts_status().host(NODE).root
    deadline = time.monotonic() + 120
    while "Written by ndcops" not in _text(root / "etc/modprobe.d/ndcops.conf"):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    host_kill(NODE)
    host_boot(NODE)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 1, said
    assert "it is as it was before" in " ".join(said.split())
    assert inside(NODE, "cat /etc/issue") == banner
    assert not (root / "etc/modprobe.d/ndcops.conf").exists()
    assert ndcops(fleet, "--yes", "harden", "apply", "--host", NODE, *QUICK).code == 0
    assert "Written by ndcops" in _text(root / "etc/modprobe.d/ndcops.conf")


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_a_host_that_is_off_is_named(fleet: Fleet) -> None:
    host_kill(NODE)
    ended = ndcops(fleet, "harden", "plan", "--host", NODE, *QUICK)
    assert ended.code == 3
    assert f"{NODE}: " in ended.said
    assert "cannot be reached" in ended.said
