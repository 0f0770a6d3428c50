"""`ndcops stack`: preview, up, drift, repair, destroy and outputs over sites and layers."""

from typing import Annotated

import typer

from ndcops.cli.options import Options, options_of
from ndcops.model.errors import ExitCode

app = typer.Typer(
    help="Network, storage and compute of the sites, and agencies' landing zones, as Pulumi stacks.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Layers = Annotated[
    list[str] | None,
    typer.Option(
        "--layer", help="Only this layer (network, storage, compute, agency); may be given several times."
    ),
]
Agencies = Annotated[
    list[str] | None,
    typer.Option("--agency", help="With --layer agency: only this agency; may be given several times."),
]


@app.command()
def preview(context: typer.Context, layer: Layers = None, agency: Agencies = None) -> int:
    """Show what `up` would change. Exit 5 when something would."""
    from ndcops.cli import render
    from ndcops.cli.stack_run import opened

    options = options_of(context)
    with opened(options, "preview") as (room, selection):
        found = room.preview(selection(layer, agency))
    render.show_changes(found, options.json, title="preview")
    return ExitCode.DIFFERENCES if any(changes.changes for changes in found) else ExitCode.DONE


@app.command()
def up(context: typer.Context, layer: Layers = None, agency: Agencies = None) -> int:
    """Make the sites what the inventory says: plan, confirm, apply."""
    from ndcops.cli.stack_run import opened, propose_and_execute

    options = options_of(context)
    with opened(options, "up") as (room, selection):
        proposal = room.plan_up(selection(layer, agency), preview_first=not options.yes or options.dry_run)
        return propose_and_execute(room, proposal, options)


@app.command()
def drift(context: typer.Context, layer: Layers = None, agency: Agencies = None) -> int:
    """Find what was changed in the clusters since the last `up`, and by whom. Exit 5 when something was."""
    from ndcops.cli import render
    from ndcops.cli.stack_run import opened

    options = options_of(context)
    with opened(options, "drift") as (room, selection):
        found = room.drift(selection(layer, agency))
    render.show_changes(found, options.json, title="drift")
    return ExitCode.DIFFERENCES if any(changes.changes for changes in found) else ExitCode.DONE


@app.command()
def repair(context: typer.Context, layer: Layers = None, agency: Agencies = None) -> int:
    """Bring drifted objects back to what is declared."""
    from ndcops.cli import render
    from ndcops.cli.stack_run import opened, propose_and_execute

    options = options_of(context)
    with opened(options, "repair") as (room, selection):
        found = room.drift(selection(layer, agency))
        if not options.json:
            render.show_changes(found, as_json=False, title="drift")
        return propose_and_execute(room, room.plan_repair(found), options)


@app.command()
def destroy(context: typer.Context, layer: Layers = None, agency: Agencies = None) -> int:
    """Delete every object of the selected stacks. In production the target's name must be typed."""
    from ndcops.cli.stack_run import opened, propose_and_execute

    options = options_of(context)
    with opened(options, "destroy") as (room, selection):
        return propose_and_execute(
            room, room.plan_destroy(selection(layer, agency)), options, typed=_typed(options)
        )


@app.command()
def outputs(context: typer.Context, layer: Layers = None, agency: Agencies = None) -> int:
    """Print what the stacks hand on."""
    from ndcops.cli import render
    from ndcops.cli.stack_run import opened

    options = options_of(context)
    with opened(options, "outputs") as (room, selection):
        render.show_json(room.outputs(selection(layer, agency)))
    return ExitCode.DONE


def _typed(options: Options) -> str | None:
    return "production" if options.target == "production" else None
