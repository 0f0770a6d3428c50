"""Read facts, plan, show, confirm, execute, record."""

from ndcops.onboarding.run.ledger import Ledger

__all__ = ["Ledger"]
