"""`agency runbook`: fill it with what is true now, perform a task by its own commands, keep that it was done."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.errors import Interrupted, InvalidInput, NdcopsError, Refused
from ndcops.model.lifecycle import GateReport
from ndcops.model.runbook import (
    RUNBOOK_STEP,
    Check,
    DoneStep,
    FilledRunbook,
    Runbook,
    RunbookTask,
    TaskState,
)
from ndcops.onboarding.plan.moves import ROOM
from ndcops.onboarding.plan.runbook import RunbookFacts, fill_runbook, unexpected
from ndcops.onboarding.plan.runbook.filling import NOBODY
from ndcops.onboarding.ports.commands import Commands
from ndcops.onboarding.run.roadmap import former_roadmap
from ndcops.onboarding.run.room import Onboarding
from ndcops.onboarding.steps import KeepRecord, OnboardingWorld
from ndcops.workflow.plan import Plan

LOOK_S = 600
"""How long a precondition or a verification may take: they only look."""


@dataclass(frozen=True)
class DoneProposal:
    """The plan that keeps a step in the ledger."""

    plan: Plan[OnboardingWorld]
    reports: tuple[GateReport, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)


def read_runbook(room: Onboarding, agency: str, system: str | None = None) -> FilledRunbook:
    """The runbook of an agency, or of one of its systems. Raises InvalidInput, Refused for a broken ledger."""
    dossier, inventory = room.dossier(agency), room.inventory()
    chosen = _systems(dossier, system)
    names = {each.id for each in chosen}
    records = room.ledger.records()
    return fill_runbook(
        RunbookFacts(
            runbook=_declared(inventory.runbook),
            dossier=dossier,
            systems=chosen,
            signers=inventory.signers,
            roadmap=former_roadmap(records),
            records=records,
            gates=tuple(gate for gate in room.status(agency) if gate.system in names),
            now=room.now(),
        )
    )


def find_task(filled: FilledRunbook, step: str | None, subject: str | None = None) -> RunbookTask:
    """The task to perform: the next one, or the first open one of a step. Raises InvalidInput, Refused."""
    if step is None:
        if filled.next_task is None:
            raise Refused(f"nothing is left in the runbook of {filled.agency}")
        return filled.next_task
    tasks = [task for task in filled.tasks if task.step.id == step and subject in (None, task.subject)]
    if not tasks:
        known = sorted({task.step.id for task in filled.tasks})
        raise InvalidInput(
            f"the runbook of {filled.agency} has no step '{step}'" + (f" for '{subject}'" if subject else ""),
            details=[f"steps: {', '.join(known)}"],
        )
    return next((task for task in tasks if task.state is not TaskState.DONE), tasks[-1])


def perform(task: RunbookTask, filled: FilledRunbook, commands: Commands) -> DoneStep:
    """Run a task: preconditions, the command within its time box, the verification.

    Raises Refused before anything was done, NdcopsError when the command or what it left is not as it must be,
    Interrupted when its time box ended: the way back is in the error.
    """
    _refuse_unknown_people(task)
    _refuse_too_early(task, commands)
    outcome = commands.run(task.command, time_box_s=task.step.time_box_min * 60)
    wanted = Check(command=task.command, exit_code=task.step.exit_code, expected=task.step.expected)
    why = unexpected(wanted, outcome)
    if why:
        over = outcome.took_s >= task.step.time_box_min * 60
        kind = Interrupted if over else NdcopsError
        limit = [f"its time box of {task.step.time_box_min} min is over"] if over else []
        raise kind(
            f"{task.key} did not end as the runbook says: {why}",
            details=[*limit, f"abort when: {task.step.abort.en}"],
            resolution=task.rollback or task.command,
        )
    why = _looked(task.verification, commands)
    if why:
        raise NdcopsError(
            f"{task.key}: done, but its verification fails: {task.verification.command}: {why}",
            details=[f"abort when: {task.step.abort.en}"],
            resolution=task.rollback or task.verification.command,
        )
    return DoneStep(
        agency=filled.agency,
        step=task.step.id,
        subject=task.subject,
        command=task.command,
        exit_code=outcome.exit_code,
        stdout_sha256=hashlib.sha256(outcome.stdout.encode()).hexdigest(),
        took_s=outcome.took_s,
    )


def propose_done(room: Onboarding, done: DoneStep) -> DoneProposal:
    """Keep that it was done; actor and time are the record's."""
    records = room.ledger.records()
    head = records[-1].digest if records else ""
    keep = KeepRecord(f"step {done.step} of {done.subject}", RUNBOOK_STEP, done.model_dump(mode="json"), head)
    return DoneProposal(Plan(ROOM, room.target.value, f"agency runbook {done.agency}", (keep,)))


def _refuse_too_early(task: RunbookTask, commands: Commands) -> None:
    for check in task.preconditions:
        why = _looked(check, commands)
        if why:
            raise Refused(
                f"{task.key}: a precondition does not hold",
                details=[f"{check.command}: {why}"],
                resolution=check.command,
            )


def _looked(check: Check, commands: Commands) -> str:
    return unexpected(check, commands.run(check.command, time_box_s=LOOK_S))


def _refuse_unknown_people(task: RunbookTask) -> None:
    if re.search(rf"(?<=\s){re.escape(NOBODY)}(?=\s|$)", task.command):
        raise Refused(
            f"{task.key}: the inventory names nobody who could do it: {task.command}",
            resolution="add the person to inventory/signers.yaml",
        )


def _systems(dossier: Dossier, system: str | None) -> Sequence[DossierSystem]:
    if system is None:
        return dossier.systems
    found = dossier.system(system)
    if found is None:
        known = ", ".join(each.id for each in dossier.systems)
        raise InvalidInput(f"agency '{dossier.id}' has no system '{system}'", details=[f"known: {known}"])
    return (found,)


def _declared(runbook: Runbook | None) -> Runbook:
    if runbook is None:
        raise InvalidInput(
            "the inventory has no runbook.yaml: which steps there are is not known",
            resolution="ndcops inventory schema --kind Runbook",
        )
    return runbook
