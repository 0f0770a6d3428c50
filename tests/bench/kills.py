"""kill -9 of ndcops, engine, provider and apiserver at random moments of an up: does the next up converge.

Kills add up over calls, as long as program, stacks, inventory and seed are the same.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ndcops.lab.processes import find_marked
from tests.bench.objects import compare
from tests.bench.processes import descendants, with_setting
from tests.bench.result import Measured, source_key
from tests.bench.sandbox import BenchFailed, Finished, Sandbox, end, results_folder
from tests.bench.small_inventory import write_small_inventories
from tests.bench.timing import Clock

FAULTS = ("not_converged", "not_settled", "duplicated", "orphaned", "lost", "unfinished", "strays")
TARGETS = dict.fromkeys(FAULTS, 0)
ROUNDS = 20
SITE = "ndc1"
NODES_PER_SITE = 40
VICTIMS = ("ndcops", "engine", "provider", "apiserver")
INTERRUPTED_TIMEOUT_S = 300
MOST_TRIES = 6

NOTES = (
    "every up is of one site with one replica a workload: from nothing, or from one inventory to another "
    "(other images, one system more or less), by seed",
    "not_converged: the next up did not end with 0; not_settled: the up after it changed something",
    "duplicated: twice in a state; orphaned: live with our mark, in no state; lost: in a state, not live; "
    "unfinished: pending operations in a state; strays: processes left after the last up",
)


@dataclass(frozen=True)
class Plan:
    """One kill: whom, in which kind of up, after which share of its usual time."""

    number: int
    victim: str
    from_nothing: bool
    share: float
    outage_s: float

    @classmethod
    def of(cls, seed: int, number: int) -> "Plan":
        """The kill with this number: victims take turns, all else is by seed."""
        chance = random.Random(f"{seed}/{number}")
        victim = VICTIMS[(number - 1) % len(VICTIMS)]
        return cls(number, victim, chance.random() < 0.5, chance.uniform(0.02, 0.98), chance.uniform(0.5, 4))


class Storm:
    """The lab, which of the two inventories was asked for last, and how long an up usually takes."""

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        self._clock = clock
        folders = write_small_inventories(sandbox.root / "inventories", SITE)
        self._sandboxes = [replace(sandbox, inventory=folder) for folder in folders]
        self._usual_s: dict[bool, float] = {}
        self.sandbox = self._sandboxes[0]

    def prepare(self) -> None:
        """Start the lab and time an undisturbed up of either kind."""
        self._clock.say(f"lab up with {NODES_PER_SITE} nodes a site, and an undisturbed up of either kind")
        self.heal()
        self._usual_s[True] = self._up().required().wall_s
        self._turn()
        self._usual_s[False] = self._up().required().wall_s

    def heal(self) -> None:
        """Start what is missing of the lab."""
        self.sandbox.ndcops("--json", "lab", "up", "--nodes", str(NODES_PER_SITE)).required()

    def strike(self, plan: Plan) -> dict[str, Any]:
        """Kill, converge, look. The kill comes earlier when the up was over before it."""
        share = plan.share
        for _ in range(MOST_TRIES):
            self._begin(plan)
            hit = self._kill_during_up(plan, share * self._usual_s[plan.from_nothing])
            if hit is not None:
                return {**asdict(plan), **hit, **self._aftermath()}
            share /= 2
        raise BenchFailed(f"kill {plan.number}: an up never lived long enough to kill its {plan.victim}")

    def _begin(self, plan: Plan) -> None:
        if plan.from_nothing:
            self.sandbox.ndcops("--site", SITE, "--yes", "--json", "stack", "destroy").required()
        else:
            self._turn()

    def _turn(self) -> None:
        first, second = self._sandboxes
        self.sandbox = second if self.sandbox is first else first

    def _up(self) -> Finished:
        return self.sandbox.ndcops("--site", SITE, "--yes", "--json", "stack", "up")

    def _kill_during_up(self, plan: Plan, after_s: float) -> dict[str, Any] | None:
        """What happened, or None when the up was over first."""
        began = time.monotonic()
        process = self.sandbox.start("--site", SITE, "--yes", "--json", "stack", "up", said="killed")
        try:
            time.sleep(after_s)
            killed = _kill_when_seen(plan.victim, process, self.sandbox)
            moment_s = time.monotonic() - began
            if killed and plan.victim == "apiserver":
                time.sleep(plan.outage_s)
                self.heal()
            code = process.wait(INTERRUPTED_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise BenchFailed(f"kill {plan.number}: the up did not end after its {plan.victim} died") from error
        finally:
            end(process)
        return {"moment_s": round(moment_s, 2), "interrupted_exit": code} if killed else None

    def _aftermath(self) -> dict[str, Any]:
        """One up that shall converge, one that shall change nothing, then states against the cluster."""
        converged = self._up()
        again = self._up() if converged.exit_code == 0 else None
        changes = _changes(again) if again is not None else None
        found = compare(self.sandbox, SITE)
        strays = with_setting("NDCOPS_STATE_DIR", str(self.sandbox.state))
        said = "" if converged.exit_code == 0 else (converged.stderr or converged.stdout)[-2000:]
        return {
            "next_up_s": round(converged.wall_s, 1),
            "next_up_exit": converged.exit_code,
            "next_up_said": said,
            "changed_again": changes,
            "not_converged": int(converged.exit_code != 0),
            "not_settled": int(bool(changes)),
            "duplicated": len(found.duplicated),
            "orphaned": len(found.orphaned),
            "lost": len(found.lost),
            "unfinished": found.unfinished,
            "strays": len(strays),
            "objects": [str(key) for key in (*found.duplicated, *found.orphaned, *found.lost)],
        }


def _changes(done: Finished) -> dict[str, Any]:
    if done.exit_code != 0:
        return {"exit": done.exit_code, "said": (done.stderr or done.stdout)[-2000:]}
    return {key: each["changes"] for key, each in done.document()["done"].items() if each["changes"]}


def _kill_when_seen(victim: str, process: "subprocess.Popen[str]", sandbox: Sandbox) -> bool:
    """SIGKILL the victim as soon as there is one; False when the up was over first."""
    while process.poll() is None:
        for pid in _pids_of(victim, process, sandbox):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            return True
        time.sleep(0.01)
    return False


def _pids_of(victim: str, process: "subprocess.Popen[str]", sandbox: Sandbox) -> list[int]:
    if victim == "ndcops":
        return [process.pid]
    if victim == "apiserver":
        marked = find_marked(sandbox.lab.lab_id)
        return [each.pid for each in marked if each.role == f"{SITE}/kube-apiserver"]
    below = descendants(process.pid)
    return [each.pid for each in below if (each.is_engine if victim == "engine" else each.is_provider)]


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """As many kills as are missing and as the time allows; figures are over all of this seed and these sources."""
    journal = results_folder() / "kills.jsonl"
    key = f"{source_key()}/{clock.seed}"
    struck = _struck_before(journal, key)
    clock.say(f"{len(struck)} kills of seed {clock.seed} and these sources are done")
    if len(struck) < clock.wanted:
        storm = Storm(sandbox, clock)
        storm.prepare()
        for number in clock.rounds("kill", first=len(struck) + 1):
            entry = {"key": key, **storm.strike(Plan.of(clock.seed, number))}
            with journal.open("a") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            struck.append(entry)
            clock.say(_line(entry))
            if entry["not_converged"]:
                storm.sandbox.ndcops("--site", SITE, "--yes", "--json", "stack", "up").required()
    figures = {"kills": len(struck), **{fault: sum(each[fault] for each in struck) for fault in FAULTS}}
    samples = {"kills_by_victim": Counter(each["victim"] for each in struck), "kills": struck}
    return Measured(figures, samples, NOTES, complete=len(struck) >= clock.wanted)


def _struck_before(journal: Path, key: str) -> list[dict[str, Any]]:
    """Kills of earlier calls; a line that was cut off by a kill of the benchmark itself counts as not done."""
    found = []
    for line in journal.read_text().splitlines() if journal.exists() else []:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if entry["key"] == key:
            found.append(entry)
    return found


def _line(entry: dict[str, Any]) -> str:
    faults = {fault: entry[fault] for fault in FAULTS if entry[fault]}
    up = "from nothing" if entry["from_nothing"] else "of changes"
    return (
        f"kill {entry['number']}: {entry['victim']} after {entry['moment_s']} s of an up {up}, "
        f"which ended with {entry['interrupted_exit']}; next up {entry['next_up_s']} s; "
        f"{faults or 'converged, nothing twice, orphaned or lost'}"
    )
