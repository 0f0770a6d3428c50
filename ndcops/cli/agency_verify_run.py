"""What `agency verify` does: look at both sides, show, keep what the gates ask for."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path

from ndcops.cli import render
from ndcops.cli.agency_run import opened
from ndcops.cli.agreement import ask
from ndcops.cli.options import Options
from ndcops.cli.signals import stopping
from ndcops.model.errors import ExitCode
from ndcops.model.move import Move
from ndcops.model.proving import Verdict, Verification
from ndcops.onboarding.plan.proving.verdicts import worst
from ndcops.onboarding.ports import ProofLimits
from ndcops.onboarding.run import Onboarding, Proposal
from ndcops.wiring import proving as wired

_EXITS = {
    Verdict.SAME: ExitCode.DONE,
    Verdict.DIFFERENT: ExitCode.DIFFERENCES,
    Verdict.UNDECIDED: ExitCode.REFUSED,
}


@dataclass(frozen=True)
class VerifyWords:
    """The options of `verify`."""

    agency: str
    database: str | None
    limits: ProofLimits
    report: Path | None
    html: Path | None

    @property
    def command(self) -> str:
        """As evidence names it."""
        chosen = f" --database {self.database}" if self.database is not None else ""
        return f"ndcops agency verify {self.agency}{chosen}"


def verify_databases(options: Options, words: VerifyWords) -> int:
    """The register is held while ends are found and evidence is kept, not while rows are read."""
    with opened(options) as room:
        moves = wired.verifying(room, options.target, options.inventory).moves(words.agency, words.database)
    found = _proven(options, words, moves)
    if words.report is not None:
        _write(found, words.report)
    with opened(options) as room:
        _write_page(options, room, found, words)
        verifying = wired.verifying(room, options.target, options.inventory)
        proposal = verifying.propose(words.agency, found, command=words.command)
        if not options.json:
            render.show_proofs(found, proposal, verifying.unproven(words.agency, found), as_json=False)
        if not options.dry_run:
            _keep(options, room, proposal)
        if options.json:
            render.show_proofs(found, proposal, verifying.unproven(words.agency, found), as_json=True)
    return _EXITS[worst(found)]


def _proven(options: Options, words: VerifyWords, moves: tuple[Move, ...]) -> tuple[Verification, ...]:
    """Stopped cleanly by Ctrl-C, with pages done and time left."""
    stop = threading.Event()
    with render.WorkProgress(quiet=options.json) as bars, stopping(stop.set):

        def progress(what: str, done: int, of: int) -> None:
            bars.advance("comparing", what, done, of, None)

        prover = wired.prover(words.limits, stop=stop, on_progress=progress)
        return tuple(prover.prove(move) for move in moves)


def _keep(options: Options, room: Onboarding, proposal: Proposal) -> None:
    if not proposal.plan.steps:
        return
    ask(options, proposal.plan.target)
    room.execute(proposal)


def _write(found: tuple[Verification, ...], path: Path) -> None:
    document = {"verifications": [one.model_dump(mode="json") for one in found]}
    _write_privately(json.dumps(document, ensure_ascii=False, indent=2) + "\n", path, option="--report FILE")


def _write_page(options: Options, room: Onboarding, found: tuple[Verification, ...], words: VerifyWords) -> None:
    from ndcops.reports.proof_page import proof_page

    if words.html is not None:
        page = proof_page(room.dossier(words.agency), found, worst(found), target=options.target)
        _write_privately(page, words.html, option="--html FILE")


def _write_privately(text: str, path: Path, *, option: str) -> None:
    """For its owner's eyes: keys may be identifiers of people."""
    from ndcops.reports.page import write_page

    write_page("", path, option=option)
    path.chmod(0o600)  # before there is anything in it
    write_page(text, path, option=option)
