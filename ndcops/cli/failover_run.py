"""What the verbs of `ndcops failover` share: the order, the room, Ctrl-C, and plan → confirm → execute."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.cli import render
from ndcops.cli.agreement import agreed
from ndcops.cli.failover_glass import read_glass
from ndcops.cli.options import Options
from ndcops.cli.signals import stopping
from ndcops.failover.plan.order import AcceptedRisk, Order, OrderKind
from ndcops.failover.plan.planning import NothingToMove
from ndcops.model.errors import ExitCode, InvalidInput
from ndcops.wiring import failover as wired
from ndcops.workflow.runner import StepEvent

if TYPE_CHECKING:
    from ndcops.failover.run.room import Failover, Proposal


def order_of(
    kind: OrderKind, what: Sequence[str], *, to: str, lost: bool, accept: Sequence[str], because: str
) -> Order:
    """The order of a command line. Raises InvalidInput for risks without a reason or of no known form."""
    if accept and not because.strip():
        raise InvalidInput("a risk is accepted with its reason only", resolution="add --because REASON")
    risks = tuple(_risk(name, because) for name in accept)
    if kind != "evacuate":
        return Order(kind=kind, services=tuple(what), to=to, accepted=risks)
    if len(what) != 1:
        raise InvalidInput("one site is evacuated at a time", resolution="ndcops failover evacuate SITE")
    return Order(kind=kind, site=what[0], to=to, lost=lost, accepted=risks)


def _risk(name: str, because: str) -> AcceptedRisk:
    if name.startswith("no-majority:"):
        raise InvalidInput(
            "acting without the store's majority takes two people's signatures",
            resolution="ndcops failover glass --help",
        )
    try:
        return AcceptedRisk(name=name, reason=because)
    except ValueError as error:
        raise InvalidInput(
            f"'{name}' is no risk's name; expected one such as no-sync-standby:identity",
            resolution="the refusal prints the names that it takes",
        ) from error


@contextmanager
def opened(options: Options, glass: Path | None = None) -> "Iterator[tuple[Failover, Pace]]":
    """The room, with live progress, and stopped cleanly by Ctrl-C, SIGTERM or a closed terminal.

    glass: a signed order to act without the store's majority.
    """
    stop = threading.Event()
    with render.WorkProgress(quiet=options.json) as bars:
        pace = Pace(bars)
        room = wired.failover(
            options.target, options.inventory, stop=stop, on_step=pace.step, glass=read_glass(glass)
        )

        def interrupt() -> None:
            stop.set()
            render.say("stopping: steps in hand end at their next look; resume the run with failover resume")

        with stopping(interrupt):
            yield room, pace


class Pace:
    """One bar for the run: steps done of all, the step in hand, and the time left by the plan's own prediction."""

    def __init__(self, bars: render.WorkProgress) -> None:
        self._bars = bars
        self._guard = threading.Lock()
        self._began_s = time.monotonic()
        self._done: set[str] = set()
        self._total = 0
        self._lasts_s: float | None = None

    def expect(self, total: int, lasts_s: float | None) -> None:
        """A plan of so many steps begins, which is likely to last so long; an earlier one's do not count."""
        with self._guard:
            self._done.clear()
            self._began_s, self._total, self._lasts_s = time.monotonic(), total, lasts_s

    def step(self, event: StepEvent) -> None:
        """A step changed its state, or says how far it is."""
        with self._guard:
            if event.state in ("done", "undone"):
                self._done.add(event.key)
            left = None
            if self._lasts_s is not None:
                left = max(0.0, self._lasts_s - (time.monotonic() - self._began_s))
            phase = f"{event.key} {event.line or event.state}"
            self._bars.advance("failover", phase, len(self._done), max(self._total, len(self._done)), left)


def propose_and_execute(options: Options, order: Order, glass: Path | None = None) -> int:
    """Show the plan of an order, ask, execute that very plan, and say what was done."""
    with opened(options, glass) as (room, pace):
        return _execute(room, pace, room.propose(order), options)


def fail_back(options: Options, order: Order) -> int:
    """Let lost sites rejoin, then bring services home: two plans, each shown and confirmed."""
    with opened(options) as (room, pace):
        sites = options.sites or tuple(site.name for site in room.given.sites)
        rejoined = ""
        for site in sites:
            rejoin = room.propose_rejoin(order.model_copy(update={"site": site}))
            if rejoin is not None:
                code = _execute(room, pace, rejoin, options, is_last=False)
                if code != ExitCode.DONE or options.dry_run:
                    return code
                rejoined = rejoin.run
        try:
            proposal = room.propose(order)
        except NothingToMove:
            if not rejoined:
                raise
            if options.json:
                render.show_run(room.story(rejoined), as_json=True)
            return ExitCode.DONE
        return _execute(room, pace, proposal, options)


def resume_run(options: Options, run: str, glass: Path | None = None) -> int:
    """Take a run up after asking."""
    with opened(options, glass) as (room, pace):
        story = room.story(run)
        left = [step for step in story.steps if step.outcome != "done"]
        if not agreed(options, room.given.target.value, lambda as_json: render.show_run(story, as_json)):
            return ExitCode.DONE
        pace.expect(len(left), None)
        room.resume(run)
        render.show_run(room.story(run), options.json)
    return ExitCode.DONE


def abort_run(options: Options, run: str, *, everything: bool) -> int:
    """Take a run back after asking."""
    with opened(options) as (room, pace):
        story = room.story(run)
        if not agreed(options, room.given.target.value, lambda as_json: render.show_run(story, as_json)):
            return ExitCode.DONE
        pace.expect(len(story.steps), None)
        room.abort(run, all_services=everything)
        render.show_run(room.story(run), options.json)
    return ExitCode.DONE


def bring_home(options: Options, run: str) -> int:
    """A broken glass's journal goes from this machine into the store, after asking."""
    line = f"the journal of run {run} goes from this machine into the coordination store, whose epochs follow it"

    def show(as_json: bool) -> None:
        if as_json:
            render.show_json({"run": run, "does": line})
        else:
            render.say(line)

    with opened(options) as (room, _):
        if not agreed(options, room.given.target.value, show):
            return ExitCode.DONE
        epoch = room.bring_home(run)
    if options.json:
        render.show_json({"run": run, "epoch": epoch})
    else:
        render.say(f"run {run} is in the store; epochs go on from {epoch}")
    return ExitCode.DONE


def _execute(room: "Failover", pace: Pace, proposal: "Proposal", options: Options, *, is_last: bool = True) -> int:
    if not agreed(
        options,
        proposal.plan.target,
        lambda as_json: render.show_failover_plan(proposal, room.given.simulated, as_json),
        stop=room.given.stop,
    ):
        return ExitCode.DONE
    pace.expect(len(proposal.plan.steps), proposal.lasts_s)
    if not options.json:
        render.say(f"run {proposal.run}")
    room.execute(proposal)
    if room.given.glass is not None:
        render.say(f"done; once the store has a majority again: ndcops failover home {proposal.run}")
        return ExitCode.DONE
    if is_last or not options.json:
        render.show_run(room.story(proposal.run), options.json)
    return ExitCode.DONE
