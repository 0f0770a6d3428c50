"""From facts to a plan over hosts, in batches; pure."""

from ndcops.hardening.plan.harden import HardeningFacts, HostFacts, plan_harden, plan_rollback
from ndcops.hardening.plan.refusals import Wanted, refusals
from ndcops.hardening.plan.settings import baseline_of, networks_of, variables_of
from ndcops.hardening.plan.waivers import waived_controls, waiver_states

__all__ = [
    "HardeningFacts",
    "HostFacts",
    "Wanted",
    "baseline_of",
    "networks_of",
    "plan_harden",
    "plan_rollback",
    "refusals",
    "variables_of",
    "waived_controls",
    "waiver_states",
]
