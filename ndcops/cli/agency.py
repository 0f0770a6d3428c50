"""`ndcops agency`: an agency registers, is assessed, signs, and sees where its systems stand."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.agency_provision import provision
from ndcops.cli.agency_roadmap import portfolio, roadmap
from ndcops.cli.agency_runbook import runbook
from ndcops.cli.agency_seed import seed
from ndcops.cli.agency_switch import accept, cutover, decommission, rehearse, rollback
from ndcops.cli.agency_verify import verify
from ndcops.cli.options import options_of
from ndcops.model.errors import ExitCode

app = typer.Typer(
    help="Agencies: dossier, assessment, signatures, and where each system stands.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

app.command()(roadmap)
app.command()(portfolio)
app.command()(provision)
app.command()(seed)
app.command()(runbook)
app.command()(rehearse)
app.command()(cutover)
app.command()(rollback)
app.command()(verify)
app.command()(accept)
app.command()(decommission)

AgencyId = Annotated[str, typer.Argument(help="The agency's id: its folder in inventory/agencies.")]


@app.command()
def register(
    context: typer.Context,
    agency: Annotated[str | None, typer.Argument(help="The agency's id, such as bo-tu-phap.")] = None,
    file: Annotated[Path | None, typer.Option(help="A dossier that is ready; - reads it from stdin.")] = None,
    template: Annotated[str | None, typer.Option(help="Print a dossier to fill in: vi or en.")] = None,
    title_vi: Annotated[str | None, typer.Option(help="Its name in Vietnamese.")] = None,
    title_en: Annotated[str | None, typer.Option(help="Its name in English.")] = None,
    level: Annotated[str | None, typer.Option(help="ministry, agency or locality.")] = None,
    contact: Annotated[
        list[str] | None, typer.Option(help="ROLE;NAME;EMAIL[;PHONE]; may be given several times.")
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option(help="ID;TITLE_VI;TITLE_EN;CLASSIFICATION of a new system, or the id for --from-dsn."),
    ] = None,
    from_dsn: Annotated[
        str | None,
        typer.Option(help="Fill in what a live PostgreSQL database tells: libpq's words without a password."),
    ] = None,
    database: Annotated[str | None, typer.Option(help="With --from-dsn: the database's id.")] = None,
) -> int:
    """Write a dossier, from a file, from answers, or from a live database."""
    from ndcops.cli.agency_run import RegisterWords, register_agency, show_template

    if template is not None:
        return show_template(template)
    words = RegisterWords(
        agency, file, title_vi, title_en, level, tuple(contact or ()), tuple(system or ()), from_dsn, database
    )
    return register_agency(options_of(context), words)


@app.command()
def assess(
    context: typer.Context,
    agency: AgencyId,
    html: Annotated[
        Path | None, typer.Option(help="Write the agency's report here (vi and en, one file).")
    ] = None,
) -> int:
    """Compare the dossier with its live sources, and judge. Exit 5 when the dossier does not hold."""
    from ndcops.cli.agency_run import assess_agency

    return assess_agency(options_of(context), agency, html)


@app.command()
def sign(
    context: typer.Context,
    agency: AgencyId,
    key: Annotated[Path, typer.Option(help="The person's private key (PEM, Ed25519).")],
    person: Annotated[
        str | None, typer.Option("--as", help="Who signs: a name of inventory/signers.yaml.", show_default=False)
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no.")] = False,
    accept: Annotated[str | None, typer.Option(help="Accept this verified system, not the dossier.")] = None,
    waiver: Annotated[
        str | None, typer.Option(help="Print the owner's signature of this exception (waivers.yaml, gates).")
    ] = None,
) -> int:
    """Sign the dossier, or accept a system; both sides must sign the same digest."""
    from ndcops.cli.agency_run import sign_dossier, sign_waiver

    if waiver is not None:
        return sign_waiver(options_of(context), waiver, key)
    return sign_dossier(options_of(context), agency, person, key, refuse=refuse, system=accept)


@app.command()
def withdraw(
    context: typer.Context,
    agency: AgencyId,
    system: Annotated[str, typer.Option(help="The system that goes back to its draft.")],
    reason: Annotated[str, typer.Option(help="Why, for the ledger.")],
) -> int:
    """Take back a system of which nothing was moved yet; afterwards `rollback` is the way."""
    from ndcops.cli.agency_run import withdraw_system

    return withdraw_system(options_of(context), agency, system, reason)


@app.command()
def status(
    context: typer.Context,
    agency: Annotated[str | None, typer.Argument(help="The agency's id; all without it.")] = None,
) -> int:
    """Show where each system stands and what its next gate still asks."""
    from ndcops.cli import render
    from ndcops.cli.agency_run import opened

    options = options_of(context)
    with opened(options) as room:
        reports = room.status(agency)
    render.show_standings(reports, options.json)
    return ExitCode.DONE
