"""The register from the ledger's records, and the order in which what it holds is restored."""

from ndcops.onboarding.plan.register.entries import dossier_entry, services_entry
from ndcops.onboarding.plan.register.fold import fold_register
from ndcops.onboarding.plan.register.restore import RestorePlan, RestoreStep, restore_plan

__all__ = ["RestorePlan", "RestoreStep", "dossier_entry", "fold_register", "restore_plan", "services_entry"]
