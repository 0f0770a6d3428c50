"""Changing the writing end: from an agency's server into the centre, and back."""

from ndcops.onboarding.run.switching.acceptance import Acceptance, AcceptanceProposal
from ndcops.onboarding.run.switching.decommission import Decommission
from ndcops.onboarding.run.switching.rehearsal import Rehearsed, Rehearsing
from ndcops.onboarding.run.switching.room import Switching, SwitchProposal

__all__ = [
    "Acceptance",
    "AcceptanceProposal",
    "Decommission",
    "Rehearsed",
    "Rehearsing",
    "SwitchProposal",
    "Switching",
]
