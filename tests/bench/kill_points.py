"""kill -9 of a real process before and after every outside call of a switch, an evacuation and a failback.

The outside is the simulated country in another process; what is killed is the room as it runs in production. After
each kill another process, at another site, takes the run up; the end must be that of a run that nobody killed.
"""

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ndcops.failover.plan.order import AcceptedRisk, Order
from ndcops.failover.run.past import CLOSED
from ndcops.failover.run.room import Failover
from ndcops.model.record import canonical_json, find_break
from ndcops.model.service import Service
from tests.bench.result import AtLeast, Measured, source_key
from tests.bench.sandbox import BenchFailed, Sandbox, results_folder
from tests.bench.timing import Clock
from tests.simulation.process_world import Ended, ProcessWorld
from tests.simulation.sample_services import service
from tests.simulation.sites import SITES

ROUNDS = 10_000
"""The most points of one call; all there are, in practice."""
TARGETS = {
    "points": AtLeast(200),
    "diverged": 0,
    "done_twice": 0,
    "two_primaries": 0,
    "broken_chains": 0,
    "resume_p100_s": 5.0,
}
_LEASE_S = 16.0
NOTES = (
    "points: one outside call (reads and the journal too) of one run, killed before or after its effect",
    "diverged: the taken-up run did not end, or roles, pods, names or routes differ from an unkilled run's",
    "done_twice: objects whose wish was changed more often than in an unkilled run",
    "resume_p100_s: real seconds of the process that took over, from its start with the lock free to its "
    "end; waiting for pods, databases and old DNS answers passes in simulated time and is not in it",
    "simulated: everything outside the room; real: the room, its processes, SIGKILL",
)


@dataclass(frozen=True)
class Operation:
    """A kind of run: what stands before it, what is ordered, who is killed where."""

    name: str
    prepare: Callable[[ProcessWorld], None]
    order: Order
    killed_at: str
    taken_up_at: str


def services() -> tuple[Service, ...]:
    """Every kind of data once, with dependencies between them."""
    return (
        service("keys", "volume", "ndc1", "ndc2"),
        service("ident", "patroni", "ndc1", "ndc2", ("keys",)),
        service("regis", "cloudnativepg", "ndc1", "ndc3", ("ident",)),
    )


def _accepted(*more: str) -> tuple[AcceptedRisk, ...]:
    names = [f"{risk}:{one.id}" for one in services() for risk in ("rto", "rpo", "lag-unknown")]
    return tuple(AcceptedRisk(name=name, reason="bench") for name in (*names, *more))


def _switched(world: ProcessWorld) -> None:
    ended = world.run("ndc3", _execute(Order(kind="switch", accepted=_accepted())))
    if ended.problem:
        raise BenchFailed(f"the switch before a failback: {ended.problem}")


def _lose_ndc1(world: ProcessWorld) -> None:
    world.country.kill("ndc1")
    world.kernel.pass_time(1.0)


OPERATIONS = (
    Operation("switch", lambda _: None, Order(kind="switch", accepted=_accepted()), "ndc1", "ndc3"),
    Operation(
        "evacuate",
        _lose_ndc1,
        Order(kind="evacuate", site="ndc1", lost=True, accepted=_accepted()),
        "ndc2",
        "ndc3",
    ),
    Operation("failback", _switched, Order(kind="failback", accepted=_accepted()), "ndc2", "ndc3"),
)


def _execute(order: Order) -> Callable[[Failover], str]:
    def work(room: Failover) -> str:
        proposal = room.propose(order)
        room.execute(proposal)
        return proposal.run

    return work


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Points in a drawn order, as many as are wanted and the time allows; they add up over calls."""
    path = results_folder() / f"kill-points-{source_key()}-{clock.seed}.jsonl"
    trials = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    known = {trial["point"] for trial in trials}
    points: list[tuple[Operation, dict[str, Any], str, tuple[int, str]]] = []
    for operation in OPERATIONS:
        unkilled, calls = _unkilled(operation, clock.seed)
        clock.say(f"{operation.name}: {calls} outside calls")
        points += [(operation, unkilled, name, at) for name, at in _points(operation, calls)]
    left = [point for point in points if point[2] not in known]
    # Whatever the time allows is spread over all operations, and over the whole of each.
    random.Random(clock.seed).shuffle(left)
    for operation, unkilled, name, at in left[: max(0, clock.wanted - len(trials))]:
        if clock.left_s < 20:
            break
        trial = {"point": name, **_trial(operation, clock.seed, at, unkilled)}
        trials.append(trial)
        _append(path, trial)
        if len(trials) % 100 == 0:
            clock.say(f"{len(trials)} of {len(points)} points, {sum(t['diverged'] for t in trials)} diverged")
    complete = len(trials) >= min(clock.wanted, len(points))
    return Measured(figures=_figures(trials), samples=_samples(trials), notes=NOTES, complete=complete)


def _points(operation: Operation, calls: int) -> list[tuple[str, tuple[int, str]]]:
    return [
        (f"{operation.name}/{number}/{when}", (number, when))
        for number in range(1, calls + 1)
        for when in ("before", "after")
    ]


def _unkilled(operation: Operation, seed: int) -> tuple[dict[str, Any], int]:
    world = ProcessWorld(seed, services())
    operation.prepare(world)
    ended = world.run(operation.killed_at, _execute(operation.order))
    if ended.problem:
        raise BenchFailed(f"{operation.name} without a kill: {ended.problem}")
    return _settled(world), ended.calls


def _trial(operation: Operation, seed: int, at: tuple[int, str], unkilled: dict[str, Any]) -> dict[str, Any]:
    world = ProcessWorld(seed, services())
    operation.prepare(world)
    killed = world.run(operation.killed_at, _execute(operation.order), kill_at=at)
    world.kernel.pass_time(_LEASE_S)  # the dead process's lease runs out
    taken = _take_up(world, operation) if killed.killed else killed
    found = _settled(world)
    twice = [k for k, count in found["changes"].items() if count > unkilled["changes"].get(k, 0)]
    diverged = bool(taken.problem) or found["state"] != unkilled["state"]
    return {
        "diverged": int(diverged),
        "done_twice": len(twice),
        "twice": twice,
        "two_primaries": len(world.country.judge.violations),
        "broken_chains": sum(find_break(records) is not None for records in world.state.runs.values()),
        "resume_s": round(taken.wall_s, 3),
        "problem": taken.problem[:400],
    }


def _take_up(world: ProcessWorld, operation: Operation) -> Ended:
    """Resume what the store calls open; when nothing was begun, give the order again."""
    runs = world.state.runs
    open_runs = [r for r, rs in runs.items() if rs[-1].kind != "run/ended" or rs[-1].body["result"] not in CLOSED]
    if open_runs:
        return world.run(operation.taken_up_at, lambda room: str(room.resume(open_runs[0])))
    last = next(reversed(runs.values()), None)
    ordered = last[0].body["ordered"].get("order", {}) if last else {}
    if last is not None and ordered.get("kind") == operation.order.kind and last[-1].body.get("result") == "done":
        return Ended(False, 0, 0.0)  # killed after its last record: there is nothing left to do
    return world.run(operation.taken_up_at, _execute(operation.order))


def _settled(world: ProcessWorld) -> dict[str, Any]:
    """Roles, pods, names and routes once everything is quiet; how often each object's wish was changed."""
    world.kernel.pass_time(60.0)
    country = world.country
    objects: dict[str, Any] = {f"pods {'/'.join(k)}": held for k, held in country.pods.items()}
    objects |= {f"route {'/'.join(k)}": held for k, held in country.routes.items()}
    objects |= {f"name {'/'.join(k)}": held for k, held in country.records.items()}
    objects |= {f"cluster {n}@{s}": held for n, c in country.clusters.items() for s, held in c.objects.items()}
    objects |= {f"volume {n}@{s}": held for n, v in country.volumes.items() for s, held in v.objects.items()}
    state = {key: _wishes(held) for key, held in objects.items()}
    state |= {f"database {name}": [store.leader] for name, store in country.patroni.items()}
    state |= {f"fence {'/'.join(k)}": [held[0]] for k, held in country.fences.standing.items()}
    changes = {key: held.changes for key, held in objects.items()}
    changes |= {f"database {name}": store.changes for name, store in country.patroni.items()}
    return {"state": state, "changes": changes}


def _wishes(held: Any) -> list[Any]:
    names = ("replicas", "ready", "is_open", "addresses", "ttl_s", "primary", "source", "wanted", "state")
    return [getattr(held, name) for name in names if hasattr(held, name)]


def _append(path: Path, trial: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(trial) + "\n")


def _figures(trials: Sequence[dict[str, Any]]) -> dict[str, float | int]:
    sums = ("diverged", "done_twice", "two_primaries", "broken_chains")
    return {
        "points": len(trials),
        **{name: sum(trial[name] for trial in trials) for name in sums},
        "resume_p100_s": max((trial["resume_s"] for trial in trials), default=0.0),
    }


def _samples(trials: Sequence[dict[str, Any]]) -> dict[str, Any]:
    bad = [t for t in trials if t["diverged"] or t["done_twice"] or t["two_primaries"]]
    by_operation: dict[str, int] = {}
    for trial in trials:
        name = trial["point"].split("/")[0]
        by_operation[name] = by_operation.get(name, 0) + 1
    digest = hashlib.sha256(canonical_json([t["point"] for t in trials])).hexdigest()
    return {"points": by_operation, "sites": list(SITES), "points_sha256": digest, "bad": bad[:20]}
