"""The runbook: one file of steps, read by people and executed by `ndcops agency runbook`, so neither drifts.

`inventory/runbook.yaml` holds the steps with blanks; filled for an agency they are tasks, one for each subject.
"""

import re
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from string import Formatter
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ndcops.model.document import Document, Name, Text, Value, misplaced
from ndcops.model.lifecycle import CheckResult, LifecycleState

RUNBOOK_STEP = "agency/runbook-step"
"""Kind of the ledger's record of a step that was done: body is a DoneStep."""

KEY_BLANK = "$NDCOPS_SIGNING_KEY"
"""In a command: the file with the key of who runs it; it stands in no runbook."""

BLANKS = frozenset({"agency", "system", "database", "agency_signer", "centre_signer"})
_PROSE_BLANKS = frozenset({"system_title", "agency_title", "night", "starts", "ends"})


class Duty(StrEnum):
    """Who does or decides a step: roles of the agency's dossier, and of the centre."""

    OWNER = "owner"
    DBA = "dba"
    SECURITY = "security"
    ON_CALL = "on-call"
    ROLLBACK = "rollback"
    CENTRE_INTAKE = "centre-intake"
    CENTRE_PLATFORM = "centre-platform"
    CENTRE_DATABASE = "centre-database"
    CENTRE_ON_CALL = "centre-on-call"

    @property
    def is_centre(self) -> bool:
        """Whether the centre's people have it, not the agency's."""
        return self.value.startswith("centre-")


class Scope(StrEnum):
    """What a step is done for, once each."""

    AGENCY = "agency"
    SYSTEM = "system"
    DATABASE = "database"


def _command(text: str) -> str:
    if not text.startswith("ndcops ") or any(mark in text for mark in "|;&<>`\n\"'"):
        raise ValueError(f"'{text}' is no single command of ndcops")
    return _with_known_blanks(text, BLANKS)


def _with_known_blanks(text: str, known: frozenset[str]) -> str:
    try:
        found = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ValueError(f"'{text}': {error}") from error
    if found - known:
        raise ValueError(f"blank {', '.join(sorted(found - known))} is none of {', '.join(sorted(known))}")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"'{text}' is no regular expression: {error}") from error
    return text


Command = Annotated[str, AfterValidator(_command)]
Pattern = Annotated[str, AfterValidator(_pattern)]


class Check(Value):
    """A command that changes nothing, how it must end, and what it must print (searched for)."""

    command: Command
    exit_code: int = Field(ge=0, le=255, default=0)
    expected: Pattern = ""


class RunbookStep(Value):
    """One step. state: what it leads to; evidence: checks of that state's gate which it records.

    t_minus_h: hours before the cut-over begins, negative after it. rollback: the way back, or `irreversible`
    says why there is none. abort: when to stop, whatever the clock says; time_box_min: when the clock says so.
    """

    id: Name
    state: LifecycleState
    scope: Scope
    title: Text
    why: Text
    owner: Duty
    deputy: Duty
    sign_off: Duty
    preconditions: tuple[Check, ...] = ()
    command: Command
    exit_code: int = Field(ge=0, le=255, default=0)
    expected: Pattern
    verification: Check
    rollback: Command | None = None
    irreversible: Text | None = None
    abort: Text
    time_box_min: int = Field(ge=1, le=10_080)
    evidence: tuple[str, ...] = ()
    t_minus_h: int = Field(ge=-100_000, le=100_000)
    point_of_no_return: bool = False

    @model_validator(mode="after")
    def _has_one_way_back_or_none(self) -> Self:
        if (self.rollback is None) == (self.irreversible is None):
            raise misplaced(("rollback",), f"step '{self.id}' needs a rollback or 'irreversible', not both")
        if self.owner is self.deputy:
            raise misplaced(("deputy",), f"step '{self.id}' has one duty as owner and as deputy")
        return self


class CentreContact(Value):
    """Somebody of the centre, or a desk that is always manned."""

    duty: Duty
    title: Text
    phone: str = Field(pattern=r"^\+?[0-9][0-9 .]{6,18}[0-9]$")
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")

    @model_validator(mode="after")
    def _is_of_the_centre(self) -> Self:
        if not self.duty.is_centre:
            raise misplaced(("duty",), f"'{self.duty}' is a duty of the agency; its dossier names the person")
        return self


class Announcement(Value):
    """A text for the public or for those who use the system, hours before the cut-over."""

    id: Name
    t_minus_h: int
    audience: Text
    text: Text

    @model_validator(mode="after")
    def _blanks_are_known(self) -> Self:
        for language in (self.text.vi, self.text.en):
            _with_known_blanks(language, _PROSE_BLANKS)
        return self


class Runbook(Document):
    """`inventory/runbook.yaml`: steps in the order in which they are done."""

    KIND: ClassVar[str] = "Runbook"

    kind: Literal["Runbook"] = "Runbook"
    steps: tuple[RunbookStep, ...] = Field(min_length=1)
    centre: tuple[CentreContact, ...]
    announcements: tuple[Announcement, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        ids = [step.id for step in self.steps]
        for index, name in enumerate(ids):
            if name in ids[:index]:
                raise misplaced(("steps", index, "id"), f"two steps are called '{name}'")
        ranks = [step.state.rank for step in self.steps]
        for index, (before, after) in enumerate(pairwise(ranks), start=1):
            if after < before:
                raise misplaced(
                    ("steps", index, "state"), "a step leads to an earlier state than the one before it"
                )
        if sum(step.point_of_no_return for step in self.steps) != 1:
            raise misplaced(("steps",), "exactly one step is the point of no return")
        given = {contact.duty for contact in self.centre}
        for index, step in enumerate(self.steps):
            for duty in (step.owner, step.deputy, step.sign_off):
                if duty.is_centre and duty not in given:
                    raise misplaced(("steps", index), f"nobody of the centre has the duty '{duty}'")
        return self

    def step(self, step_id: str) -> RunbookStep | None:
        """The step of that id."""
        return next((step for step in self.steps if step.id == step_id), None)


class DoneStep(Value):
    """A step that was done. command: as it was run; took_s: seconds; subject: the agency, system or database."""

    agency: Name
    step: Name
    subject: Name
    command: str
    exit_code: int
    stdout_sha256: str
    took_s: int = Field(ge=0)


class Person(Value):
    """Who has a duty, and how to reach them; empty where the dossier names nobody."""

    duty: Duty
    name: str = ""
    title: Text | None = None
    phone: str = ""
    email: str = ""


class TaskState(StrEnum):
    """How far a task is."""

    DONE = "done"
    NEXT = "next"
    LATER = "later"


class RunbookTask(Value):
    """A step for one subject, its blanks filled. system: whose; due: when, once the roadmap has a night for it."""

    step: RunbookStep
    subject: Name
    system: Name | None
    state: TaskState
    preconditions: tuple[Check, ...]
    command: str
    verification: Check
    rollback: str | None
    owner: Person
    deputy: Person
    sign_off: Person
    due: datetime | None = None
    done_at: datetime | None = None
    done_by: str = ""
    took_s: int | None = None

    @property
    def key(self) -> str:
        """`step/subject`."""
        return f"{self.step.id}/{self.subject}"


class GoNoGo(Value):
    """The gate of a system: each question with its answer now."""

    system: Name
    state: LifecycleState
    next: LifecycleState | None
    checks: tuple[CheckResult, ...]


class Notice(Value):
    """An announcement for one system, its blanks filled."""

    system: Name
    t_minus_h: int
    due: datetime | None
    audience: Text
    text: Text


class FilledRunbook(Value):
    """An agency's runbook as of now. dossier_sha256: of the dossier that it was made from."""

    agency: Name
    title: Text
    dossier_sha256: str
    as_of: datetime
    systems: tuple[Name, ...]
    tasks: tuple[RunbookTask, ...]
    contacts: tuple[Person, ...]
    gates: tuple[GoNoGo, ...]
    notices: tuple[Notice, ...]

    @property
    def next_task(self) -> RunbookTask | None:
        """The first that is not done."""
        return next((task for task in self.tasks if task.state is TaskState.NEXT), None)
