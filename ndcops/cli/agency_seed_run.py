"""What `agency seed` does: plan → show → confirm → execute → prove to the gates."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ndcops.cli import render
from ndcops.cli.agency_run import opened
from ndcops.cli.agreement import agreed
from ndcops.cli.options import Options
from ndcops.cli.signals import stopping
from ndcops.model.errors import ExitCode
from ndcops.model.seed import LoadLimits
from ndcops.onboarding.run import Onboarding, Proposal
from ndcops.onboarding.run.moving import MoveWords, Seeding, SeedProposal
from ndcops.wiring import moving as wired
from ndcops.workflow.runner import RunResult, StepEvent


@dataclass(frozen=True)
class SeedWords:
    """The options of `seed`."""

    agency: str
    database: str
    jobs: int
    limits: LoadLimits
    seen_from_target: str
    hold_s: int | None
    bound_bytes: int

    @property
    def command(self) -> str:
        """As evidence names it."""
        watched = f" --hold-s {self.hold_s}" if self.hold_s is not None else ""
        return f"ndcops agency seed {self.agency} --database {self.database}{watched}"


def seed_database(options: Options, words: SeedWords) -> int:
    """The register is held while facts are read and evidence is kept, not while rows move."""
    stop = threading.Event()
    with opened(options) as room:
        proposal = _proposed(_seeding(room, options, words, stop), words)
    if not agreed(options, proposal.plan.target, lambda as_json: render.show_seed_plan(proposal, as_json)):
        return ExitCode.DONE
    result = _executed(room, options, words, proposal, stop)
    with opened(options) as room:
        seeding = _seeding(room, options, words, stop)
        watched = result if words.hold_s is not None else None
        evidence = seeding.prove(proposal.move, command=words.command, watched=watched)
        kept = dict(room.execute(evidence).evidence) if evidence.plan.steps else {}
    _show_done(options, proposal, result, evidence, kept)
    return ExitCode.DONE


def undo_seed(options: Options, words: SeedWords) -> int:
    """Take away subscription, slot, guard and the database that the seed made."""
    with opened(options) as room:
        seeding = _seeding(room, options, words, threading.Event())
        move = seeding.find(words.agency, words.database, MoveWords(words.seen_from_target), undo=True)
    what = (
        f"target: subscription, and database '{seeding.source.database_name(move.source)}' with all its rows",
        "source: slot, publication, guard, replica identities that were set for the seed",
    )
    if not agreed(options, room.target.value, lambda as_json: render.show_undo(move, what, as_json)):
        return ExitCode.DONE
    with wired.alone_on(options.target, move), opened(options) as room:
        _seeding(room, options, words, threading.Event()).undo(move)
    if options.json:
        render.show_json({"removed": list(what)})
    return ExitCode.DONE


def _proposed(seeding: Seeding, words: SeedWords) -> SeedProposal:
    move = seeding.find(words.agency, words.database, MoveWords(words.seen_from_target))
    if words.hold_s is not None:
        return seeding.propose_watch(move, hold_s=words.hold_s, bound_bytes=words.bound_bytes)
    return seeding.propose(move)


def _executed(
    room: Onboarding, options: Options, words: SeedWords, proposal: SeedProposal, stop: threading.Event
) -> RunResult:
    """Alone on this move, with live progress, stopped cleanly by Ctrl-C."""
    with wired.alone_on(options.target, proposal.move), _progress(options, stop) as bars:

        def step(event: StepEvent) -> None:
            bars.advance(event.key, event.line or event.state, 0, 0, None)

        room.on_step = step
        seeding = _seeding(room, options, words, stop, bars)
        return seeding.execute(proposal)


@contextmanager
def _progress(options: Options, stop: threading.Event) -> Iterator[render.WorkProgress]:
    with render.WorkProgress(quiet=options.json) as bars, stopping(stop.set):
        yield bars


def _seeding(
    room: Onboarding,
    options: Options,
    words: SeedWords,
    stop: threading.Event,
    bars: render.WorkProgress | None = None,
) -> Seeding:
    def copied(label: str, done_bytes: int, all_bytes: int, left_s: float | None, waits_for: str) -> None:
        if bars is not None:
            bars.advance(f"copy {label}", waits_for or "MiB", done_bytes >> 20, all_bytes >> 20, left_s)

    return wired.seeding(
        room,
        options.target,
        options.inventory,
        limits=words.limits,
        width=words.jobs,
        stop=stop,
        on_copied=copied,
    )


def _show_done(
    options: Options, proposal: SeedProposal, result: RunResult, evidence: Proposal, kept: Mapping[str, object]
) -> None:
    if options.json:
        render.show_json(
            {
                "plan": proposal.plan.document(),
                "done": result.evidence,
                "kept": kept,
                "gates": [report.model_dump(mode="json") for report in evidence.reports],
            }
        )
        return
    if not evidence.plan.steps:
        render.say("another database of the system does not stream yet: nothing is said to its gate")
    render.show_standings(evidence.reports, as_json=False)
