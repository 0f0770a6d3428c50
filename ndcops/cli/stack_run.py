"""What the verbs of `ndcops stack` share: opening the room, Ctrl-C, and plan → confirm → execute."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ndcops import wiring
from ndcops.cli import render
from ndcops.cli.agreement import agreed_plan
from ndcops.cli.options import Options
from ndcops.cli.signals import stopping
from ndcops.cli.toolchain import into
from ndcops.model.errors import ExitCode
from ndcops.provisioning.run import Proposal, Provisioning, Selection

Select = Callable[[list[str] | None, list[str] | None], Selection]


@contextmanager
def opened(options: Options, verb: str) -> Iterator[tuple[Provisioning, Select]]:
    """The room, with live progress, and stopped cleanly by Ctrl-C, SIGTERM or a closed terminal."""
    stop = threading.Event()
    with (
        render.StackProgressTable(verb, quiet=options.json) as table,
        render.WorkProgress(quiet=options.json) as bars,
    ):
        room = wiring.provisioning(
            options.target,
            options.inventory,
            stop=stop,
            on_progress=table.advance,
            on_step=table.step,
            on_build=into(bars),
        )

        def select(layers: list[str] | None, agencies: list[str] | None) -> Selection:
            return Selection(options.sites, tuple(layers or ()), tuple(agencies or ()))

        def interrupt() -> None:
            stop.set()
            table.say("stopping: the steps in hand are finished and saved (again to end them at once)")
            room.engine.interrupt()

        with stopping(interrupt):
            yield room, select


def propose_and_execute(
    room: Provisioning, proposal: Proposal, options: Options, *, typed: str | None = None
) -> int:
    """Show the plan, ask, execute that very plan, and say what was done.

    typed: a word that must be typed instead of yes. Returns the exit code.
    """
    plan = proposal.plan
    if not agreed_plan(
        options, plan, lambda as_json: render.show_proposal(proposal, as_json), stop=room.stop, typed=typed
    ):
        return ExitCode.DONE
    result = room.execute(plan)
    render.show_result(plan, result, options.json)
    return ExitCode.DONE
