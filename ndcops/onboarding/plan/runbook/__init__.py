"""An agency's runbook: the steps of the file, filled with its people, systems, nights and what was done; pure."""

from ndcops.onboarding.plan.runbook.filling import RunbookFacts, fill_runbook
from ndcops.onboarding.plan.runbook.outcome import unexpected

__all__ = ["RunbookFacts", "fill_runbook", "unexpected"]
