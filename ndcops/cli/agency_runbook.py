"""`ndcops agency runbook`: the steps of an agency's way in, to read, to print, and to run."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.options import options_of


def runbook(
    context: typer.Context,
    agency: Annotated[str, typer.Argument(help="The agency's id: its folder in inventory/agencies.")],
    system: Annotated[str | None, typer.Option(help="Only this system's steps.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write it as a page here, vi and en, ready to print.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write it as Markdown here.")] = None,
    language: Annotated[str, typer.Option(help="Of the Markdown: vi or en.")] = "vi",
    run: Annotated[
        str | None, typer.Option("--run", help="Run this step: preconditions, command, verification.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="With --run: for this system or database only.")] = None,
    next_step: Annotated[bool, typer.Option("--next", help="Run the first step that is not done.")] = False,
) -> int:
    """Show an agency's runbook, or run a step of it by the very command that it shows."""
    from ndcops.cli.agency_runbook_run import run_step, show_runbook

    options = options_of(context)
    if run is not None or next_step:
        return run_step(options, agency, system, None if next_step else run, subject)
    return show_runbook(options, agency, system, html=html, markdown=markdown, language=language)
