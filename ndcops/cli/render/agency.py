"""Where agencies' systems stand, assessments and plans of onboarding, as tables or JSON."""

from collections.abc import Sequence

from ndcops.cli.render.console import out, show_json, show_table
from ndcops.model.assessment import Assessment
from ndcops.model.lifecycle import GateReport
from ndcops.onboarding.run import Executable, Proposal

MOST_LINES = 20
"""Differences and fields listed in a terminal; `--json` and the report have them all."""


def show_onboarding_plan(proposal: Executable, as_json: bool) -> None:
    """The steps of a plan, and what still keeps a gate shut."""
    plan = proposal.plan
    if as_json:
        show_json({"plan": plan.document(), "gates": [one.model_dump(mode="json") for one in proposal.reports]})
        return
    if not plan.steps:
        out.print(f"{plan.title} on {plan.target}: nothing to change")
        return
    show_table(f"{plan.title} on {plan.target}", ["step"], [(step.describe(),) for step in plan.order()])
    show_shut(proposal.reports)


def show_standings(reports: Sequence[GateReport], as_json: bool) -> None:
    """Every system with its state, and what its next gate asks."""
    if as_json:
        show_json({"systems": [{**report.model_dump(mode="json"), "open": report.is_open} for report in reports]})
        return
    show_table(
        "systems",
        ["agency", "system", "state", "next", "missing"],
        [
            (one.agency, one.system, one.state, one.next or "—", sum(not check.passed for check in one.checks))
            for one in reports
        ],
    )
    show_shut(reports)


def show_shut(reports: Sequence[GateReport]) -> None:
    """What keeps gates shut."""
    rows = [
        (report.system, str(report.next), check.check, check.why)
        for report in reports
        for check in report.checks
        if not check.passed
    ]
    if rows:
        show_table("what the next gate still asks", ["system", "gate", "check", "why"], rows[:MOST_LINES])
        _more(rows)


def show_assessment(assessment: Assessment, proposal: Proposal, as_json: bool) -> None:
    """Everything that was found about an agency."""
    if as_json:
        show_json(
            {
                "assessment": assessment.model_dump(mode="json"),
                "right": assessment.is_right,
                "plan": proposal.plan.document(),
            }
        )
        return
    show_table(
        f"{assessment.agency}: completeness {assessment.points} of {assessment.points_of}",
        ["part", "points", "of", "missing"],
        [(part.part, part.points, part.of, len(part.missing)) for part in assessment.completeness],
    )
    show_table(
        "sources",
        ["database", "version", "tables", "bytes", "problem"],
        [(one.database, one.version, one.tables, one.size_bytes, one.problem) for one in assessment.sources],
    )
    _show_findings(assessment)
    show_onboarding_plan(proposal, as_json=False)


def _show_findings(assessment: Assessment) -> None:
    _listed(
        "declared otherwise than live",
        ["database", "field", "declared", "found"],
        [(one.database, one.field, one.declared, one.found) for one in assessment.differences],
    )
    _listed(
        "importance",
        ["data set", "declared", "by law", "right", "why"],
        [
            (one.dataset, one.declared or "—", one.least or "?", "no" if one.wrong else "yes", one.why.en)
            for one in assessment.importance
        ],
    )
    _listed(
        "blockers",
        ["database", "blocker", "severity", "of", "remedy"],
        [
            (one.database, one.why.en, one.severity, ", ".join(one.subjects[:3]), one.remedy)
            for one in assessment.blockers
        ],
    )
    _listed(
        "strategy",
        ["system", "advice", "declared", "why"],
        [
            (one.system, one.strategy, one.declared or "—", "; ".join(why.en for why in one.why[:3]))
            for one in assessment.advice
        ],
    )
    _listed("fields without labels", ["field: labels"], [(name,) for name in assessment.unlabelled])


def _listed(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        show_table(f"{title}: {len(rows)}", columns, rows[:MOST_LINES])
        _more(rows)


def _more(rows: Sequence[object]) -> None:
    if len(rows) > MOST_LINES:
        out.print(f"… and {len(rows) - MOST_LINES} more: --json has them all", style="dim")
