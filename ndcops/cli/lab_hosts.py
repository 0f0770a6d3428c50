"""`ndcops lab hosts`: booted Debian machines with sshd, to harden and to break."""

from typing import TYPE_CHECKING, Annotated

import typer

from ndcops.cli.options import Options, options_of, options_to_act
from ndcops.model.errors import ExitCode

if TYPE_CHECKING:
    from ndcops.wiring.lab_hosts import LabHostsStatus

app = typer.Typer(
    help="The lab's hosts: booted Debian machines with sshd.", no_args_is_help=True, rich_markup_mode=None
)

Host = Annotated[str, typer.Argument(help="A lab host, for example ndc1-bastion-1.")]


@app.command()
def up(
    context: typer.Context,
    count: Annotated[int, typer.Option(help="Hosts beside the SIEM: node, database, bastion, in turn.")] = 3,
    release: Annotated[str, typer.Option(help="Debian release: trixie or bookworm.")] = "trixie",
) -> int:
    """Boot hosts and the SIEM, or heal and add what is missing."""
    from ndcops.cli import render
    from ndcops.wiring import lab_hosts

    options = options_to_act(context)
    with render.WorkProgress(quiet=options.json) as bars:
        found = lab_hosts.hosts_up(
            count, release, lambda p: bars.advance(p.subject, p.phase, p.done, p.total, p.remaining_s)
        )
    return _show(found, options)


@app.command()
def status(context: typer.Context) -> int:
    """Tell which hosts live. Exit 1 when one does not."""
    from ndcops.wiring import lab_hosts

    return _show(lab_hosts.hosts_status(), options_of(context))


@app.command()
def kill(context: typer.Context, host: Host) -> int:
    """Cut a host's power: SIGKILL to all of it."""
    from ndcops.cli import render
    from ndcops.wiring import lab_hosts

    options = options_to_act(context)
    lab_hosts.host_kill(host)
    if options.json:
        render.show_json({"killed": host})
    else:
        render.say(f"{host} is dead; boot it again with: ndcops lab hosts boot {host}")
    return ExitCode.DONE


@app.command()
def boot(context: typer.Context, host: Host) -> int:
    """Boot a killed host again, from the disk that it had."""
    from ndcops.cli import render
    from ndcops.wiring import lab_hosts

    options = options_to_act(context)
    with render.WorkProgress(quiet=options.json) as bars:
        lab_hosts.host_boot(host, lambda phase, done: bars.advance(host, phase, done, 3, None))
    return _show(lab_hosts.hosts_status(), options)


@app.command()
def down(context: typer.Context) -> int:
    """Remove the hosts, their disks and keys; clusters of the lab stay."""
    from dataclasses import asdict

    from ndcops.cli import render
    from ndcops.wiring import lab_hosts

    options = options_to_act(context)
    removed = lab_hosts.hosts_down()
    if options.json:
        render.show_json(asdict(removed))
    elif removed.nothing_to_do:
        render.say("there are no lab hosts")
    else:
        render.say(
            f"removed {removed.processes} processes, {removed.interfaces} interfaces, "
            f"{removed.mounts} mounts, {removed.files} files"
        )
    return ExitCode.DONE


def _show(found: "LabHostsStatus", options: Options) -> int:
    from ndcops.cli import render

    if options.json:
        render.show_json({**found.model_dump(mode="json"), "whole": found.whole})
    elif not found.up:
        render.say("there are no lab hosts; boot some with: ndcops lab hosts up --count 3")
    else:
        render.show_table(
            f"lab hosts, Debian {found.release}; inventory {found.inventory_file}",
            ["host", "site", "role", "address", "systemd"],
            [(host.name, host.site, host.role, host.address, host.state) for host in found.everyone],
        )
    return ExitCode.DONE if found.whole else ExitCode.FAILED
