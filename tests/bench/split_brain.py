"""Never two primaries: seeded runs of the room in a simulated country with cuts, freezes, kills, lost replies.

Real: plan, steps, runner, resume, abort. Simulated: sites, Patroni, CloudNativePG, storage, DNS, the coordination
store, time. Runs add up over calls as long as the program is the same.
"""

import json
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench.result import AtLeast, Measured, cores, source_key
from tests.bench.sandbox import Sandbox, results_folder
from tests.bench.timing import Clock
from tests.simulation.scenario import Outcome, run_seed

ROUNDS = 100
"""Of a hundred seeds each: 10,000 runs in all."""
SEEDS_A_ROUND = 100
SEEDS_APART = 1_000_000
TARGETS = {
    "runs": AtLeast(ROUNDS * SEEDS_A_ROUND),
    "violations": 0,
    "lost_writes_planned": 0,
    "lost_beyond_rpo": 0,
    "broken_chains": 0,
    "unsettled": 0,
}
NOTES = (
    "violations: runs in which two sides of one store could take writes at one moment, asked of the stores "
    "themselves after every event and every outside write",
    "lost_writes_planned: acknowledged writes that are gone although no site was lost",
    "lost_beyond_rpo: acknowledged writes gone after a loss although the database had a synchronous standby, or "
    "older than the RPO that the plan stated",
    "unsettled: runs that operators could not bring to one side, with names leading there, once all was healed",
    "simulated: everything outside the room; real: plan, steps, runner, resume, abort, rejoin",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Seeds that no earlier call played, as far as the time goes."""
    path = results_folder() / f"split-brain-{source_key()}-{clock.seed}.jsonl"
    played = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    first = len(played) // SEEDS_A_ROUND + 1
    with multiprocessing.Pool(cores()) as pool:
        for number in clock.rounds("split_brain", first=first):
            begin = clock.seed * SEEDS_APART + (number - 1) * SEEDS_A_ROUND
            found = [_kept(outcome) for outcome in pool.imap(run_seed, range(begin, begin + SEEDS_A_ROUND))]
            _append(path, found)
            played += found
            clock.say(f"{len(played)} runs, {sum(bool(each['violations']) for each in played)} with two primaries")
    return Measured(
        figures=_figures(played),
        samples=_samples(played),
        notes=NOTES,
        complete=len(played) >= ROUNDS * SEEDS_A_ROUND,
    )


def _kept(outcome: Outcome) -> dict[str, Any]:
    return {
        "seed": outcome.seed,
        "kind": outcome.kind,
        "violations": outcome.violations[:3],
        "lost_planned": outcome.lost_planned,
        "over_rpo": outcome.over_rpo,
        "broken_chains": outcome.broken_chains,
        "converged": outcome.converged,
        "left": outcome.left[:5],
        "operators": len(outcome.endings),
        "calls": outcome.calls,
        "acknowledged": outcome.acknowledged,
        "runs": outcome.runs,
    }


def _append(path: Path, found: Sequence[dict[str, Any]]) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps(each) + "\n" for each in found)


def _figures(played: Sequence[dict[str, Any]]) -> dict[str, float | int]:
    return {
        "runs": len(played),
        "violations": sum(bool(each["violations"]) for each in played),
        "lost_writes_planned": sum(each["lost_planned"] for each in played),
        "lost_beyond_rpo": sum(each["over_rpo"] for each in played),
        "broken_chains": sum(each["broken_chains"] for each in played),
        "unsettled": sum(not each["converged"] for each in played),
        "outside_calls": sum(each["calls"] for each in played),
        "acknowledged_writes": sum(each["acknowledged"] for each in played),
        "operators": sum(each["operators"] for each in played),
    }


def _samples(played: Sequence[dict[str, Any]]) -> dict[str, Any]:
    kinds = Counter(each["kind"] for each in played)
    endings: Counter[str] = Counter()
    for each in played:
        endings.update(each["runs"])
    return {"kinds": dict(kinds), "journaled_runs": dict(endings), "bad": list(_bad(played))[:20]}


def _bad(played: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in played:
        if each["violations"] or each["lost_planned"] or each["over_rpo"] or not each["converged"]:
            yield each
