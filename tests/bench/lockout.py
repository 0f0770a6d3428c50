"""Thirty faults shut the doors of hosts of three roles in the middle of a hardening: does every host come back.

Faults add up over calls, as long as program, playbooks, inventory and seed are the same.
"""

import json
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from ndcops.hardening.steps import HardenHost, RestoreHost
from ndcops.model.host import HostRole
from ndcops.wiring.lab_hosts import hosts_status
from tests.bench.hardened_hosts import LabFleet, fleet
from tests.bench.lockout_controller import world_of
from tests.bench.lockout_faults import FAULTS, ROLES, Trial, trials
from tests.bench.lockout_judge import Judge
from tests.bench.lockout_trial import LETS_IN_WITHIN_S, Striker, Struck
from tests.bench.result import AtLeast, Measured, middle, source_key
from tests.bench.sandbox import BenchFailed, Sandbox, results_folder
from tests.bench.timing import Clock

ROUNDS = len(FAULTS)
HOSTS_PER_ROLE = 2
TARGETS = {
    "faults": AtLeast(len(FAULTS) * len(ROLES)),
    "hosts_lost": 0,
    "restore_p100_s": 60,
    "etc_identical": AtLeast(1),
    "rollback_etc_identical": AtLeast(1),
}
LONGEST_S = 240.0
"""No fault and no rollback is begun when less is left of the call."""

NOTES = (
    "restore: from the fault until the first new login with the operator's key and sudo that succeeds while "
    "/etc is as before (path, type, mode, owner, content); looked at from outside, without the guard",
    "doors_shut: faults that kept the operator out; the others changed the host and were taken back by the guard "
    "(killed runs) or by a rollback (runs that ended well)",
    "rollback_etc_identical: share of roles whose /etc is byte-identical after a whole hardening and its rollback",
)

ROLLBACK = "rollback"
Entry = dict[str, Any]
Job = Trial | str


class Ledger:
    """What was struck, also by earlier calls; several threads write."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self._lock = threading.Lock()
        self.entries = [entry for entry in _lines(path) if entry["key"] == key]

    def add(self, entry: Entry) -> None:
        """Keep it at once: the benchmark may be killed."""
        with self._lock, self._path.open("a") as file:
            file.write(json.dumps({"key": self._key, **entry}, ensure_ascii=False) + "\n")
            self.entries.append(entry)

    def has(self, role: HostRole, name: str) -> bool:
        """Whether a fault, or the rollback, was tried on a role."""
        return any((entry["role"], entry["fault"]) == (role.value, name) for entry in self.entries)


def _lines(path: Path) -> list[Entry]:
    """A line that a kill of the benchmark cut off counts as not done."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """What is missing and as the time allows; figures are over all of this seed and these sources."""
    ledger = Ledger(results_folder() / "lockout.jsonl", f"{source_key()}/{clock.seed}")
    clock.say(f"{len(ledger.entries)} trials of seed {clock.seed} and these sources are done")
    first = True
    while _missing(ledger, clock) and (first or clock.left_s > 2 * LONGEST_S):
        first = False
        with fleet(sandbox, HOSTS_PER_ROLE * len(ROLES)) as hosts:
            _Round(hosts, sandbox, clock, ledger).run()
    return _measured(ledger.entries, complete=not _missing(ledger, clock))


def _missing(ledger: Ledger, clock: Clock) -> dict[HostRole, list[Job]]:
    """Jobs by role, the rollback of a whole hardening last; roles with none left out."""
    jobs: dict[HostRole, list[Job]] = {}
    for role in ROLES:
        chosen: list[Job] = list(trials(clock.seed, role)[: clock.wanted])
        left = [job for job in [*chosen, ROLLBACK] if not ledger.has(role, _name(job))]
        if left:
            jobs[role] = left
    return jobs


def _name(job: Job) -> str:
    return job if isinstance(job, str) else job.name


class _Round:
    """One fleet: each host takes its role's next fault until none is left, time is over, or it is lost."""

    def __init__(self, hosts: LabFleet, sandbox: Sandbox, clock: Clock, ledger: Ledger) -> None:
        self._hosts = hosts
        self._sandbox = sandbox
        self._clock = clock
        self._ledger = ledger
        self._over = threading.Event()
        self._queues: dict[HostRole, queue.SimpleQueue[Job]] = {}
        self._striker = Striker(hosts.room, sandbox, clock.seed)

    def run(self) -> None:
        """Strike until the end. Raises what a worker met, once all have stopped."""
        for role, jobs in _missing(self._ledger, self._clock).items():
            self._queues[role] = queue.SimpleQueue()
            for job in jobs:
                self._queues[role].put(job)
        with ThreadPoolExecutor(len(self._hosts.names)) as pool:
            workers = [pool.submit(self._work, name) for name in self._hosts.names]
            try:
                wait(workers)
            except KeyboardInterrupt:
                self._over.set()
                self._hosts.room.stop.set()
                raise
        for worker in workers:
            worker.result()

    def _work(self, name: str) -> None:
        lab = hosts_status()
        judge = Judge(lab, lab.host(name))
        role = self._hosts.roles[name]
        jobs = self._queues.get(role)
        try:
            while jobs and not self._over.is_set() and self._clock.left_s > LONGEST_S:
                try:
                    job = jobs.get_nowait()
                except queue.Empty:
                    return
                entry = self._do(name, judge, job)
                self._ledger.add({"role": role.value, "host": name, "fault": _name(job), **entry})
                self._clock.say(_line(self._ledger.entries, name, _name(job), entry))
                if entry["lost"]:
                    return
        except BaseException:
            self._over.set()
            raise

    def _do(self, name: str, judge: Judge, job: Job) -> Entry:
        if isinstance(job, str):
            return self._rolled_back(name, judge)
        struck: Struck = self._striker.strike(name, judge, job)
        return struck.entry()

    def _rolled_back(self, name: str, judge: Judge) -> Entry:
        """A whole hardening by the real playbooks, confirmed, then taken back."""
        room = self._hosts.room
        world = world_of(room, room.playbooks)
        run = f"bench-{self._clock.seed}-rollback"
        done = HardenHost(name, run, (), (), drains=False).apply(world, lambda _: None)
        if not done["changed"]:
            raise BenchFailed(f"{name}: the hardening to roll back changed nothing")
        hardened = len(judge.differing())
        begun = time.monotonic()
        restored = RestoreHost(name, run).apply(world, lambda _: None)["restored"]
        rollback_s = round(time.monotonic() - begun, 1)
        differing = judge.differing()
        return {
            "lost": not judge.lets_in_within(LETS_IN_WITHIN_S),
            "etc_identical": not differing,
            "differing": differing[:20],
            "hardened_paths": hardened,
            "rollback_s": rollback_s,
            "not_restored": restored["failed"],
        }


def _measured(entries: Sequence[Entry], *, complete: bool) -> Measured:
    struck = [entry for entry in entries if entry["fault"] != ROLLBACK]
    rolled = [entry for entry in entries if entry["fault"] == ROLLBACK]
    if not struck:
        raise BenchFailed("no fault was tried: the time was over")
    restores = [entry["restore_s"] for entry in struck if entry["restore_s"] is not None]
    figures: dict[str, float | int] = {
        "faults": len(struck),
        "hosts_lost": sum(entry["lost"] for entry in (*struck, *rolled)),
        "doors_shut": sum(entry["shut"] for entry in struck),
        "doors_left_open": sum(not entry["shut"] for entry in struck),
        "etc_identical": _share(struck),
    }
    if restores:
        figures |= {"restore_p50_s": middle(restores), "restore_p100_s": max(restores)}
    if rolled:
        figures |= {
            "rollback_etc_identical": _share(rolled),
            "rollback_p100_s": max(entry["rollback_s"] for entry in rolled),
        }
    by_fault: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        by_fault.setdefault(entry["fault"], {})[entry["role"]] = {
            name: value for name, value in entry.items() if name not in ("key", "role", "fault")
        }
    return Measured(figures, {"by_fault": dict(sorted(by_fault.items()))}, NOTES, complete)


def _share(entries: Sequence[Entry]) -> float:
    """Rounded down: one that differs never vanishes in the digits."""
    same = sum(bool(entry["etc_identical"]) for entry in entries)
    return same * 10_000 // len(entries) / 10_000


def _line(entries: Sequence[Entry], host: str, fault: str, entry: Entry) -> str:
    how = "LOST" if entry["lost"] else ("as before" if entry["etc_identical"] else "NOT as before")
    if fault == ROLLBACK:
        return f"{len(entries)}: {host}: {entry['hardened_paths']} paths back in {entry['rollback_s']} s; {how}"
    door = "shut" if entry["shut"] else "open"
    when = f"back after {entry['restore_s']} s" if entry["restore_s"] is not None else entry["ended"]
    return f"{len(entries)}: {host}: {fault}: door {door}; {when}; {how}"
