"""Proves that both ends of a move hold the same: sessions on both, at once."""

from ndcops.onboarding.run.proving.copies import CopyProver
from ndcops.onboarding.run.proving.prover import Prover
from ndcops.onboarding.run.proving.verifying import Verifying

__all__ = ["CopyProver", "Prover", "Verifying"]
