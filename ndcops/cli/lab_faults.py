"""`ndcops lab partition|freeze|slow|heal`: what can go wrong short of a site's death."""

from enum import StrEnum
from typing import Annotated

import typer

from ndcops.cli.options import Options, options_to_act
from ndcops.model.errors import ExitCode

Site = Annotated[str, typer.Argument(help="A site of the lab, for example ndc1.")]


class OneWay(StrEnum):
    """Which way a link is cut, as seen from the site."""

    IN = "in"
    OUT = "out"


def partition(
    context: typer.Context,
    site: Site,
    peer: Annotated[
        str, typer.Option("--from", help="Only between it and this site, or 'outside' (operators and probes).")
    ] = "",
    one_way: Annotated[
        OneWay | None, typer.Option(help="Drop only what comes to the site, or only what leaves it.")
    ] = None,
) -> int:
    """Cut a site's link; what stands on it hangs, as across a cut cable."""
    from ndcops import wiring

    options = options_to_act(context)
    direction = {None: "both", OneWay.IN: "in", OneWay.OUT: "out"}[one_way]
    wiring.lab_partition(site, peer, direction)  # type: ignore[arg-type]
    return _done(options, {"cut": site, "from": peer, "direction": direction}, f"{site} is cut off")


def freeze(
    context: typer.Context,
    site: Site,
    process: Annotated[str, typer.Argument(help="One process, as 'lab status' calls it; else all.")] = "",
) -> int:
    """Stop a site's processes in their tracks (SIGSTOP)."""
    from ndcops import wiring

    options = options_to_act(context)
    wiring.lab_freeze(site, process)
    return _done(options, {"frozen": site, "process": process}, f"{site}: {process or 'everything'} is frozen")


def slow(
    context: typer.Context,
    site: Site,
    rate: Annotated[str, typer.Option(help="Most that passes each way: 512kbit, 10mbit.")],
) -> int:
    """Limit a site's link."""
    from ndcops import wiring

    options = options_to_act(context)
    wiring.lab_slow(site, rate)
    return _done(options, {"slowed": site, "rate": rate}, f"{site} is slowed to {rate}")


def heal(
    context: typer.Context,
    site: Annotated[str | None, typer.Argument(help="Only this site's faults.")] = None,
) -> int:
    """End faults: links are whole, frozen processes run on. A killed site needs: lab revive."""
    from ndcops import wiring
    from ndcops.cli import render

    options = options_to_act(context)
    healed = wiring.lab_heal(site)
    if options.json:
        render.show_json({"healed": healed})
    else:
        render.say("\n".join(f"healed: {fault}" for fault in healed) if healed else "there were no faults")
    return ExitCode.DONE


def _done(options: Options, document: dict[str, str], sentence: str) -> int:
    from ndcops.cli import render

    if options.json:
        render.show_json(document)
    else:
        render.say(f"{sentence}; end it with: ndcops lab heal")
    return ExitCode.DONE
