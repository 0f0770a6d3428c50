"""What the verbs of `ndcops agency` do: ask, open the room, plan → show → confirm → execute."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from ndcops import wiring
from ndcops.cli import render
from ndcops.cli.agreement import agreed_plan, ask
from ndcops.cli.options import Options
from ndcops.cli.signals import default_signals, stopping
from ndcops.model.dossier import AgencyLevel, Dossier
from ndcops.model.errors import ExitCode, Interrupted, InvalidInput
from ndcops.onboarding.run import CONTACT_FORM, SYSTEM_FORM, Answers, Executable, Onboarding, new_dossier
from ndcops.wiring import onboarding as wired
from ndcops.workflow.runner import StepEvent

DATABASE_PARTS = ("databases", "datasets", "systems")


@dataclass(frozen=True)
class RegisterWords:
    """The options of `register`."""

    agency: str | None
    file: Path | None
    title_vi: str | None
    title_en: str | None
    level: str | None
    contacts: tuple[str, ...]
    systems: tuple[str, ...]
    from_dsn: str | None
    database: str | None


@contextmanager
def opened(options: Options, key: Path | None = None) -> Iterator[Onboarding]:
    """The room, with live progress, stopped cleanly by Ctrl-C, SIGTERM or a closed terminal."""
    stop = threading.Event()
    with render.WorkProgress(quiet=options.json) as bars:

        def progress(what: str, done: int, of: int) -> None:
            if stop.is_set():
                raise Interrupted("interrupted; nothing was changed")
            bars.advance("reading", what, done, of, None)

        def step(event: StepEvent) -> None:
            if event.state != "running" or event.line:
                bars.advance(event.key, event.line or event.state, 0, 0, None)

        with (
            stopping(stop.set),
            wired.onboarding(
                options.target, options.inventory, stop=stop, on_progress=progress, on_step=step, key=key
            ) as room,
        ):
            yield room


def show_template(language: str) -> int:
    """Print a dossier to fill in. Raises InvalidInput for another language."""
    if language not in ("vi", "en"):
        raise InvalidInput(f"'{language}' is no language of the templates; expected vi or en")
    typer.echo(wiring.onboarding.dossier_template(language), nl=False)
    return ExitCode.DONE


def register_agency(options: Options, words: RegisterWords) -> int:
    """Write a dossier. Raises InvalidInput for words that do not fit together."""
    if words.file is not None:
        agency, text = _from_file(words)
        with opened(options) as room:
            return execute(room, room.propose_dossier(agency, text, summary="from a file"), options)
    agency = words.agency or _asked("id of the agency (lower-case letters, digits, hyphens)", options)
    with opened(options) as room:
        dossier, text = _core(room, agency, words, options)
        summary = "from answers"
        if words.from_dsn is not None:
            dossier, summary = _filled(room, dossier, words)
            text = room.files.with_parts(text, dossier, DATABASE_PARTS) if text else room.files.render(dossier)
        elif text:
            raise InvalidInput(
                f"agency '{agency}' is registered already",
                resolution=f"edit inventory/agencies/{agency}/dossier.yaml, or add --file or --from-dsn",
            )
        return execute(
            room, room.propose_dossier(agency, text or room.files.render(dossier), summary=summary), options
        )


def _from_file(words: RegisterWords) -> tuple[str, str]:
    """Id and text. The id stands in the text; an argument must say the same."""
    path = words.file
    if words.from_dsn is not None:
        raise InvalidInput("--file and --from-dsn exclude each other", resolution="register the file first")
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else Path(str(path)).read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8", resolution="save the file as UTF-8") from error
    agency = words.agency or wiring.onboarding.agency_of(text)
    return agency, text


def _core(room: Onboarding, agency: str, words: RegisterWords, options: Options) -> tuple[Dossier, str]:
    """The dossier that is there, with its text; or a new one from answers, and no text."""
    found = room.files.read(agency)
    if found is not None:
        return room.dossier(agency), found.text
    answers = Answers(
        agency,
        words.title_vi or _asked("name in Vietnamese", options, "--title-vi"),
        words.title_en or _asked("name in English", options, "--title-en"),
        words.level or _asked(f"level ({', '.join(AgencyLevel)})", options, "--level"),
        words.contacts or (_asked(f"who answers for it: {CONTACT_FORM}", options, "--contact"),),
        tuple(one for one in words.systems if ";" in one)
        or (_asked(f"its first system: {SYSTEM_FORM}", options, "--system"),),
    )
    return new_dossier(answers, datetime.now(UTC).date()), ""


def _filled(room: Onboarding, dossier: Dossier, words: RegisterWords) -> tuple[Dossier, str]:
    """The dossier with what the live database tells."""
    connection = words.from_dsn or ""
    if connection == "-":
        connection = sys.stdin.readline().strip()
    named = [one.partition(";")[0].strip() for one in words.systems]
    system = named[0] if named else dossier.systems[0].id if len(dossier.systems) == 1 else ""
    if dossier.system(system) is None:
        known = ", ".join(one.id for one in dossier.systems)
        raise InvalidInput(
            f"'{system}' is no system of {dossier.id}", details=[f"known: {known}"], resolution="add --system ID"
        )
    database = words.database or f"{system}-db"[:63].strip("-")
    room.reader.sources.check(connection)
    return room.reader.draft(dossier, system, database, connection), f"from the live database {database}"


def _asked(question: str, options: Options, option: str = "AGENCY") -> str:
    """An answer typed in. Raises InvalidInput where nobody can type."""
    if options.json or options.yes or not sys.stdin.isatty():
        raise InvalidInput(f"{option} is missing: {question}", resolution="ndcops agency register --help")
    with default_signals():
        return str(typer.prompt(question, err=True)).strip()


def assess_agency(options: Options, agency: str, html: Path | None) -> int:
    """Look, judge, show, and keep what was found."""
    with opened(options) as room:
        proposal = room.assess(agency, command=f"ndcops agency assess {agency}")
        assessment = proposal.assessment
        if assessment is None:
            raise InvalidInput(f"agency '{agency}' has nothing to assess")
        if html is not None:
            from ndcops.reports.agency_page import write_agency_page

            write_agency_page(proposal.dossier, assessment, html, target=options.target)
        if not options.json or options.dry_run:
            render.show_assessment(assessment, proposal, options.json)
        if not options.dry_run:
            if proposal.plan.steps:
                ask(options, proposal.plan.target)
                room.execute(proposal)
            if options.json:
                render.show_assessment(assessment, proposal, options.json)
    return ExitCode.DONE if assessment.is_right else ExitCode.DIFFERENCES


def sign_dossier(
    options: Options, agency: str, person: str | None, key: Path, *, refuse: bool, system: str | None
) -> int:
    """Sign, and let in what the signature opens. Raises InvalidInput without a name."""
    if person is None:
        raise InvalidInput("--as is missing: who signs", resolution="add --as NAME, one of inventory/signers.yaml")
    with opened(options, key) as room:
        approval = room.approval(agency, person, refuse=refuse, system=system)
        proposal = room.propose_signature(agency, wired.signed_approval(approval, key))
        return execute(room, proposal, options)


def sign_waiver(options: Options, waiver: str, key: Path) -> int:
    """Print a signature, for the exception's `signature` field."""
    signature = wired.sign_gate_waiver(options.inventory, waiver, key)
    render.show_json({"waiver": waiver, "signature": signature})
    return ExitCode.DONE


def execute(room: Onboarding, proposal: Executable, options: Options) -> int:
    """Show the plan, ask, execute that very plan, and say what was done."""
    if not agreed_plan(options, proposal.plan, lambda as_json: render.show_onboarding_plan(proposal, as_json)):
        return ExitCode.DONE
    result = dict(room.execute(proposal).evidence)
    if options.json:
        render.show_json({"plan": proposal.plan.document(), "done": result})
    return ExitCode.DONE


def withdraw_system(options: Options, agency: str, system: str, reason: str) -> int:
    """Take a system back to its draft."""
    from ndcops.onboarding.run.withdrawal import propose_withdrawal

    with opened(options) as room:
        return execute(room, propose_withdrawal(room, agency, system, reason), options)
