"""The portfolio on a terminal."""

from ndcops.cli.render.console import out, say, show_json, show_table
from ndcops.model.portfolio import Portfolio, PortfolioSystem, Progress

_LISTED = 40
"""Late systems of the table; the page and --json have all."""


def show_portfolio(found: Portfolio, as_json: bool) -> None:
    """Sums with their days and sources, agencies, and who is late."""
    if as_json:
        show_json(found.model_dump(mode="json"))
        return
    rows = [
        (each.group, each.name, each.count, str(each.sourced.as_of), each.sourced.source)
        for each in found.figures
        if each.group != "wave"
    ]
    show_table("the country at a glance", ["of", "which", "count", "as of", "source"], rows)
    show_table(
        "agencies",
        ["agency", "systems", "databases", "data sets", "progress", "as of"],
        [
            (
                each.agency,
                each.systems,
                each.databases,
                each.datasets,
                ", ".join(f"{count} {name}" for name, count in each.progress.items()),
                str(each.as_of),
            )
            for each in found.agencies
        ],
    )
    late = [each for each in found.systems if each.progress is Progress.BEHIND]
    if late:
        show_table(
            "behind", ["agency", "system", "state", "night", "why"], [_late(each) for each in late[:_LISTED]]
        )
    if len(late) > _LISTED:
        say(f"{len(late) - _LISTED} more are behind: --html or --json has them")
    out.print(f"by {found.ledger_records} records of the ledger, on {found.as_of}")


def _late(system: PortfolioSystem) -> tuple[object, ...]:
    why = f"{system.late_why} {system.late_about}".strip() if system.late_why else ""
    return system.agency, system.system, system.state.value, str(system.night or ""), why
