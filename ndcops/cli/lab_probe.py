"""`ndcops lab probe`: a client outside that writes and reads through a service's name."""

from typing import TYPE_CHECKING, Annotated

import typer

from ndcops.cli.options import options_of, options_to_act
from ndcops.model.errors import ExitCode

if TYPE_CHECKING:
    from ndcops.wiring.lab_probes import ProbeFindings

app = typer.Typer(
    help="A client outside all sites, to measure outages and lost writes.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Service = Annotated[str, typer.Argument(help="A service with real parts in the lab, for example identity.")]


@app.command()
def start(
    context: typer.Context,
    service: Service,
    rate: Annotated[float, typer.Option(help="Writes a second.", min=0.1, max=2000)] = 20.0,
) -> int:
    """Start a probe, in the place of an earlier one."""
    from ndcops.cli import render
    from ndcops.wiring import lab_probes

    options = options_to_act(context)
    lab_probes.probe_start(service, rate)
    if options.json:
        render.show_json({"probed": service, "rate_per_s": rate})
    else:
        render.say(f"{service} is probed {rate:g} times a second; see: ndcops lab probe show {service}")
    return ExitCode.DONE


@app.command()
def stop(context: typer.Context, service: Service) -> int:
    """End a probe; what it saw stays."""
    from ndcops.cli import render
    from ndcops.wiring import lab_probes

    options = options_to_act(context)
    ran = lab_probes.probe_stop(service)
    if options.json:
        render.show_json({"stopped": ran})
    else:
        render.say(f"{service} is no longer probed" if ran else f"{service} was not probed")
    return ExitCode.DONE


@app.command()
def show(context: typer.Context, service: Service) -> int:
    """What the last probe saw: longest outage, lost writes. Exit 1 when confirmed writes are lost."""
    from ndcops.cli import render
    from ndcops.model.errors import InvalidInput
    from ndcops.wiring import lab_probes

    found = lab_probes.probe_findings(service)
    if found is None:
        raise InvalidInput(f"{service} was never probed", resolution=f"ndcops lab probe start {service}")
    if options_of(context).json:
        render.show_json(_document(found))
    else:
        _show(found)
    return ExitCode.FAILED if found.lost else ExitCode.DONE


def _document(found: "ProbeFindings") -> dict[str, object]:
    seen = found.seen
    return {
        "service": found.service,
        "running": found.running,
        "confirmed": len(seen.confirmed),
        "failed": seen.failed,
        "lost": found.lost,
        "outage_ms": seen.outage_ms,
        "outage_began_ms": seen.outage_began_ms,
        "took_p50_ms": seen.took_p50_ms,
        "address": found.address,
        "turns": seen.turns,
        "problem": found.problem,
    }


def _show(found: "ProbeFindings") -> None:
    from ndcops.cli import render

    seen = found.seen
    lost = "unknown" if found.lost is None else str(found.lost)
    render.show_table(
        f"probe of {found.service}, {'running' if found.running else 'ended'}",
        ["writes confirmed", "failed attempts", "lost", "longest outage, s", "median, ms", "through"],
        [
            (
                len(seen.confirmed),
                seen.failed,
                lost,
                f"{seen.outage_ms / 1000:.2f}",
                f"{seen.took_p50_ms:.1f}",
                " then ".join(seen.turns),
            )
        ],
    )
    if found.problem:
        render.say(f"now: {found.problem}")
