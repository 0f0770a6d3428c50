"""`ndcops agency roadmap|portfolio`: waves for the whole country, and the country at a glance."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.options import options_of
from ndcops.model.errors import ExitCode


def roadmap(
    context: typer.Context,
    html: Annotated[
        Path | None, typer.Option(help="Write the page with the Gantt chart here (vi and en).")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write it as Markdown here, for files and mail.")] = None,
    language: Annotated[str, typer.Option(help="Of Markdown and calendar: vi or en.")] = "vi",
    ics: Annotated[Path | None, typer.Option(help="Write all cut-overs as calendar entries here (.ics).")] = None,
    history: Annotated[
        Path | None, typer.Option(help="Usage of the tiers over time (CSV): room is foretold, not only declared.")
    ] = None,
    prometheus: Annotated[str | None, typer.Option(help="The same from a Prometheus server: its URL.")] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Forget the former roadmap; else it is kept where it can be.")
    ] = False,
    record: Annotated[
        bool,
        typer.Option(
            "--record", help="Keep it in the ledger, and let in the assessed systems that it has nights for."
        ),
    ] = False,
) -> int:
    """Plan in which wave each system moves, and say why not earlier."""
    from ndcops.cli import render
    from ndcops.cli.agency_plans import record_roadmap, write_roadmap
    from ndcops.wiring.roadmap import roadmapping

    options = options_of(context)
    room = roadmapping(options.target, options.inventory, history=history, prometheus=prometheus)
    found = room.plan(anew=anew)
    write_roadmap(room, found, options, html=html, markdown=markdown, ics=ics, language=language)
    if not record or not options.json:
        render.show_roadmap(found, options.json)
    return record_roadmap(room, found, options) if record else ExitCode.DONE


def portfolio(
    context: typer.Context,
    html: Annotated[Path | None, typer.Option(help="Write the page with charts here (vi and en).")] = None,
    dcat: Annotated[
        Path | None, typer.Option(help="Write the catalogue of data sets here: DCAT-AP, JSON-LD.")
    ] = None,
) -> int:
    """Show the country at a glance: how far systems are, who is late and why, each figure with its source."""
    from ndcops.cli import render
    from ndcops.cli.agency_plans import write_portfolio
    from ndcops.wiring.roadmap import portfolios

    options = options_of(context)
    room = portfolios(options.target, options.inventory)
    found = room.portfolio()
    write_portfolio(room, found, options, html=html, dcat=dcat)
    render.show_portfolio(found, options.json)
    return ExitCode.DONE
