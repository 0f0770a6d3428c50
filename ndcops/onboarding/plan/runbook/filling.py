"""Steps to tasks: one for each subject, blanks filled, people named, hours from the roadmap, done ones marked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from ndcops.model.document import Text
from ndcops.model.dossier import ContactRole, Dossier, DossierSystem, Side, dossier_digest
from ndcops.model.errors import Refused
from ndcops.model.lifecycle import STATE_ENTERED, GateReport, LifecycleState
from ndcops.model.record import Record
from ndcops.model.roadmap import Cutover, Roadmap
from ndcops.model.runbook import (
    RUNBOOK_STEP,
    Check,
    DoneStep,
    Duty,
    FilledRunbook,
    GoNoGo,
    Notice,
    Person,
    Runbook,
    RunbookStep,
    RunbookTask,
    Scope,
    TaskState,
)
from ndcops.model.signer import Signers
from ndcops.onboarding.plan.roadmap.keeping import LOCAL_TIME

NOBODY = "?"
"""In a command where the inventory names no signer: it cannot run, and the person who reads it sees why."""


@dataclass(frozen=True)
class RunbookFacts:
    """All that a runbook is filled with. systems: the chosen ones; gates: of these systems."""

    runbook: Runbook
    dossier: Dossier
    systems: Sequence[DossierSystem]
    signers: Signers | None
    roadmap: Roadmap | None
    records: Sequence[Record]
    gates: Sequence[GateReport]
    now: datetime


def fill_runbook(facts: RunbookFacts) -> FilledRunbook:
    """The tasks in order, with the first that is not done marked as the next one."""
    done = done_steps(facts.records, facts.dossier)
    states = {gate.system: gate.state for gate in facts.gates}
    tasks: list[RunbookTask] = []
    is_next_found = False
    for step, subject, system in _subjects(facts):
        record = done.get((step.id, subject))
        is_done = record is not None or _is_behind(step, states, [system] if system else list(facts.systems))
        state = TaskState.DONE if is_done else TaskState.LATER if is_next_found else TaskState.NEXT
        is_next_found = is_next_found or not is_done
        tasks.append(_task(facts, step, subject, system, state, record))
    return FilledRunbook(
        agency=facts.dossier.id,
        title=facts.dossier.title,
        dossier_sha256=dossier_digest(facts.dossier),
        as_of=facts.now,
        systems=tuple(system.id for system in facts.systems),
        tasks=tuple(tasks),
        contacts=tuple(_person(facts, duty) for duty in Duty),
        gates=tuple(
            GoNoGo(system=gate.system, state=gate.state, next=gate.next, checks=gate.checks)
            for gate in facts.gates
        ),
        notices=tuple(_notices(facts)),
    )


def done_steps(records: Sequence[Record], dossier: Dossier) -> dict[tuple[str, str], tuple[Record, DoneStep]]:
    """Steps that were done, by step and subject.

    What was done before a system went back counts no more: for itself, its databases, and the agency as a whole.
    """
    found: dict[tuple[str, str], tuple[Record, DoneStep]] = {}
    for record in records:
        if record.body.get("agency") != dossier.id:
            continue
        if record.kind == RUNBOOK_STEP:
            try:
                done = DoneStep.model_validate(record.body)
            except ValidationError as error:
                raise Refused(
                    f"ledger record {record.sequence} is no step of a runbook", resolution="ndcops ledger verify"
                ) from error
            found[(done.step, done.subject)] = record, done
        if record.kind == STATE_ENTERED and record.body.get("back"):
            system = str(record.body.get("system"))
            undone = {dossier.id, system, *(each.id for each in dossier.databases_of(system))}
            found = {key: each for key, each in found.items() if key[1] not in undone}
    return found


def _subjects(facts: RunbookFacts) -> Iterator[tuple[RunbookStep, str, DossierSystem | None]]:
    for step in facts.runbook.steps:
        if step.scope is Scope.AGENCY:
            yield step, facts.dossier.id, None
            continue
        for system in facts.systems:
            if step.scope is Scope.SYSTEM:
                yield step, system.id, system
                continue
            for database in facts.dossier.databases_of(system.id):
                yield step, database.id, system


def _is_behind(step: RunbookStep, states: Mapping[str, LifecycleState], systems: Sequence[DossierSystem]) -> bool:
    """Whether every system concerned is in the step's state or beyond, however it got there."""
    ranks = [states.get(system.id, LifecycleState.DRAFT).rank for system in systems]
    return bool(ranks) and min(ranks) >= max(step.state.rank, LifecycleState.REGISTERED.rank)


def _task(
    facts: RunbookFacts,
    step: RunbookStep,
    subject: str,
    system: DossierSystem | None,
    state: TaskState,
    record: tuple[Record, DoneStep] | None,
) -> RunbookTask:
    blanks = {
        "agency": facts.dossier.id,
        "system": system.id if system is not None else NOBODY,
        "database": subject,
        "agency_signer": _signer(facts, Side.AGENCY),
        "centre_signer": _signer(facts, Side.CENTRE),
    }
    night = _cutover(facts, [system] if system is not None else list(facts.systems))
    return RunbookTask(
        step=step,
        subject=subject,
        system=system.id if system is not None else None,
        state=state,
        preconditions=tuple(_filled(check, blanks) for check in step.preconditions),
        command=step.command.format_map(blanks),
        verification=_filled(step.verification, blanks),
        rollback=step.rollback.format_map(blanks) if step.rollback is not None else None,
        owner=_person(facts, step.owner),
        deputy=_person(facts, step.deputy),
        sign_off=_person(facts, step.sign_off),
        due=_begins(night) - timedelta(hours=step.t_minus_h) if night is not None else None,
        done_at=record[0].time if record is not None else None,
        done_by=record[0].actor if record is not None else "",
        took_s=record[1].took_s if record is not None else None,
    )


def _filled(check: Check, blanks: Mapping[str, str]) -> Check:
    return check.model_copy(update={"command": check.command.format_map(blanks)})


def _signer(facts: RunbookFacts, side: Side) -> str:
    signers = facts.signers.signers if facts.signers is not None else ()
    fit = (each for each in signers if each.side is side and each.agency in (None, facts.dossier.id))
    return next((each.name for each in fit), NOBODY)


def _person(facts: RunbookFacts, duty: Duty) -> Person:
    if duty.is_centre:
        desk = next((each for each in facts.runbook.centre if each.duty is duty), None)
        if desk is None:
            return Person(duty=duty)
        return Person(duty=duty, title=desk.title, phone=desk.phone, email=desk.email)
    contact = facts.dossier.contact(ContactRole(duty.value))
    if contact is None:
        return Person(duty=duty)
    return Person(duty=duty, name=contact.name, phone=contact.phone or "", email=contact.email)


def _cutover(facts: RunbookFacts, systems: Sequence[DossierSystem]) -> Cutover | None:
    """The first night of these systems in the roadmap."""
    if facts.roadmap is None:
        return None
    moves = (facts.roadmap.move_of(facts.dossier.id, system.id) for system in systems)
    mine = {system.id for system in systems}
    nights = [each for move in moves if move is not None for each in move.cutovers if each.system in mine]
    return min(nights, key=_begins, default=None)


def _begins(cutover: Cutover) -> datetime:
    return datetime.fromisoformat(f"{cutover.night}T{cutover.starts}").replace(tzinfo=LOCAL_TIME)


def _notices(facts: RunbookFacts) -> Iterator[Notice]:
    for system in facts.systems:
        night = _cutover(facts, [system])
        for each in facts.runbook.announcements:
            begins = _begins(night) if night is not None else None
            yield Notice(
                system=system.id,
                t_minus_h=each.t_minus_h,
                due=begins - timedelta(hours=each.t_minus_h) if begins is not None else None,
                audience=each.audience,
                text=Text(
                    vi=each.text.vi.format_map(_prose(facts.dossier.title.vi, system.title.vi, night)),
                    en=each.text.en.format_map(_prose(facts.dossier.title.en, system.title.en, night)),
                ),
            )


def _prose(agency: str, system: str, night: Cutover | None) -> dict[str, str]:
    if night is None:
        times = dict.fromkeys(("night", "starts", "ends"), "…")
    else:
        begins = _begins(night)
        ends = begins + timedelta(hours=night.hours)
        times = {"night": f"{begins:%d/%m/%Y}", "starts": f"{begins:%H:%M}", "ends": f"{ends:%H:%M %d/%m/%Y}"}
    return {"agency_title": agency, "system_title": system, **times}
