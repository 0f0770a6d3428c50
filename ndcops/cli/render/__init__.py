"""Everything that a person sees: the only place that uses rich. JSON goes to stdout alone, progress to stderr."""

from ndcops.cli.render.agency import show_assessment, show_onboarding_plan, show_standings
from ndcops.cli.render.capacity import show_fits, show_rooms, show_survivals
from ndcops.cli.render.capacity_plans import show_forecasts, show_purchase, show_verification
from ndcops.cli.render.console import confirm, say, show_error, show_json, show_table
from ndcops.cli.render.failover import (
    show_failover_plan,
    show_failover_status,
    show_readiness,
    show_run,
)
from ndcops.cli.render.hardening import (
    show_evidence,
    show_guard_runs,
    show_hardening_plan,
    show_hardening_result,
    show_rollback_plan,
    show_verification_of_hosts,
    show_waivers,
)
from ndcops.cli.render.landing_zones import show_zone_proof, show_zones
from ndcops.cli.render.ledger import (
    show_export,
    show_export_verdict,
    show_ledger_verification,
    show_mend_plan,
    show_records,
    show_register,
    show_restore_plan,
)
from ndcops.cli.render.portfolio import show_portfolio
from ndcops.cli.render.progress import StackProgressTable, WorkProgress
from ndcops.cli.render.proofs import show_proofs
from ndcops.cli.render.roadmap import show_roadmap
from ndcops.cli.render.runbook import show_done_step, show_runbook, show_task
from ndcops.cli.render.seed import show_seed_plan, show_undo
from ndcops.cli.render.stacks import show_changes, show_proposal, show_result
from ndcops.cli.render.status import show_status
from ndcops.cli.render.switching import (
    show_acceptance_plan,
    show_archive_plan,
    show_rehearsal_plan,
    show_rehearsed,
    show_switch_abort,
    show_switch_done,
    show_switch_plan,
)

__all__ = [
    "StackProgressTable",
    "WorkProgress",
    "confirm",
    "say",
    "show_acceptance_plan",
    "show_archive_plan",
    "show_assessment",
    "show_changes",
    "show_done_step",
    "show_error",
    "show_evidence",
    "show_export",
    "show_export_verdict",
    "show_failover_plan",
    "show_failover_status",
    "show_fits",
    "show_forecasts",
    "show_guard_runs",
    "show_hardening_plan",
    "show_hardening_result",
    "show_json",
    "show_ledger_verification",
    "show_mend_plan",
    "show_onboarding_plan",
    "show_portfolio",
    "show_proofs",
    "show_proposal",
    "show_purchase",
    "show_readiness",
    "show_records",
    "show_register",
    "show_rehearsal_plan",
    "show_rehearsed",
    "show_restore_plan",
    "show_result",
    "show_roadmap",
    "show_rollback_plan",
    "show_rooms",
    "show_run",
    "show_runbook",
    "show_seed_plan",
    "show_standings",
    "show_status",
    "show_survivals",
    "show_switch_abort",
    "show_switch_done",
    "show_switch_plan",
    "show_table",
    "show_task",
    "show_undo",
    "show_verification",
    "show_verification_of_hosts",
    "show_waivers",
    "show_zone_proof",
    "show_zones",
]
