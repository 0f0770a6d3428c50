"""Landing zones on a terminal: what will be made, what stays denied, what stands and who gets in."""

from ndcops.cli.render.agency import show_shut
from ndcops.cli.render.console import out, say, show_json, show_table
from ndcops.cli.render.stacks import show_stack_changes
from ndcops.onboarding.run.landing_zones import Proof, ZoneProposal
from ndcops.workflow.runner import RunResult


def show_zones(proposal: ZoneProposal, as_json: bool) -> None:
    """The plan before it is confirmed."""
    plan = proposal.plan
    if as_json:
        show_json(
            {
                "plan": plan.document(),
                "zones": [zone.model_dump(mode="json") for zone in proposal.planned.zones],
                "preview": [stack.preview.model_dump(mode="json") for stack in proposal.stacks],
                "denied": [str(each) for each in proposal.planned.denied],
                "waiting": list(proposal.waiting),
            }
        )
        return
    _show_parts(proposal)
    if proposal.planned.denied:
        rows = [(each.system, each.to, each.why) for each in proposal.planned.denied]
        show_table("asked for, and denied", ["from", "to", "why"], rows)
    if proposal.waiting:
        say(f"not planned yet, so without a landing zone: {', '.join(proposal.waiting)}")
    for stack in proposal.stacks:
        show_stack_changes(stack.preview)
    if not plan.steps:
        out.print(f"{plan.title} on {plan.target}: nothing to change; what stands is looked at")


def _show_parts(proposal: ZoneProposal) -> None:
    plan = proposal.plan
    show_table(
        f"{plan.title} on {plan.target}",
        ["site", "system", "role", "cores", "memory", "claims", "databases", "groups", "flows"],
        [
            (
                zone.site,
                system.system,
                system.role,
                system.size.cpu_cores,
                system.size.memory,
                ", ".join(f"{tier} {size}" for tier, size in system.size.storage.items()),
                ", ".join(f"{each.engine} {each.tier} {each.size}" for each in system.databases),
                ", ".join(system.groups),
                len(system.flows),
            )
            for zone in proposal.planned.zones
            for system in zone.systems
        ],
    )


def show_zone_proof(proposal: ZoneProposal, done: RunResult, proof: Proof, as_json: bool) -> None:
    """What was done, what stands now, and the gate."""
    reports = proof.kept.reports
    if as_json:
        show_json(
            {
                "plan": proposal.plan.document(),
                "done": done.evidence,
                "evidence": [each.model_dump(mode="json") for each in proof.evidence],
                "gates": [{**each.model_dump(mode="json"), "open": each.is_open} for each in reports],
            }
        )
        return
    show_table(
        "what stands",
        ["system", "evidence", "found"],
        [(each.system, each.check, _told(each.values)) for each in proof.evidence],
    )
    for report in reports:
        if report.is_open:
            out.print(f"{report.system}: {report.state} → {report.next}")
    show_shut(reports)


def _told(values: dict[str, object]) -> str:
    lists = [str(each) for value in values.values() if isinstance(value, list) for each in value]
    plain = [f"{name} {_word(value)}" for name, value in values.items() if not isinstance(value, list)]
    return ", ".join(plain) + "".join(f"\n{each}" for each in lists)


def _word(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
