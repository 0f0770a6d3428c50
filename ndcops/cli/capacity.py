"""`ndcops capacity`: show, fit, survive, forecast, buy and verify."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.options import options_of
from ndcops.model.errors import ExitCode

app = typer.Typer(
    help="Is there room, does a lost centre fit in the others, when is it full, what to buy.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Saved = Annotated[
    Path | None, typer.Option("--snapshot", help="Answer from this saved snapshot; no cluster is asked.")
]
Save = Annotated[Path | None, typer.Option("--save", help="Also save the facts here, to ask the same again.")]
Waves = Annotated[Path | None, typer.Option("--waves", help="Planned waves (kind WavePlan).")]
History = Annotated[Path | None, typer.Option("--history", help="Usage as CSV: site,resource,time,value.")]
Prometheus = Annotated[str | None, typer.Option("--prometheus", help="URL of a Prometheus that holds the usage.")]
Horizon = Annotated[int, typer.Option("--horizon-days", min=7, max=3653, help="How far to look ahead.")]


@app.command()
def show(context: typer.Context, snapshot: Saved = None, save: Save = None) -> int:
    """What sites have, what is promised, what is left: pools, racks, tiers, agencies, power."""
    from ndcops.cli import render
    from ndcops.cli.capacity_questions import asked

    options = options_of(context)
    with asked(options, snapshot, save) as (_, questions):
        rooms = questions.rooms(options.sites)
    render.show_rooms(rooms, options.json)
    return ExitCode.DONE


@app.command()
def fit(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Workload manifests (YAML).")] = None,
    service: Annotated[list[str] | None, typer.Option("--service", help="A declared service; repeatable.")] = None,
    dossier: Annotated[str | None, typer.Option("--dossier", help="All services of an agency's dossier.")] = None,
    wave: Annotated[str | None, typer.Option("--wave", help="A wave of --waves.")] = None,
    waves: Waves = None,
    snapshot: Saved = None,
    save: Save = None,
) -> int:
    """Does a workload fit, where, and why not. Exit 5 when it fits at no site."""
    from ndcops.cli import render
    from ndcops.cli.capacity_questions import asked, demands_of

    options = options_of(context)
    with asked(options, snapshot, save) as (room, questions):
        demands = demands_of(room.inventory, file, service, dossier, wave, waves)
        answers = questions.fits(options.sites, demands)
    render.show_fits(answers, options.json)
    return ExitCode.DONE if any(each.fits for each in answers) else ExitCode.DIFFERENCES


@app.command()
def survive(
    context: typer.Context,
    racks: Annotated[bool, typer.Option("--racks", help="Also lose each rack in turn.")] = False,
    feeds: Annotated[bool, typer.Option("--feeds", help="Also lose a power feed of each site and hall.")] = False,
    snapshot: Saved = None,
    save: Save = None,
) -> int:
    """Each site lost in turn: do its services fit at their standbys. Exit 5 when some loss is not survived."""
    from ndcops.cli import render
    from ndcops.cli.capacity_questions import asked

    options = options_of(context)
    with asked(options, snapshot, save) as (_, questions):
        survivals = questions.survivals(options.sites)
        lost_racks = questions.rack_losses(options.sites) if racks else ()
        lost_feeds = questions.feed_losses(options.sites) if feeds else ()
    render.show_survivals(survivals, lost_racks, lost_feeds, options.json)
    held = all(all(each.survives for each in losses) for losses in (survivals, lost_racks, lost_feeds))
    return ExitCode.DONE if held else ExitCode.DIFFERENCES


@app.command()
def forecast(
    context: typer.Context,
    history: History = None,
    prometheus: Prometheus = None,
    waves: Waves = None,
    horizon_days: Horizon = 730,
    seed: Annotated[int, typer.Option(help="Of the drawn paths; the same gives the same dates.")] = 1,
    snapshot: Saved = None,
    save: Save = None,
) -> int:
    """When each resource of each site is full, as a range, with a backtest beside it."""
    from ndcops.cli import render
    from ndcops.cli.capacity_questions import asked
    from ndcops.wiring import capacity as files

    options = options_of(context)
    source = files.usage_history(history, prometheus)
    plan = files.wave_plan(waves) if waves is not None else None
    with asked(options, snapshot, save) as (_, questions):
        found = questions.forecasts(options.sites, source, plan, horizon_days, seed)
    render.show_forecasts(found, options.json)
    return ExitCode.DONE


@app.command()
def buy(
    context: typer.Context,
    prices: Annotated[Path, typer.Option("--prices", help="Price list (kind PriceList).")],
    waves: Waves = None,
    time_limit_s: Annotated[float, typer.Option(min=1, max=3600, help="For the search of the cheapest.")] = 60,
    snapshot: Saved = None,
    save: Save = None,
) -> int:
    """What to buy per site and quarter, N+1 kept, with a proven bound. Exit 3 names what forbids every plan."""
    from ndcops.cli import render
    from ndcops.cli.capacity_questions import asked
    from ndcops.wiring import capacity as files

    options = options_of(context)
    articles = files.price_list(prices)
    plan = files.wave_plan(waves) if waves is not None else None
    with asked(options, snapshot, save) as (_, questions):
        found = questions.purchase(articles, plan, questions.snapshot.taken_at.date(), time_limit_s)
    render.show_purchase(found, options.json)
    return ExitCode.DONE


@app.command()
def report(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")],
    history: History = None,
    prometheus: Prometheus = None,
    waves: Waves = None,
    prices: Annotated[Path | None, typer.Option("--prices", help="Price list, to show a purchase too.")] = None,
    horizon_days: Horizon = 730,
    snapshot: Saved = None,
    save: Save = None,
) -> int:
    """One self-contained HTML page (vi, en) with everything that can be answered from what is given."""
    from ndcops.cli import render
    from ndcops.cli.capacity_questions import asked, capacity_report
    from ndcops.reports.capacity_page import write_capacity_page
    from ndcops.wiring import capacity as files

    options = options_of(context)
    source = files.usage_history(history, prometheus) if history or prometheus else None
    plan = files.wave_plan(waves) if waves is not None else None
    articles = files.price_list(prices) if prices is not None else None
    with asked(options, snapshot, save) as (_, questions):
        found = capacity_report(questions, options.sites, source, plan, articles, horizon_days)
    write_capacity_page(found, output)
    render.say(f"wrote {output}")
    if options.json:
        render.show_json({"page": str(output)})
    return ExitCode.DONE


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Workload manifests (YAML).")] = None,
    service: Annotated[list[str] | None, typer.Option("--service", help="A declared service; repeatable.")] = None,
    snapshot: Saved = None,
    save: Save = None,
) -> int:
    """Ask the real scheduler the same, in a scratch control plane, and compare. Exit 5 when the answers differ."""
    from ndcops.cli import render
    from ndcops.cli.capacity_questions import asked, demands_of, verified

    options = options_of(context)
    with asked(options, snapshot, save) as (room, questions):
        demands = demands_of(room.inventory, file, service, None, None, None)
        found = verified(questions, options, demands)
    render.show_verification(found, options.json)
    return ExitCode.DONE if all(each.agrees for each in found) else ExitCode.DIFFERENCES
