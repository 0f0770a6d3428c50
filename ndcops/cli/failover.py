"""`ndcops failover`: ready, plan, switch, evacuate, drill, resume, abort, failback, status and report."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ndcops.cli.options import options_of, options_to_act
from ndcops.model.errors import ExitCode

app = typer.Typer(
    help="Move services between centres, planned or after a loss; never two primaries.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Services = Annotated[list[str] | None, typer.Argument(help="Services; all that are concerned when none is named.")]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", help="Take a risk by its name, such as no-sync-standby:identity; repeatable."),
]
Because = Annotated[str, typer.Option("--because", help="Why the risks are taken; it is recorded.")]
To = Annotated[str, typer.Option("--to", help="Another destination than the declared one.")]
Lost = Annotated[bool, typer.Option("--lost", help="The site is lost: nothing is asked of it any more.")]
Run = Annotated[str, typer.Argument(help="A run's name, from `failover status`.")]
Glass = Annotated[Path | None, typer.Option("--glass", help="A signed order to act without the store's majority.")]
Kind = Literal["switch", "evacuate", "failback"]


@app.command()
def ready(context: typer.Context, services: Services = None) -> int:
    """Could each service be moved now, planned or if its site were lost. Exit 5 when some could not."""
    from ndcops.cli import render
    from ndcops.cli.failover_run import opened

    options = options_of(context)
    with opened(options) as (room, _):
        found = room.ready(services or ())
    render.show_readiness(found, room.given.simulated, options.json)
    return ExitCode.DONE if all(each.ready and each.ready_if_lost for each in found) else ExitCode.DIFFERENCES


@app.command()
def plan(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="switch, evacuate or failback.")],
    what: Annotated[list[str] | None, typer.Argument(help="Services; for evacuate the site.")] = None,
    to: To = "",
    lost: Lost = False,
    accept: Accept = None,
    because: Because = "",
) -> int:
    """Show what such an order would do, what it would take, and what may be lost; change nothing."""
    from ndcops.cli import render
    from ndcops.cli.failover_run import opened, order_of

    options = options_of(context)
    order = order_of(kind, what or [], to=to, lost=lost, accept=accept or [], because=because)
    with opened(options) as (room, _):
        proposal = room.propose(order)
    render.show_failover_plan(proposal, room.given.simulated, options.json)
    return ExitCode.DONE


@app.command()
def switch(
    context: typer.Context,
    services: Annotated[list[str], typer.Argument(help="Services to move.")],
    to: To = "",
    accept: Accept = None,
    because: Because = "",
) -> int:
    """Move services to their other site, planned: nothing is lost, each is away for its own pause only."""
    from ndcops.cli.failover_run import order_of, propose_and_execute

    order = order_of("switch", services, to=to, lost=False, accept=accept or [], because=because)
    return propose_and_execute(options_of(context), order)


@app.command()
def evacuate(
    context: typer.Context,
    site: Annotated[str, typer.Argument(help="The site that everything leaves.")],
    lost: Lost = False,
    to: To = "",
    accept: Accept = None,
    because: Because = "",
    glass: Glass = None,
) -> int:
    """Move everything out of a site, in the order of dependencies; with --lost after it is gone."""
    from ndcops.cli.failover_run import order_of, propose_and_execute

    order = order_of("evacuate", [site], to=to, lost=lost, accept=accept or [], because=because)
    return propose_and_execute(options_of(context), order, glass)


@app.command()
def failback(
    context: typer.Context,
    services: Services = None,
    accept: Accept = None,
    because: Because = "",
) -> int:
    """Bring services home. A site that was lost rejoins first: what it holds is stopped and catches up."""
    from ndcops.cli.failover_run import fail_back, order_of

    order = order_of("failback", services or [], to="", lost=False, accept=accept or [], because=because)
    return fail_back(options_of(context), order)


@app.command()
def drill(context: typer.Context, services: Services = None, accept: Accept = None, because: Because = "") -> int:
    """Bring up isolated copies at the standbys, write and read in them, remove them; production is only read."""
    from ndcops.cli.failover_run import order_of, propose_and_execute

    order = order_of("drill", services or [], to="", lost=False, accept=accept or [], because=because)
    return propose_and_execute(options_of(context), order)


@app.command()
def resume(context: typer.Context, run: Run, glass: Glass = None) -> int:
    """Take up a run that did not end, from any machine; an aborted one goes on being taken back."""
    from ndcops.cli.failover_run import resume_run

    return resume_run(options_of(context), run, glass)


@app.command()
def abort(
    context: typer.Context,
    run: Run,
    everything: Annotated[bool, typer.Option("--all", help="Also what has arrived and was verified.")] = False,
) -> int:
    """Take a run back to a consistent side; services that arrived stay where they are."""
    from ndcops.cli.failover_run import abort_run

    return abort_run(options_of(context), run, everything=everything)


@app.command()
def glass(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The order's file.")],
    reason: Annotated[str, typer.Option(help="Why nobody can wait for the majority; a new order.")] = "",
    dead: Annotated[list[str] | None, typer.Option(help="A member certified dead; repeatable.")] = None,
    sign_as: Annotated[str, typer.Option("--sign-as", help="Who signs, by the inventory's name.")] = "",
    key: Annotated[Path | None, typer.Option(help="The signer's private key (PEM).")] = None,
) -> int:
    """Write down an order to act without the coordination store's majority, or sign it; two people must."""
    from ndcops.cli import render
    from ndcops.cli.failover_glass import sign_glass, write_glass
    from ndcops.model.errors import InvalidInput

    options = options_to_act(context)
    if bool(sign_as) != (key is not None):
        raise InvalidInput("a signature needs a name and a key", resolution="--sign-as NAME --key FILE")
    if key is not None:
        order = sign_glass(file, actor=sign_as, key=key)
    else:
        order = write_glass(file, reason=reason, dead=dead or [])
    if options.json:
        render.show_json(order.model_dump(mode="json"))
    else:
        signers = ", ".join(each.actor for each in order.signatures) or "nobody yet"
        render.say(f"{file}: run {order.run}, dead: {', '.join(order.dead_members)}; signed by {signers}")
    return ExitCode.DONE


@app.command()
def home(context: typer.Context, run: Run) -> int:
    """Bring the journal of a broken glass into the coordination store, once that has a majority again."""
    from ndcops.cli.failover_run import bring_home

    return bring_home(options_of(context), run)


@app.command()
def status(context: typer.Context, run: Annotated[str, typer.Argument(help="One run in full.")] = "") -> int:
    """Who holds the lock, which runs did not end, where each service is."""
    from ndcops.cli import render
    from ndcops.cli.failover_run import opened

    options = options_of(context)
    with opened(options) as (room, _):
        if run:
            render.show_run(room.story(run), options.json)
            return ExitCode.DONE
        facts = room.read()
        render.show_failover_status(facts, room.runs(), room.given.simulated, options.json)
    return ExitCode.DONE


@app.command()
def report(
    context: typer.Context,
    run: Run,
    html: Annotated[Path | None, typer.Option(help="Write the page, Vietnamese and English.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write it as Markdown.")] = None,
    records: Annotated[Path | None, typer.Option(help="Write the run's journal, or read it with --check.")] = None,
    check: Annotated[
        Path | None, typer.Option(help="Is this report what the journal tells, byte for byte?")
    ] = None,
) -> int:
    """What a run did, in order and with its figures. With --check: exit 5 for a report that was changed."""
    from ndcops.cli.failover_report import check_report, write_report

    options = options_of(context)
    if check is not None:
        return check_report(options, run, check, records)
    return write_report(options, run, html=html, markdown=markdown, records=records)
