"""Drills in a row, by the command line: audit logs without one production write, every object as it was.

Drills add up over calls, as long as program, stacks, inventory and seed are the same.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ndcops.lab.probe.control import findings
from tests.bench.moving_country import SERVICE, SITES, moving_country
from tests.bench.result import AtLeast, Measured, middle, source_key
from tests.bench.sandbox import BenchFailed, Sandbox, results_folder
from tests.bench.timing import Clock, until
from tests.production import OBJECTS, AuditLogs, object_versions

ROUNDS = 50
RATE_PER_S = 20
TARGETS = {
    "drills": AtLeast(ROUNDS),
    "passed": AtLeast(ROUNDS),
    "production_writes": 0,
    "changed_objects": 0,
    "left_behind": 0,
    "failed_writes_outside": 0,
}
NOTES = (
    "each drill: an isolated copy of the service at its standby, written to and read, removed",
    "production_writes: successful writes in three sites' audit logs to anything outside the drills' namespaces, "
    "the clusters' own statuses, leases, events, pods and nodes left out",
    "changed_objects: objects of all sites whose version, annotations or identity differ after a drill",
    "left_behind: namespaces of drills that are still there after one; failed_writes_outside: of the service's "
    "own client while drills ran",
    "simulated: nodes and pods (KWOK); real: the room, API servers, audit logs, etcd, Patroni, PostgreSQL",
)


@dataclass(frozen=True)
class Drill:
    """What one drill left."""

    number: int
    took_s: float
    passed: bool
    drill_writes: int
    production_writes: tuple[str, ...]
    changed: tuple[str, ...]
    left_behind: int
    failed_outside: int


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Drills that no earlier call made, on a lab of this call's own."""
    done = [each for each in _past(clock.seed) if each.number <= clock.wanted]
    with moving_country(sandbox, rate_per_s=RATE_PER_S) as country:
        until(lambda: _failed() is not None, "the probe writes", 60)
        for number in clock.rounds("drills", first=len(done) + 1):
            done.append(_drill(number, country.sandbox))
            with _record(clock.seed).open("a") as file:
                file.write(json.dumps(asdict(done[-1])) + "\n")
    return Measured(_figures(done), {"bad": _bad(done)[:10]}, NOTES, len(done) >= clock.wanted)


def _drill(number: int, sandbox: Sandbox) -> Drill:
    logs = AuditLogs.from_now({site: sandbox.lab.site(site) / "audit" / "audit.log" for site in SITES})
    before, failed_before = _objects(sandbox), _failed() or 0
    ended = sandbox.ndcops("--json", "--yes", "failover", "drill", SERVICE).required()
    after = _objects(sandbox)
    checks = [step for step in ended.document()["steps"] if "/check-copy@" in step["key"]]
    return Drill(
        number,
        round(ended.wall_s, 2),
        bool(checks) and all(step["evidence"].get("passed") for step in checks),
        logs.drill_writes(),
        tuple(logs.production_writes()),
        tuple(" ".join(each) for each in sorted(before ^ after)),
        sum(_drill_namespaces(sandbox, site) for site in SITES),
        (_failed() or 0) - failed_before,
    )


def _objects(sandbox: Sandbox) -> set[tuple[str, str, str, str, str]]:
    found = set()
    for site in SITES:
        listed = sandbox.kubectl(site, "get", OBJECTS, "-A", "-o", "json").required().document()
        found |= object_versions(site, listed)
    return found


def _drill_namespaces(sandbox: Sandbox, site: str) -> int:
    listed = sandbox.kubectl(site, "get", "namespaces", "-o", "json").required().document()
    return sum(item["metadata"]["name"].startswith("drill-") for item in listed["items"])


def _failed() -> int | None:
    """Writes of the service's own client that failed so far; None before its first success."""
    found = findings(SERVICE)
    if found is None or not found.running:
        raise BenchFailed("the probe does not run")
    return found.seen.failed if found.seen.last_ok_ms is not None else None


def _figures(done: list[Drill]) -> dict[str, float | int]:
    if not done:
        return {}
    return {
        "drills": len(done),
        "passed": sum(each.passed for each in done),
        "production_writes": sum(len(each.production_writes) for each in done),
        "drill_writes": sum(each.drill_writes for each in done),
        "changed_objects": sum(len(each.changed) for each in done),
        "left_behind": sum(each.left_behind for each in done),
        "failed_writes_outside": sum(each.failed_outside for each in done),
        "drill_p50_s": middle([each.took_s for each in done]),
    }


def _bad(done: list[Drill]) -> list[dict[str, Any]]:
    return [asdict(each) for each in done if each.production_writes or each.changed or each.left_behind]


def _record(seed: int) -> Path:
    return results_folder() / f"drills-{source_key()}-{seed}.jsonl"


def _past(seed: int) -> list[Drill]:
    path = _record(seed)
    lines = path.read_text().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines]
    tuples = ("production_writes", "changed")
    return [Drill(**{key: tuple(v) if key in tuples else v for key, v in each.items()}) for each in found]
