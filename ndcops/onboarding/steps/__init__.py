"""Frozen actions of the onboarding room: write a dossier, keep a record, enter a state, make a landing zone."""

from ndcops.onboarding.steps.apply_zone import ApplyZone, ZoneWorld, decode_apply_zone
from ndcops.onboarding.steps.enter_state import EnterState, decode_enter_state
from ndcops.onboarding.steps.keep_record import KeepRecord, decode_keep_record
from ndcops.onboarding.steps.world import OnboardingWorld
from ndcops.onboarding.steps.write_dossier import WriteDossier, decode_write_dossier

DECODERS = {
    "dossier/write/1": decode_write_dossier,
    "ledger/keep/1": decode_keep_record,
    "ledger/enter-state/1": decode_enter_state,
    "landing-zone/apply/1": decode_apply_zone,
}
"""By `kind/version`: how a journal's step is built again."""

__all__ = ["DECODERS", "ApplyZone", "EnterState", "KeepRecord", "OnboardingWorld", "WriteDossier", "ZoneWorld"]
