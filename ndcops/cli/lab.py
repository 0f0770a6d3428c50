"""`ndcops lab`: three data centres on this machine, for rehearsals."""

from typing import TYPE_CHECKING, Annotated

import typer

from ndcops.cli import lab_faults, lab_hosts, lab_probe
from ndcops.cli.options import Options, options_of, options_to_act
from ndcops.model.errors import ExitCode

if TYPE_CHECKING:
    from ndcops.wiring import LabStatus, SiteStatusReport

app = typer.Typer(help="The lab: every site on this machine.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(lab_hosts.app, name="hosts")
app.add_typer(lab_probe.app, name="probe")

Site = Annotated[str, typer.Argument(help="A site of the lab, for example ndc1.")]


@app.command()
def up(
    context: typer.Context,
    scale: Annotated[float, typer.Option(help="Share of the inventory's nodes to make.", min=0.0001)] = 1.0,
    nodes: Annotated[int | None, typer.Option(help="Nodes a site, in the pools' proportion.", min=1)] = None,
    service: Annotated[
        list[str] | None,
        typer.Option(help="Give this service real parts, PostgreSQL and names; 'all' for each with Patroni."),
    ] = None,
    loopback: Annotated[bool, typer.Option("--loopback", help="Share loopback even as root.")] = False,
) -> int:
    """Start the lab, or heal what is missing of it."""
    from ndcops import wiring
    from ndcops.cli import render
    from ndcops.cli.toolchain import into

    options = options_to_act(context)
    with render.WorkProgress(quiet=options.json) as bars:
        found = wiring.lab_up(
            options.inventory,
            scale=scale,
            nodes_per_site=nodes,
            services=service or [],
            loopback=loopback,
            on_progress=lambda p: bars.advance(p.site, p.phase, p.done, p.total, p.remaining_s),
            on_build=into(bars),
        )
    return _show(found, options)


@app.command()
def status(context: typer.Context) -> int:
    """Tell which processes live, which sites answer. Exit 1 when the lab is not whole."""
    from ndcops import wiring

    return _show(wiring.lab_status(), options_of(context))


@app.command()
def kill(context: typer.Context, site: Site) -> int:
    """Take a whole site away, as a fire would: SIGKILL to all of it."""
    from ndcops import wiring
    from ndcops.cli import render

    options = options_to_act(context)
    wiring.lab_kill(site)
    if options.json:
        render.show_json({"killed": site})
    else:
        render.say(f"{site} is dead; bring it back with: ndcops lab revive {site}")
    return ExitCode.DONE


@app.command()
def revive(context: typer.Context, site: Site) -> int:
    """Start a killed site again, with the data it had."""
    from ndcops import wiring
    from ndcops.cli import render

    options = options_to_act(context)
    with render.WorkProgress(quiet=options.json) as bars:
        wiring.lab_revive(site, lambda p: bars.advance(p.site, p.phase, p.done, p.total, p.remaining_s))
    return _show(wiring.lab_status(), options)


for _fault in (lab_faults.partition, lab_faults.freeze, lab_faults.slow, lab_faults.heal):
    app.command()(_fault)


@app.command()
def down(context: typer.Context) -> int:
    """End the lab and remove all of it, its stacks' state too."""
    from dataclasses import asdict

    from ndcops import wiring
    from ndcops.cli import render

    options = options_to_act(context)
    removed = wiring.lab_down()
    if options.json:
        render.show_json(asdict(removed))
    elif removed.nothing_to_do:
        render.say("there is no lab")
    else:
        render.say(
            f"removed {removed.processes} processes, {removed.interfaces} interfaces and namespaces, "
            f"{removed.mounts} mounts, {removed.files} files"
        )
    return ExitCode.DONE


def _show(found: "LabStatus", options: Options) -> int:
    from ndcops.cli import render

    whole = found.up and all(site.healthy for site in found.sites)
    if options.json:
        render.show_json({**found.model_dump(mode="json"), "whole": whole, "memory_bytes": found.memory_bytes})
    elif not found.up:
        render.say("the lab is not up; start it with: ndcops lab up")
    else:
        render.show_table(
            f"lab ({found.mode}), {found.memory_bytes >> 20} MiB; nodes and pods are simulated by KWOK",
            ["site", "API", "context", "nodes ready", "processes", "MiB", "healthy"],
            [
                (
                    site.name,
                    site.endpoint,
                    site.context,
                    f"{site.nodes_ready}/{site.nodes}",
                    _lives(site),
                    site.memory_bytes >> 20,
                    "yes" if site.healthy else "NO",
                )
                for site in found.sites
            ],
        )
        if found.services:
            render.say(f"real databases and names: {', '.join(found.services)}")
        for fault in found.faults:
            render.say(f"fault: {fault}; end it with: ndcops lab heal")
    return ExitCode.DONE if whole else ExitCode.FAILED


def _lives(site: "SiteStatusReport") -> str:
    """How many processes live, and the names of those that do not."""
    amiss = [f"{process.name} {process.life}" for process in site.processes if process.life != "alive"]
    count = f"{len(site.processes) - len(amiss)}/{len(site.processes)} alive"
    return "; ".join([count, *amiss])
