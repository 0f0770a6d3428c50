"""Plans and results of `agency cutover` and `agency rollback`."""

from ndcops.cli.render.agency import show_standings
from ndcops.cli.render.console import out, show_json, show_table
from ndcops.onboarding.run import Proposal
from ndcops.onboarding.run.switching import SwitchProposal


def show_switch_plan(proposal: SwitchProposal, as_json: bool) -> None:
    """Every step, in order; those of a run that was cut off are said to be so."""
    plan = proposal.plan
    if as_json:
        show_json({"plan": plan.document(), "resumed": proposal.resumed})
        return
    resumed = ", taken up where it was cut off" if proposal.resumed else ""
    show_table(f"{plan.title} on {plan.target}{resumed}", ["step"], [(each.describe(),) for each in plan.order()])


def show_switch_done(proposal: SwitchProposal, kept: Proposal, as_json: bool) -> None:
    """The pause, and where the system stands now."""
    if as_json:
        gates = [report.model_dump(mode="json") for report in kept.reports]
        show_json({"plan": proposal.plan.document(), "pause_ms": proposal.pause_ms, "gates": gates})
        return
    out.print(f"writes were stopped for {proposal.pause_ms / 1000:.2f} s")
    if kept.reports:
        show_standings(kept.reports, as_json=False)
