"""Fuzzed dossiers by the thousand: whether any ends in a traceback, or is accepted without a proven restore."""

import shutil
import tempfile
import traceback
from pathlib import Path

from ndcops.model.lifecycle import LifecycleState
from tests.bench.result import AtLeast, Measured
from tests.bench.sandbox import REPOSITORY, Sandbox
from tests.bench.timing import Clock
from tests.fuzzed_dossiers import FuzzedDossier, drive, proven_restore, read_fuzzed
from tests.onboarding_world import Keys

TARGETS = {"tracebacks": 0, "accepted_without_restore": 0, "accepted": AtLeast(100)}
ROUNDS = 10
CASES = 1000

NOTES = (
    "a case: a sample dossier spoilt as bytes, as YAML or as values (a fifth stays whole), read, assessed, and "
    "driven through the gates by evidence that is honest in half of the cases",
    "accepted_without_restore: judged from the ledger's records by code of its own, not by the gates'",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """A thousand cases a round, none twice."""
    del sandbox
    samples = [path.read_text() for path in sorted((REPOSITORY / "inventory/agencies").glob("*/dossier.yaml"))]
    keys = {agency: Keys(agency) for agency in ("bo-tu-phap", "tinh-bac-ninh")}
    counts = {"cases": 0, "read": 0, "accepted": 0, "tracebacks": 0, "accepted_without_restore": 0}
    faults: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="ndcops-fuzz-"))
    rounds = 0
    try:
        for number in clock.rounds("thousand"):
            for case in range(CASES):
                seed = 1_000_000 * clock.seed + CASES * number + case
                _judge(seed, samples[seed % len(samples)], keys, folder, counts, faults)
            rounds += 1
    finally:
        shutil.rmtree(folder)
    return Measured(counts, {"faults": faults[:20]}, NOTES, complete=rounds >= clock.wanted)


def _judge(
    seed: int, sample: str, keys: dict[str, Keys], folder: Path, counts: dict[str, int], faults: list[str]
) -> None:
    counts["cases"] += 1
    try:
        case = FuzzedDossier(seed, sample)
        dossier = read_fuzzed(case, folder)
        if dossier is None:
            return
        counts["read"] += 1
        journey = drive(case, dossier, keys.get(dossier.id, keys["bo-tu-phap"]))
    except Exception:  # what is counted is whatever escapes
        counts["tracebacks"] += 1
        faults.append(f"seed {seed}: {traceback.format_exc(limit=-3)}")
        return
    if journey is None or journey.standing().state is not LifecycleState.ACCEPTED:
        return
    counts["accepted"] += 1
    if not proven_restore(journey):
        counts["accepted_without_restore"] += 1
        faults.append(f"seed {seed}: accepted without a proven restore")
