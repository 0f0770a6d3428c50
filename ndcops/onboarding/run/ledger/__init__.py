"""The ledger at work."""

from ndcops.onboarding.run.ledger.book import Appended, Lag, Ledger

__all__ = ["Appended", "Lag", "Ledger"]
