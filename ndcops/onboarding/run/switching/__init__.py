"""Changing the writing end: from an agency's server into the centre, and back."""

from ndcops.onboarding.run.switching.room import Switching, SwitchProposal

__all__ = ["SwitchProposal", "Switching"]
