"""The onboarding room: read facts, plan, execute, record."""

from ndcops.onboarding.run.drafts import CONTACT_FORM, SYSTEM_FORM, Answers, new_dossier
from ndcops.onboarding.run.ledger import Ledger
from ndcops.onboarding.run.room import Executable, Onboarding, Proposal
from ndcops.onboarding.run.sources import SourceReader

__all__ = [
    "CONTACT_FORM",
    "SYSTEM_FORM",
    "Answers",
    "Executable",
    "Ledger",
    "Onboarding",
    "Proposal",
    "SourceReader",
    "new_dossier",
]
