"""Never two primaries, on the lab: moves with a fault in their middle, brought to an end by whoever comes next.

Real: the room, its processes, etcd, Patroni, PostgreSQL, BIND, API servers. Trials add up over calls, as long as
program, stacks, inventory and seed are the same.
"""

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ndcops.failover.plan.location import locate
from ndcops.failover.run.past import CLOSED
from ndcops.failover.run.room import Failover
from ndcops.model.errors import ExitCode
from ndcops.model.target import TargetKind
from ndcops.wiring.failover import failover
from tests.bench.moving_country import (
    SERVICE,
    SETTLED_TIMEOUT_S,
    Country,
    lost_writes,
    moving_country,
    seen,
    took_turns,
)
from tests.bench.result import AtLeast, Measured, source_key
from tests.bench.sandbox import BenchFailed, Sandbox, end, results_folder
from tests.bench.timing import Clock, until

ROUNDS = 100
RATE_PER_S = 50
FAULTS = ("killed operator", "frozen operator", "cut site", "killed site")
TRIES = 6
MOST_RECORDS = 30
TARGETS = {"trials": AtLeast(ROUNDS), "violations": 0, "lost_writes": 0, "unsettled": 0, "woken_writers": 0}
NOTES = (
    "each trial: a planned switch; after a drawn number of records its operator is killed (SIGKILL) or "
    "frozen (SIGSTOP until another one has ended the run), or the site that it leaves is cut off or killed",
    "violations: trials in which an address confirmed writes again after another one had, as the client outside "
    "saw it",
    "unsettled: trials after which data, names and pods were not at one side, or a run was left open",
    "woken_writers: frozen operators that, woken up, ended as if they had moved the service",
    "simulated: nodes and pods (KWOK)",
)


@dataclass(frozen=True)
class Trial:
    """What one trial came to."""

    number: int
    fault: str
    records: int
    violation: bool
    lost: int
    settled: bool
    woken_writer: bool
    took_s: float
    problem: str = ""


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Trials that no earlier call made, as far as the time goes."""
    record = _record(clock.seed)  # before the state folder is the sandbox's
    done = [each for each in _past(record) if each.number <= clock.wanted]
    with moving_country(sandbox, rate_per_s=RATE_PER_S) as country:
        room = failover(
            TargetKind.LAB.value, country.sandbox.inventory, stop=threading.Event(), on_step=lambda _: None
        )
        for number in clock.rounds("split_lab", first=len(done) + 1):
            done.append(_trial(number, clock.seed, country, room))
            with record.open("a") as file:
                file.write(json.dumps(asdict(done[-1])) + "\n")
            clock.say(f"{done[-1]}")
    bad = [asdict(each) for each in done if each.violation or each.lost or not each.settled]
    return Measured(_figures(done), {"bad": bad[:10]}, NOTES, len(done) >= clock.wanted)


def _trial(number: int, seed: int, country: Country, room: Failover) -> Trial:
    chance = random.Random(f"{seed}/{number}")
    fault, wanted = FAULTS[number % len(FAULTS)], chance.randint(1, MOST_RECORDS)
    country.wait_until_whole()
    source = country.leader_site()
    country.wait_until_whole(confirming=country.other(source))
    began, known = datetime.now(UTC), {head.run for head in room.runs()}
    woken = False
    with _operator(country, "failover", "switch", SERVICE) as operator:
        records = _once_begun(room, known, operator, wanted)
        if fault == "killed operator":
            operator.kill()
        elif fault == "frozen operator":
            operator.send_signal(signal.SIGSTOP)
        elif fault == "cut site":
            country.ndcops("lab", "partition", source)
            time.sleep(chance.uniform(2, 15))
            country.ndcops("lab", "heal", source)
        else:
            country.ndcops("lab", "kill", source)
            _leave(country, room, source)
        if fault == "frozen operator":
            _finish(country, room)
            operator.send_signal(signal.SIGCONT)
            woken = operator.wait(60) == 0 and records < wanted + MOST_RECORDS and _was_taken_up(room, known)
    problem = _finish(country, room)
    whole = seen(began)
    return Trial(
        number,
        fault,
        records,
        took_turns(whole),
        lost_writes(whole),
        not problem,
        woken,
        round((datetime.now(UTC) - began).total_seconds(), 1),
        problem,
    )


@contextmanager
def _operator(country: Country, *words: str) -> "Iterator[subprocess.Popen[str]]":
    """A command under way; ended in any case, also a frozen one."""
    process = country.sandbox.start("--json", "--yes", *words, said="operator")
    try:
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGCONT)
            end(process)


def _once_begun(room: Failover, known: set[str], operator: "subprocess.Popen[str]", wanted: int) -> int:
    """Wait until the new run has that many records, or is over; returns how many it has."""
    deadline = time.monotonic() + SETTLED_TIMEOUT_S
    while time.monotonic() < deadline:
        new = [head for head in room.runs() if head.run not in known]
        if new and (new[0].records >= wanted or new[0].ending):
            return new[0].records
        if operator.poll() is not None:
            return 0
        time.sleep(0.02)
    raise BenchFailed("the switch did not begin")


def _was_taken_up(room: Failover, known: set[str]) -> bool:
    """Whether somebody else, under a later epoch, ended the run."""
    new = [head for head in room.runs() if head.run not in known]
    return any(len({record.epoch for record in room.records(head.run)}) > 1 for head in new)


def _leave(country: Country, room: Failover, source: str) -> None:
    """All leaves the lost site; the switch that did not end is replaced. Then it comes back and rejoins."""
    for _ in range(TRIES):
        risks = [word for run in _open(room) for word in ("--accept", f"open-run:{run}")]
        reason = ("--because", "its site is lost") if risks else ()
        words = ("failover", "evacuate", source, "--lost", *risks, *reason)
        if country.sandbox.ndcops("--json", "--yes", *words).exit_code in (ExitCode.DONE, ExitCode.USAGE):
            break  # it has left, or had left before: nothing to move
        time.sleep(4)
    country.ndcops("lab", "revive", source)


def _finish(country: Country, room: Failover) -> str:
    """Whoever comes next takes up open runs, lets lost sites rejoin; returns what is left, in words."""
    problem = "never looked"
    for _ in range(TRIES):
        open_runs = _open(room)
        for run in open_runs:
            _ended_well(country, "failover", "resume", run)
        problem = _left(country, room)
        if not problem:
            return ""
        if not open_runs:
            _ended_well(country, "failover", "failback")
        time.sleep(3)
    return problem


def _left(country: Country, room: Failover) -> str:
    if open_runs := _open(room):
        return f"open: {', '.join(open_runs)}"
    facts = room.read((SERVICE,))
    (found,) = facts.services
    place = locate(facts, found)
    if not place.site or place.names != place.site:
        return f"data at {place.site or '; '.join(place.doubts)}, names at {place.names or place.astray}"
    running = {state.ref.site for state in found.workloads if state.replicas}
    if running != {place.site}:
        return f"data at {place.site}, pods at {sorted(running)}"
    until(lambda: country.leader_site() == place.site, "the leader stays", SETTLED_TIMEOUT_S)
    return ""


def _open(room: Failover) -> list[str]:
    return [head.run for head in room.runs() if head.ending not in CLOSED]


def _ended_well(country: Country, *words: str) -> bool:
    return country.sandbox.ndcops("--json", "--yes", *words).exit_code == 0


def _figures(done: list[Trial]) -> dict[str, float | int]:
    return {
        "trials": len(done),
        "violations": sum(each.violation for each in done),
        "lost_writes": sum(each.lost for each in done),
        "unsettled": sum(not each.settled for each in done),
        "woken_writers": sum(each.woken_writer for each in done),
        **{fault.replace(" ", "_"): sum(each.fault == fault for each in done) for fault in FAULTS},
    }


def _record(seed: int) -> Path:
    return results_folder() / f"split-lab-{source_key()}-{seed}.jsonl"


def _past(path: Path) -> list[Trial]:
    lines: list[Any] = path.read_text().splitlines() if path.exists() else []
    return [Trial(**json.loads(line)) for line in lines]
