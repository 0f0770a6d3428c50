"""Plans and results of `agency cutover` and `agency rollback`."""

from collections.abc import Sequence
from typing import Any

from ndcops.cli.render.agency import show_standings
from ndcops.cli.render.console import out, show_json, show_table
from ndcops.model.lifecycle import GateReport
from ndcops.onboarding.run import Proposal
from ndcops.onboarding.run.switching import AcceptanceProposal, Rehearsed, SwitchProposal
from ndcops.workflow.plan import Plan
from ndcops.workflow.step import Step


def show_switch_plan(proposal: SwitchProposal, as_json: bool) -> None:
    """Every step, in order; those of a run that was cut off are said to be so."""
    plan = proposal.plan
    if as_json:
        show_json({"plan": plan.document(), "resumed": proposal.resumed})
        return
    resumed = ", taken up where it was cut off" if proposal.resumed else ""
    show_table(f"{plan.title} on {plan.target}{resumed}", ["step"], [(each.describe(),) for each in plan.order()])
    out.print(f"journal: {plan.facts.get('journal') or 'as when the run began'}")


def show_switch_abort(steps: Sequence[Step[Any]], as_json: bool) -> None:
    """Every step that is taken back."""
    if as_json:
        show_json({"takes_back": [step.key for step in steps]})
        return
    show_table("to be taken back", ["step"], [(each.describe(),) for each in steps])


def show_switch_done(proposal: SwitchProposal, kept: Proposal, as_json: bool) -> None:
    """The pause, and where the system stands now."""
    if as_json:
        gates = [report.model_dump(mode="json") for report in kept.reports]
        show_json({"plan": proposal.plan.document(), "pause_ms": proposal.pause_ms, "gates": gates})
        return
    out.print(f"writes were stopped for {proposal.pause_ms / 1000:.2f} s")
    if kept.reports:
        show_standings(kept.reports, as_json=False)


def show_rehearsal_plan(gate: GateReport, lines: Sequence[str], as_json: bool) -> None:
    """What a rehearsal does."""
    if as_json:
        show_json({"system": gate.system, "does": list(lines)})
        return
    show_table(f"rehearsal of {gate.system}", ["step"], [(line,) for line in lines])


def show_rehearsed(found: Sequence[Rehearsed], kept: Proposal, as_json: bool) -> None:
    """Pauses, the window, and where the system stands now."""
    if as_json:
        rehearsed = [
            {
                "database": one.database,
                "pauses_ms": list(one.pauses_ms),
                "window_s": one.window_s,
                "writer": one.writer.model_dump(mode="json"),
            }
            for one in found
        ]
        show_json({"rehearsed": rehearsed, "gates": [report.model_dump(mode="json") for report in kept.reports]})
        return
    rows = [
        (
            one.database,
            f"{one.pauses_ms[0] / 1000:.2f} s",
            f"{one.pauses_ms[1] / 1000:.2f} s",
            f"{one.window_s} s",
            one.writer.confirmed,
            one.writer.lost,
        )
        for one in found
    ]
    show_table("rehearsed", ["database", "pause", "pause back", "window", "rows confirmed", "lost"], rows)
    show_standings(kept.reports, as_json=False)


def show_acceptance_plan(proposal: AcceptanceProposal, as_json: bool) -> None:
    """What is restored where, and what went wrong so far."""
    plan = proposal.plan
    if as_json:
        show_json({"plan": plan.document(), "incidents": list(proposal.incidents)})
        return
    show_table(f"{plan.title} on {plan.target}", ["step"], [(each.describe(),) for each in plan.order()])
    if proposal.incidents:
        show_table("incidents", ["what"], [(each,) for each in proposal.incidents])


def show_archive_plan(plan: Plan[Any], as_json: bool) -> None:
    """What is restored a last time."""
    if as_json:
        show_json({"plan": plan.document()})
        return
    steps = [*(each.describe() for each in plan.order()), "the stream back is taken away: no way leads back"]
    show_table(f"{plan.title} on {plan.target}", ["step"], [(each,) for each in steps])
