"""The hardening room: read facts, plan, execute, record."""

from ndcops.hardening.run.room import Hardening
from ndcops.hardening.run.selection import Proposal, Selection

__all__ = ["Hardening", "Proposal", "Selection"]
