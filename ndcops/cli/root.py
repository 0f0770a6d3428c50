"""`ndcops doctor` and `ndcops status`: is this machine fit, and how are the sites."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.options import options_of
from ndcops.model.errors import ExitCode


def doctor(context: typer.Context) -> int:
    """Check tools, engines, inventory, lab and clusters. Exit 1 when something is amiss."""
    from ndcops import wiring
    from ndcops.cli import render

    options = options_of(context)
    findings = wiring.examine(options.target, options.inventory)
    if options.json:
        render.show_json({"findings": [finding.model_dump(mode="json") for finding in findings]})
    else:
        render.show_table(
            f"doctor, target {options.target}",
            ["check", "verdict", "found", "next"],
            [(f.check, f.verdict, f.found, f.resolution) for f in findings],
        )
    return ExitCode.FAILED if any(finding.verdict == "bad" for finding in findings) else ExitCode.DONE


def status(
    context: typer.Context,
    html: Annotated[Path | None, typer.Option(help="Write one self-contained HTML page (vi, en).")] = None,
) -> int:
    """Every site as it is now: cluster, nodes, services, objects by layer. Exit 1 when a site does not answer."""
    from datetime import UTC, datetime

    from ndcops.cli import render
    from ndcops.cli.stack_run import opened
    from ndcops.reports.page import write_page
    from ndcops.reports.status_page import status_page

    options = options_of(context)
    with opened(options, "status") as (room, _):
        report = room.read_status(datetime.now(UTC))
        inventory = room.inventory
    if html is not None:
        write_page(status_page(report, inventory), html)
        render.say(f"wrote {html}")
    render.show_status(report, options.json)
    return ExitCode.DONE if all(site.condition for site in report.sites) else ExitCode.FAILED
