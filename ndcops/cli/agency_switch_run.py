"""What `agency cutover` and `agency rollback` do: plan → show → confirm → execute → ledger."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ndcops.cli import render
from ndcops.cli.agency_run import opened
from ndcops.cli.agreement import agreed
from ndcops.cli.options import Options
from ndcops.cli.signals import stopping
from ndcops.model.cutover import End
from ndcops.model.errors import ExitCode
from ndcops.onboarding.run import Onboarding
from ndcops.onboarding.run.moving import MoveWords
from ndcops.onboarding.run.switching import Switching, SwitchProposal
from ndcops.wiring import moving
from ndcops.wiring import switching as wired
from ndcops.workflow.runner import StepEvent


@dataclass(frozen=True)
class SwitchWords:
    """The options of both commands."""

    agency: str
    system: str | None
    leaving: End
    seen_from_target: str
    seen_from_source: str

    @property
    def command(self) -> str:
        """As evidence names it."""
        verb = "cutover" if self.leaving is End.SOURCE else "rollback"
        return f"ndcops agency {verb} {self.agency}" + (f" --system {self.system}" if self.system else "")


def change_end(options: Options, words: SwitchWords) -> int:
    """Alone on the register from the facts to the last record: nobody may sign or seed in between."""
    stop = threading.Event()
    with opened(options) as room, switching_of(room, options, words, stop) as switching:
        proposal = switching.propose(words.agency, words.system, words.leaving)
        if not agreed(options, proposal.plan.target, lambda as_json: render.show_switch_plan(proposal, as_json)):
            return ExitCode.DONE
        with ExitStack() as alone:
            for move in switching.moves_of(words.agency, proposal.system.id):
                alone.enter_context(moving.alone_on(options.target, move))
            kept = switching.execute(proposal, command=words.command)
        render.show_switch_done(proposal, kept, options.json)
    return ExitCode.DONE


def abort_cutover(options: Options, words: SwitchWords) -> int:
    """Take back what was begun and not ended."""
    stop = threading.Event()
    with opened(options) as room, switching_of(room, options, words, stop) as switching:
        steps = switching.propose_abort(words.agency, words.system)
        if not agreed(options, room.target.value, lambda as_json: render.show_switch_abort(steps, as_json)):
            return ExitCode.DONE
        undone = switching.abort(words.agency, words.system)
    if options.json:
        render.show_json({"taken_back": list(undone)})
    else:
        render.say(f"taken back: {len(undone)} steps; applications work at the source as before")
    return ExitCode.DONE


def rehearse_both(options: Options, words: SwitchWords) -> int:
    """Copies, cut-over, way back, evidence; nothing that is in use is changed."""
    stop = threading.Event()
    command = words.command.replace("cutover", "rehearse")
    with opened(options) as room, switching_of(room, options, words, stop) as switching:
        rehearsal = wired.rehearsing(switching)
        gate = rehearsal.require_in_sync(words.agency, words.system)
        lines = (
            "two copies on the target's server: the stream into it stands still while it is copied",
            "cut-over and way back between them, a client writing all the time",
            "the copies are taken away",
        )
        if not agreed(
            options, room.target.value, lambda as_json: render.show_rehearsal_plan(gate, lines, as_json)
        ):
            return ExitCode.DONE
        found = rehearsal.rehearse(
            words.agency, words.system, say=lambda line: None if options.json else render.say(line)
        )
        kept = rehearsal.keep(words.agency, words.system, found, command=command)
        render.show_rehearsed(found, kept, options.json)
    return ExitCode.DONE


@contextmanager
def switching_of(
    room: Onboarding, options: Options, words: SwitchWords, stop: threading.Event
) -> Iterator[Switching]:
    """Ctrl-C inside the pause takes back; outside it the same command goes on."""
    seen = MoveWords(words.seen_from_target, words.seen_from_source)
    with render.WorkProgress(quiet=options.json) as bars, stopping(stop.set):

        def step(event: StepEvent) -> None:
            bars.advance(event.key, event.line or event.state, 0, 0, None)

        room.on_step = step
        with wired.switching(room, options.target, options.inventory, words=seen, stop=stop) as found:
            yield found


__all__ = ["SwitchProposal", "SwitchWords", "abort_cutover", "change_end"]
