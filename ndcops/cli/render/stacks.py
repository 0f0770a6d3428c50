"""Changes, plans and results of stacks, as tables or JSON."""

from collections.abc import Sequence

from rich.markup import escape

from ndcops.cli.render.console import out, show_json, show_table
from ndcops.model.stack_changes import ObjectChange, Operation, StackChanges
from ndcops.provisioning.plan import StackFacts
from ndcops.provisioning.run import Proposal
from ndcops.provisioning.steps import StackWorld
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import RunResult

_SIGNS = {
    Operation.CREATE: "[green]+ create[/]",
    Operation.UPDATE: "[yellow]~ update[/]",
    Operation.REPLACE: "[magenta]± replace[/]",
    Operation.DELETE: "[red]- delete[/]",
}
MOST_CREATES = 10
"""More creations than this are summed up: a first apply would hide what matters."""


def show_changes(found: Sequence[StackChanges], as_json: bool, title: str) -> None:
    """What a preview or a drift check found."""
    if as_json:
        show_json({title: [changes.model_dump(mode="json") for changes in found]})
        return
    for changes in found:
        show_stack_changes(changes)
    total = sum(len(changes.changes) for changes in found)
    out.print(f"{title}: {total} objects differ in {len(found)} stacks" if total else f"{title}: no difference")


def show_proposal(proposal: Proposal, as_json: bool) -> None:
    """The plan before it is confirmed."""
    if as_json:
        previews = [s.preview.model_dump(mode="json") for s in proposal.facts.stacks if s.preview is not None]
        show_json({"plan": proposal.plan.document(), "preview": previews})
        return
    for facts in proposal.facts.stacks:
        if facts.preview is not None:
            show_stack_changes(facts.preview)
    plan = proposal.plan
    if not plan.steps:
        out.print(f"{plan.title} on {plan.target}: nothing to change")
        return
    by_stack = {str(facts.stack): facts for facts in proposal.facts.stacks}
    show_table(
        f"{plan.title} on {plan.target}: {len(plan.steps)} steps",
        ["step", "after", "objects now", "why"],
        [
            (
                step.describe(),
                ", ".join(step.needs),
                by_stack[step.key].object_count or 0,
                _why(by_stack[step.key]),
            )
            for step in plan.order()
        ],
    )
    irreversible = {step.irreversible for step in plan.steps if step.irreversible}
    for reason in sorted(irreversible):
        out.print(f"undo: {escape(reason)}", style="dim")


def show_result(plan: Plan[StackWorld], result: RunResult, as_json: bool) -> None:
    """What an execution did, stack by stack."""
    if as_json:
        show_json({"plan": plan.document(), "done": result.evidence})
        return
    show_table(
        f"{plan.title} on {plan.target}: done",
        ["stack", "changed", "unchanged", "seconds"],
        [
            (
                key,
                ", ".join(f"{count} {name}" for name, count in evidence["changes"].items()) or "-",
                evidence["unchanged"],
                round(evidence["duration_ms"] / 1000, 1),
            )
            for key, evidence in sorted(result.evidence.items())
        ],
    )


def show_stack_changes(changes: StackChanges) -> None:
    """What would change in one stack; nothing for one that stays as it is."""
    if not changes.changes:
        return
    out.print(f"[bold]{changes.stack}[/]")
    creates = [change for change in changes.changes if change.operation is Operation.CREATE]
    for change in changes.changes:
        if change.operation is Operation.CREATE and len(creates) > MOST_CREATES:
            continue
        out.print(f"  {_SIGNS[change.operation]} {escape(_name(change))}{_paths(change)}")
        for writer in change.writers[:3]:
            when = f" at {writer.time:%Y-%m-%d %H:%M:%S} UTC" if writer.time else ""
            out.print(f"      {escape(writer.user or writer.manager)} ({writer.operation}){when}", style="dim")
    if len(creates) > MOST_CREATES:
        out.print(f"  {_SIGNS[Operation.CREATE]} {len(creates)} objects")


def _name(change: ObjectChange) -> str:
    return str(change.object) if change.object is not None else change.urn.rpartition("::")[2]


def _paths(change: ObjectChange) -> str:
    return f"  [dim]{escape(', '.join(change.paths[:6]))}[/]" if change.paths else ""


def _why(facts: StackFacts) -> str:
    if facts.pending:
        return f"{len(facts.pending)} operations of a killed run are unfinished"
    if facts.preview is None:
        return "never applied" if not facts.object_count else "asked for"
    return ", ".join(
        f"{facts.preview.count(operation)} {operation}"
        for operation in (Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE)
        if facts.preview.count(operation)
    )
