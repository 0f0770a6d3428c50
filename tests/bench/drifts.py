"""A hundred seeded drifts on hardened hosts of every role: all found, exactly those repaired."""

import random
from typing import Any

from ndcops.workflow.journal_file import read_journal
from tests.bench.drift_trial import Trial, run_trial
from tests.bench.hardened_hosts import LabFleet, fleet
from tests.bench.host_drifts import Drift, candidates, chosen, kinds
from tests.bench.result import AtLeast, Measured
from tests.bench.sandbox import Sandbox
from tests.bench.timing import Clock

HOSTS = 3
BATCHES = 5
DRIFTS_A_HOST = 5
ROUNDS = BATCHES
TARGETS = {
    "drifts": AtLeast(100),
    "found": AtLeast(100),
    "repaired": AtLeast(100),
    "found_beyond": 0,
    "repaired_beyond": 0,
}
NOTES = (
    "a node, a database host, a bastion and the SIEM; 5 drifts a host and round, no two of one control, chosen by "
    "seed over kinds and over what the controls changed or keep live",
    "found: verify names the drift's control on its host; repaired: a probe from outside says what it said before",
    "repaired_beyond: changed tasks of controls that did not drift, and paths below /etc that are not as before",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """One fleet; a round is one batch of drifts."""
    with fleet(sandbox, HOSTS) as hosts:
        clock.say("hosts are up; hardening them")
        sandbox.ndcops("--json", "--yes", "harden", "apply", "--batch", "2", timeout_s=1500).required()
        trials = _trials(hosts, sandbox, clock)
    made = [drift for drifts, _ in trials for drift in drifts]
    found = [trial for _, trial in trials]
    figures = {
        "drifts": len(made),
        "found": sum(trial.found for trial in found),
        "repaired": sum(trial.repaired for trial in found),
        "found_beyond": sum(len(trial.found_beyond) for trial in found),
        "repaired_beyond": sum(len(trial.repaired_beyond) for trial in found),
        "kinds": len(kinds(made)),
        "controls": len({drift.control for drift in made}),
    }
    samples: dict[str, Any] = {"kinds": kinds(made), "batches": [vars(trial) for trial in found]}
    return Measured(figures, samples, NOTES, len(trials) >= clock.wanted)


def _trials(hosts: LabFleet, sandbox: Sandbox, clock: Clock) -> list[tuple[list[Drift], Trial]]:
    evidence = read_journal(sandbox.state / "lab" / "hardening" / "evidence.jsonl")
    possible = {name: candidates(name, role, evidence) for name, role in hosts.roles.items()}
    seed = random.Random(clock.seed)
    trials = []
    for number in clock.rounds("batch"):
        drifts = [drift for name in sorted(possible) for drift in chosen(possible[name], DRIFTS_A_HOST, seed)]
        trial = run_trial(hosts.room, drifts, run=f"drifts{number}")
        clock.say(f"batch {number}: {trial}")
        trials.append((drifts, trial))
    return trials
