"""The life of a system on its way in: states in their order, what a gate found, and evidence in the ledger."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from ndcops.model.document import Name, Value
from ndcops.model.record import JsonObject

STATE_ENTERED = "agency/state"
"""Kind of the ledger's record of a state: body is a StateEntry."""

EVIDENCE = "agency/evidence"
"""Kind of the ledger's record of evidence: body is a GateEvidence."""


class LifecycleState(StrEnum):
    """In order; none is skipped (facts/migration §3). A draft is a dossier that not both sides signed."""

    DRAFT = "draft"
    REGISTERED = "registered"
    ASSESSED = "assessed"
    PLANNED = "planned"
    LANDING_ZONE_READY = "landing-zone-ready"
    SEEDED = "seeded"
    IN_SYNC = "in-sync"
    REHEARSED = "rehearsed"
    CUT_OVER = "cut-over"
    VERIFIED = "verified"
    ACCEPTED = "accepted"
    DECOMMISSIONED = "decommissioned"

    @property
    def next(self) -> "LifecycleState | None":
        """The one state that may come after."""
        states = list(LifecycleState)
        position = states.index(self) + 1
        return states[position] if position < len(states) else None

    @property
    def rank(self) -> int:
        """How far it is, 0 for a draft."""
        return list(LifecycleState).index(self)


class StateEntry(Value):
    """A system entered a state. checks: what the gate found; dossier_sha256: the dossier it was judged by.

    back: it went back, which needs a reason, not a gate.
    """

    agency: Name
    system: Name
    state: LifecycleState
    dossier_sha256: str
    checks: tuple["CheckResult", ...] = ()
    back: str = ""


class CheckResult(Value):
    """One thing that a gate asked. waiver: the id of the signed exception that let it pass."""

    check: str
    passed: bool
    why: str
    waiver: str = ""


class GateEvidence(Value):
    """What a command found out about a system, for one check of a gate.

    values: what the check judges. stdout_sha256: of what the command printed. Actor and time are the record's.
    """

    agency: Name
    system: Name
    check: str = Field(min_length=1)
    command: str = Field(min_length=1)
    version: str = Field(min_length=1)
    stdout_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    values: JsonObject


class SystemState(Value):
    """Where a system stands by the ledger."""

    agency: Name
    system: Name
    state: LifecycleState
    since: datetime
    dossier_sha256: str


class GateReport(Value):
    """Whether a system may enter the next state, and what is missing."""

    agency: Name
    system: Name
    state: LifecycleState
    next: LifecycleState | None
    checks: tuple[CheckResult, ...] = ()
    as_of: date

    @property
    def is_open(self) -> bool:
        """Whether every check passed or is waived; a gate without a check is never open."""
        return self.next is not None and bool(self.checks) and all(each.passed for each in self.checks)
