"""Plans of a seed as a table or JSON."""

from collections.abc import Sequence

from ndcops.cli.render.console import out, show_json, show_table
from ndcops.model.move import Move
from ndcops.onboarding.run.moving import SeedProposal

_MOST_LINES = 40


def show_seed_plan(proposal: SeedProposal, as_json: bool) -> None:
    """Every step that is left, and from which to which release."""
    plan, source, target = proposal.plan, proposal.source, proposal.target
    if as_json:
        show_json({"plan": plan.document()})
        return
    title = f"{plan.title}: PostgreSQL {source.version} → {target.version}, {source.size_bytes >> 20} MiB"
    steps = [(step.describe(),) for step in plan.order()]
    show_table(title, ["step"], steps[:_MOST_LINES])
    if len(steps) > _MOST_LINES:
        out.print(f"and {len(steps) - _MOST_LINES} more; --json has them all")


def show_undo(move: Move, what: Sequence[str], as_json: bool) -> None:
    """What is taken away."""
    if as_json:
        show_json({"removes": list(what)})
        return
    show_table(f"take back the seed of {move.id}", ["what goes"], [(each,) for each in what])
