"""What `agency verify` found, as tables or JSON."""

from collections.abc import Sequence

from ndcops.cli.render.agency import show_onboarding_plan
from ndcops.cli.render.console import out, show_json, show_table
from ndcops.model.proving import TableVerification, Verdict, Verification
from ndcops.onboarding.run import Proposal

MOST_LINES = 20
"""Lines of each sort in a terminal; `--json` and `--report` have them all."""

_VERDICTS = {
    Verdict.SAME: ("the same", "green"),
    Verdict.DIFFERENT: ("different", "bold red"),
    Verdict.UNDECIDED: ("undecided: nothing is concluded", "yellow"),
}


def show_proofs(
    found: Sequence[Verification], proposal: Proposal, unproven: Sequence[str], *, as_json: bool
) -> None:
    """All databases, and what the gates are told. unproven: systems of which not all databases were compared."""
    if as_json:
        show_json(
            {
                "verifications": [one.model_dump(mode="json") for one in found],
                "plan": proposal.plan.document(),
                "unproven": list(unproven),
            }
        )
        return
    for one in found:
        _show_proof(one)
    for system in unproven:
        out.print(f"{system}: not all its databases were compared, so its gate is told nothing", style="yellow")
    show_onboarding_plan(proposal, as_json=False)


def _show_proof(found: Verification) -> None:
    rows = sum(table.source_rows for table in found.tables)
    _listed(
        f"{found.database}, {rows} rows, stream: {found.direction}; tables",
        ["table", "source", "target", "rechecked", "differing", "undecided"],
        [_line(table) for table in sorted(found.tables, key=_is_well)],
    )
    _listed(
        "differing rows",
        ["table", "kind", "key", "copies"],
        [
            (
                table.table,
                one.kind,
                _key(one.key, one.hash, one.place),
                f"{one.source_copies} : {one.target_copies}",
            )
            for table in found.tables
            for one in table.listed
        ],
    )
    _show_objects(found)
    for line in (*found.undecided[:MOST_LINES], *found.notes[:MOST_LINES]):
        out.print(line, style="yellow")
    text, style = _VERDICTS[found.verdict]
    out.print(f"{found.database}: {text} ({found.differences} differences)", style=style)


def _show_objects(found: Verification) -> None:
    """Everything beside rows."""
    _listed(
        "objects that differ",
        ["kind", "object", "source", "target"],
        [(one.kind, one.name, one.source or "—", one.target or "—") for one in found.catalog],
    )
    _listed(
        "sequences",
        ["sequence", "target is", "source gives", "target gives", ""],
        [
            (
                one.name,
                one.relation,
                one.source_next,
                one.target_next,
                "set at the cut-over" if one.pending else "",
            )
            for one in found.sequences
        ],
    )
    _listed(
        "large objects",
        ["oid", "kind", ""],
        [
            (one.oid, f"{one.kind}{' (rights)' if one.rights_only else ''}", "not streamed" if one.pending else "")
            for one in found.large_objects
        ],
    )
    _listed(
        "rows without parent at the target",
        ["foreign key", "table", "rows", "such as"],
        [
            (
                f"{one.foreign_key}{' (not valid)' if one.not_valid else ''}",
                one.table,
                one.count,
                _some(one.sample),
            )
            for one in found.orphans
        ],
    )


def _is_well(table: TableVerification) -> bool:
    """What needs an eye comes first."""
    return not (table.differing_rows or table.undecided or table.problem)


def _line(table: TableVerification) -> tuple[object, ...]:
    return (
        table.table,
        table.source_rows,
        table.target_rows,
        table.rechecked,
        table.differing_rows,
        table.problem or table.undecided,
    )


def _key(key: Sequence[str], hashed: str, place: str) -> str:
    return ", ".join(key) if key else f"row {hashed} at {place}"


def _some(sample: Sequence[Sequence[str]]) -> str:
    return "; ".join(", ".join(key) for key in sample[:3])


def _listed(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if not rows:
        return
    show_table(f"{title}: {len(rows)}", columns, rows[:MOST_LINES])
    if len(rows) > MOST_LINES:
        out.print(f"… and {len(rows) - MOST_LINES} more: --report FILE has them all", style="dim")
