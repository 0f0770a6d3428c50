"""Fuzzed dossiers: never a traceback, and none is accepted without a proven restore at another site."""

from pathlib import Path

from ndcops.model.lifecycle import LifecycleState
from tests.fuzzed_dossiers import FuzzedDossier, drive, proven_restore, read_fuzzed
from tests.onboarding_world import Keys

SAMPLES = Path(__file__).resolve().parents[2] / "inventory" / "agencies"
CASES = 500


def test_fuzzed_dossiers_never_reach_accepted_without_a_proven_restore(tmp_path):
    samples = [path.read_text() for path in sorted(SAMPLES.glob("*/dossier.yaml"))]
    keys = {agency: Keys(agency) for agency in ("bo-tu-phap", "tinh-bac-ninh")}
    read = accepted = 0
    for seed in range(CASES):
        case = FuzzedDossier(seed, samples[seed % len(samples)])
        dossier = read_fuzzed(case, tmp_path)
        if dossier is None:
            continue
        read += 1
        journey = drive(case, dossier, keys.get(dossier.id, keys["bo-tu-phap"]))
        if journey is not None and journey.standing().state is LifecycleState.ACCEPTED:
            accepted += 1
            assert proven_restore(journey), seed
    assert read > CASES / 5
    assert accepted > CASES / 50, "a fuzz in which nothing arrives shows nothing"
