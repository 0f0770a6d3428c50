"""Plans, drift, waivers and results of hardening, as tables or JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.markup import escape

from ndcops.cli.render.console import out, show_json, show_table
from ndcops.hardening.run import Proposal
from ndcops.hardening.steps import HardenWorld
from ndcops.model.hardening import GuardRun, HostDrift, ItemChange, PlayResult, TaskChange, VerifyReport
from ndcops.model.record import Record
from ndcops.model.scan import Scan, Verdict
from ndcops.model.waiver import WaiverState
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import RunResult

MOST_ITEMS = 4
"""Things that a task changes, shown in a table's cell; `--json` has them all."""


def show_hardening_plan(proposal: Proposal, as_json: bool) -> None:
    """What `apply` would change, host by host and task by task."""
    predicted = proposal.facts.predicted
    if as_json:
        show_json(
            {
                "plan": proposal.plan.document(),
                "changes": [change.model_dump(mode="json") for change in predicted.changes],
                "unsettable": [each.model_dump(mode="json") for each in predicted.unsettable],
                "waivers": [state.model_dump(mode="json") for state in proposal.waivers],
            }
        )
        return
    plan = proposal.plan
    for step in plan.order():
        _show_tasks(step.key, predicted.changed_on(step.key))
    _show_unsettable(predicted)
    _show_bad_waivers(proposal.waivers)
    if not plan.steps:
        out.print(f"{plan.title} on {plan.target}: nothing to change on {len(proposal.facts.hosts)} hosts")
        return
    show_rollback_plan(plan)


def show_rollback_plan(plan: Plan[HardenWorld], as_json: bool = False) -> None:
    """The steps of a plan over hosts."""
    if as_json:
        show_json({"plan": plan.document()})
        return
    show_table(
        f"{plan.title} on {plan.target}: {len(plan.steps)} hosts",
        ["step", "after"],
        [(step.describe(), ", ".join(step.needs)) for step in plan.order()],
    )
    out.print("a host whose door does not open afterwards goes back by itself", style="dim")


def show_hardening_result(plan: Plan[HardenWorld], result: RunResult, as_json: bool) -> None:
    """What a run did, host by host."""
    if as_json:
        show_json({"plan": plan.document(), "done": result.evidence})
        return
    show_table(
        f"{plan.title} on {plan.target}: done",
        ["host", "tasks changed", "not as planned", "logins that came through"],
        [
            (
                key,
                len(evidence.get("changed", ())),
                ", ".join(evidence.get("unpredicted", ())) or "-",
                evidence.get("beats", 0) + 1,
            )
            for key, evidence in sorted(result.evidence.items())
        ],
    )


def show_verification_of_hosts(report: VerifyReport, scans: Sequence[Scan], as_json: bool) -> None:
    """What is no longer as hardened, which waivers do not count, and what scanners say."""
    if as_json:
        found = report.model_dump(mode="json")
        show_json({**found, "clean": report.is_clean, "scans": [scan.model_dump(mode="json") for scan in scans]})
        return
    for host in report.hosts:
        _show_drift(host)
    _show_bad_waivers(report.waivers)
    if scans:
        show_table("independent scanners", ["host", "scanner", "profile", "found"], [_scan_row(s) for s in scans])
    drifted = sum(bool(host.changes or host.differences or host.problem) for host in report.hosts)
    says = (
        f"{drifted} of {len(report.hosts)} hosts differ" if drifted else f"{len(report.hosts)} hosts as hardened"
    )
    out.print(f"verify: {says}")


def show_waivers(states: Sequence[WaiverState], as_json: bool) -> None:
    """Every waiver as it stands today."""
    if as_json:
        show_json({"waivers": [state.model_dump(mode="json") for state in states]})
        return
    show_table(
        f"{len(states)} waivers",
        ["id", "of", "hosts", "owner", "expires", "days left", "counts"],
        [
            (
                state.waiver.id,
                state.waiver.subject,
                ", ".join(state.hosts),
                state.waiver.owner,
                state.waiver.expires.isoformat(),
                state.days_left,
                state.problem or "yes",
            )
            for state in states
        ],
    )


def show_guard_runs(runs: Mapping[str, Sequence[GuardRun]], as_json: bool) -> None:
    """The snapshots that a rollback may name."""
    if as_json:
        show_json({host: [run.model_dump(mode="json") for run in found] for host, found in runs.items()})
        return
    show_table(
        "snapshots on the hosts",
        ["host", "run", "taken", "state"],
        [
            (host, run.run, f"{run.time:%Y-%m-%d %H:%M} UTC", _state_of(run))
            for host, f in runs.items()
            for run in f
        ],
    )


def _state_of(run: GuardRun) -> str:
    states = (("armed", run.armed), ("restored", run.restored), ("confirmed", run.confirmed))
    return ", ".join(name for name, holds in states if holds) or "taken"


def _show_tasks(host: str, changes: Sequence[TaskChange]) -> None:
    show_table(
        f"{host}: {len(changes)} tasks change it",
        ["control", "what is true afterwards", "what changes"],
        [
            (change.control, change.task.partition(" | ")[2] or change.task, _items(change.items))
            for change in changes
        ],
    )


def _items(items: Sequence[ItemChange]) -> str:
    shown = [_item(item) for item in items[:MOST_ITEMS]]
    rest = len(items) - len(shown)
    return "\n".join([*shown, *([f"and {rest} more"] if rest > 0 else [])])


def _item(item: ItemChange) -> str:
    return f"{item.subject}: {_value(item.before)} → {_value(item.after)}"


def _value(text: str | None) -> str:
    if text is None:
        return "absent"
    first = text.strip().splitlines()[0] if text.strip() else "empty"
    return first if len(first) <= 40 else f"{first[:39]}…"


def _show_unsettable(result: PlayResult) -> None:
    for each in result.unsettable:
        line = f"{each.host}: {each.subject} = {each.wanted} is written, but not in effect: {each.reason}"
        out.print(escape(line), style="dim", soft_wrap=True)


def _show_bad_waivers(states: Sequence[WaiverState]) -> None:
    for state in states:
        if state.problem:
            out.print(
                f"[bold red]waiver {escape(state.waiver.id)}[/] does not count: {escape(state.problem)}",
                soft_wrap=True,
            )


def _show_drift(host: HostDrift) -> None:
    if host.problem:
        out.print(f"[bold red]{escape(host.host)}[/] {escape(host.problem)}", soft_wrap=True)
    if host.changes:
        _show_tasks(host.host, host.changes)
    if host.differences:
        show_table(
            f"{host.host}: not as after run {host.last_run}",
            ["what", "was", "is"],
            [(each.subject, _value(each.before), _value(each.after)) for each in host.differences],
        )


def _scan_row(scan: Scan) -> tuple[str, str, str, str]:
    if scan.index is not None:
        return (
            scan.host,
            f"{scan.scanner} {scan.version}",
            scan.profile,
            f"index {scan.index} of {scan.tests} tests",
        )
    judged = scan.count(Verdict.PASS) + len(scan.failing())
    found = f"{scan.count(Verdict.PASS)} of {judged} pass, {scan.count(Verdict.NOT_APPLICABLE)} not applicable"
    return scan.host, f"{scan.scanner} {scan.version}", scan.profile, found


def show_evidence(records: Sequence[Record], html: Path | None) -> None:
    """The chain summed up: how many records of each kind, from when to when, and its last digest."""
    if not records:
        out.print("no evidence yet; it begins with: ndcops harden apply")
        return
    kinds = Counter(record.kind for record in records)
    show_table("evidence", ["records of", "count"], sorted(kinds.items()))
    first, last = records[0], records[-1]
    out.print(
        f"{len(records)} records, {first.time:%Y-%m-%d %H:%M} to {last.time:%Y-%m-%d %H:%M} UTC, the chain holds"
    )
    out.print(f"last digest {last.digest}")
    if html is not None:
        out.print(f"page: {html}")
