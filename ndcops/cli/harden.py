"""`ndcops harden`: plan, apply, verify and roll back the hardening of hosts; waivers and evidence."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.options import options_of
from ndcops.model.errors import ExitCode

app = typer.Typer(
    help="Hosts: hardened under a guard that puts back whatever shuts the door.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Hosts = Annotated[list[str] | None, typer.Option("--host", help="Only this host; may be given several times.")]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="Only hosts of this role (kubernetes_node, database_host, bastion, siem)."),
]
Controls = Annotated[
    list[str] | None, typer.Option("--control", help="Only this control; may be given several times.")
]
Batch = Annotated[int, typer.Option(help="Hosts that change at once.", min=1)]
RunId = Annotated[str, typer.Option("--run", help="The run to go back before; harden runs lists them.")]


@app.command()
def plan(context: typer.Context, host: Hosts = None, role: Roles = None, control: Controls = None) -> int:
    """Show exactly what `apply` would change."""
    from ndcops.cli import render
    from ndcops.cli.harden_run import new_run, opened

    options = options_of(context)
    with opened(options) as (room, selection):
        proposal = room.plan(selection(host, role, control), run=new_run())
    render.show_hardening_plan(proposal, options.json)
    return ExitCode.DONE


@app.command()
def apply(
    context: typer.Context,
    host: Hosts = None,
    role: Roles = None,
    control: Controls = None,
    batch: Batch = 1,
    only_drift: Annotated[
        bool, typer.Option("--only-drift", help="Bring back just what verify finds changed.")
    ] = False,
    evict_unmanaged: Annotated[
        bool, typer.Option("--evict-unmanaged", help="Drain pods that nothing would start again, too.")
    ] = False,
) -> int:
    """Harden hosts: plan, confirm, change them host by host under their guards."""
    from ndcops.cli.harden_run import execute_hardening, new_run, opened

    options = options_of(context)
    with opened(options, evict_unmanaged=evict_unmanaged) as (room, selection):
        chosen = selection(host, role, control)
        if only_drift:
            proposal = room.plan_repair(room.verify(chosen), run=new_run(), batch=batch)
        else:
            proposal = room.plan(chosen, run=new_run(), batch=batch)
        return execute_hardening(room, proposal, options, batch=batch)


@app.command()
def verify(
    context: typer.Context,
    host: Hosts = None,
    role: Roles = None,
    control: Controls = None,
    scap: Annotated[
        Path | None,
        typer.Option(help="An SCAP data stream (.xml or .xml.xz): scan the hosts with OpenSCAP and Lynis too."),
    ] = None,
    profile: Annotated[str, typer.Option(help="The data stream's profile.")] = "cis_level1_server",
) -> int:
    """Find what changed since, and waivers that ran out. Exit 5 when something did."""
    from ndcops.cli import render
    from ndcops.cli.harden_run import opened, scan_hosts

    options = options_of(context)
    with opened(options) as (room, selection):
        chosen = selection(host, role, control)
        report = room.verify(chosen)
        scans = scan_hosts(room, chosen, scap, profile, options) if scap is not None else ()
    render.show_verification_of_hosts(report, scans, options.json)
    return ExitCode.DONE if report.is_clean else ExitCode.DIFFERENCES


@app.command()
def rollback(context: typer.Context, run: RunId, host: Hosts = None, role: Roles = None, batch: Batch = 1) -> int:
    """Put hosts back as they were before a run."""
    from ndcops.cli.harden_run import execute_rollback, opened

    options = options_of(context)
    with opened(options) as (room, selection):
        return execute_rollback(
            room, room.plan_rollback(selection(host, role, None), run, batch=batch), options, batch
        )


@app.command()
def runs(context: typer.Context, host: Hosts = None, role: Roles = None) -> int:
    """List the snapshots that the hosts keep."""
    from ndcops.cli import render
    from ndcops.cli.harden_run import opened

    options = options_of(context)
    with opened(options) as (room, selection):
        found = room.runs(selection(host, role, None))
    render.show_guard_runs(found, options.json)
    return ExitCode.DONE


@app.command()
def waivers(
    context: typer.Context,
    sign: Annotated[str | None, typer.Option(help="Print the signature of this waiver.")] = None,
    key: Annotated[Path | None, typer.Option(help="The owner's private key (PEM), for --sign.")] = None,
) -> int:
    """List waivers as they stand today. Exit 5 when one does not count."""
    from ndcops.cli import render
    from ndcops.cli.harden_run import opened, signature_of

    options = options_of(context)
    if sign is not None:
        signature = signature_of(options, sign, key)
        render.show_json({"waiver": sign, "signature": signature})
        return ExitCode.DONE
    with opened(options) as (room, _):
        states = room.waivers()
    render.show_waivers(states, options.json)
    return ExitCode.DIFFERENCES if any(state.problem for state in states) else ExitCode.DONE


@app.command()
def report(
    context: typer.Context,
    html: Annotated[Path | None, typer.Option(help="Write the page here (vi and en, one file).")] = None,
) -> int:
    """Show the evidence: control, rule, value before and after, time, as a checked chain of records."""
    from ndcops.cli.harden_run import show_evidence

    return show_evidence(options_of(context), html)
