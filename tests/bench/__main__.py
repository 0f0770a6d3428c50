"""Runs one benchmark: progress on stderr, one JSON object as last line of stdout.

Exit codes: 0 all targets met, 1 a target missed or too few rounds done, 2 usage, 3 nothing could be measured,
130 interrupted.
"""

import argparse
import json
import signal
import sys
from datetime import UTC, datetime
from types import FrameType, ModuleType

from ndcops.model.errors import NdcopsError
from tests.bench import (
    apply,
    buy,
    capacity,
    cutover,
    dossiers,
    drifts,
    drills,
    evacuate,
    events,
    fit_truth,
    forecast,
    harden,
    kill_points,
    kills,
    lab,
    ledger,
    lockout,
    mutations,
    portfolio,
    probe,
    rollback,
    seed,
    split_brain,
    split_lab,
    survive_truth,
    switch,
    tenancy,
    traffic,
    verify,
)
from tests.bench.result import judged, machine, versions
from tests.bench.sandbox import BenchFailed, opened, results_folder
from tests.bench.timing import Clock

BENCHMARKS: dict[str, ModuleType] = {
    "apply": apply,
    "lab": lab,
    "ledger": ledger,
    "portfolio": portfolio,
    "kills": kills,
    "forecast": forecast,
    "buy": buy,
    "capacity": capacity,
    "fit-truth": fit_truth,
    "survive-truth": survive_truth,
    "harden": harden,
    "drifts": drifts,
    "drills": drills,
    "events": events,
    "traffic": traffic,
    "lockout": lockout,
    "probe": probe,
    "seed": seed,
    "dossiers": dossiers,
    "mutations": mutations,
    "switch": switch,
    "cutover": cutover,
    "rollback": rollback,
    "split-brain": split_brain,
    "split-lab": split_lab,
    "kill-points": kill_points,
    "evacuate": evacuate,
    "tenancy": tenancy,
    "verify": verify,
}


def main() -> int:
    """Parse, measure, record, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS), help="make bench NAME=…")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same order (default 1)")
    parser.add_argument("--rounds", type=int, help="rounds, for kills how many in all")
    given = parser.parse_args()
    benchmark = BENCHMARKS[given.name]
    signal.signal(signal.SIGTERM, _interrupt)
    head = {"bench": given.name, "began_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "machine": machine()}
    clock = Clock(given.seed, given.rounds or benchmark.ROUNDS)
    try:
        head |= {"versions": versions(), "seed": given.seed}
        with opened(given.name) as sandbox:
            measured = benchmark.measure(sandbox, clock)
    except KeyboardInterrupt:
        print(f"bench {given.name}: interrupted and cleared up", file=sys.stderr)
        return 130
    except BenchFailed as error:
        print(f"bench {given.name}: {error}", file=sys.stderr)
        return 3
    except NdcopsError as error:
        print("\n".join([f"bench {given.name}: {error.message}", *error.details]), file=sys.stderr)
        return 3
    result = {**head, "duration_s": round(clock.elapsed_s, 1), **judged(measured, benchmark.TARGETS)}
    line = json.dumps(result, ensure_ascii=False)
    with (results_folder() / "results.jsonl").open("a") as file:
        file.write(line + "\n")
    print(line)
    return 0 if measured.complete and all(result["met"].values()) else 1


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """End as by Ctrl-C: the sandbox is cleared up."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
