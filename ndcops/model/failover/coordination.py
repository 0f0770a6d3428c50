"""The coordination store as a run sees it: the operator lock with its epoch, members, runs, broken glass."""

from datetime import datetime

from pydantic import Field

from ndcops.model.document import Name, Value


class Hold(Value):
    """The operator lock as held.

    epoch: grows by one with each acquisition, never repeats; outside writes carry it. lease_id: the store's
    lease that keeps the lock. lease_s: the lock is free this long after its holder last spoke.
    """

    actor: str
    purpose: str
    epoch: int = Field(ge=1)
    lease_id: int
    lease_s: int = Field(ge=1)
    acquired_at: datetime


class MemberState(Value):
    """One member of the store. clock_offset_ms: its clock minus ours, None when unknown."""

    site: Name
    endpoint: str
    answers: bool
    problem: str = ""
    clock_offset_ms: int | None = None


class CoordinationStatus(Value):
    """Who answers and who holds the lock. holder is None when the lock is free or cannot be read."""

    members: tuple[MemberState, ...]
    holder: Hold | None = None
    epoch: int = 0

    @property
    def has_majority(self) -> bool:
        """Whether more than half of the members answer."""
        return 2 * sum(member.answers for member in self.members) > len(self.members)


class RunHead(Value):
    """One run in the store: its first and last record in short. ending is empty for a run that did not end."""

    run: str
    title: str
    target: str
    actor: str
    began_at: datetime
    last_at: datetime
    epoch: int
    records: int
    ending: str = ""
    digest: str


class Signature(Value):
    """A detached signature: who, with which public key (PEM), base64."""

    actor: str
    public_key: str
    signature: str


class BreakGlass(Value):
    """Acting without the store's majority: why, which members are certified dead, signed by two people.

    The signatures are over the canonical JSON of this value with `signatures` empty.
    """

    run: str
    reason: str = Field(min_length=10)
    dead_members: tuple[Name, ...]
    time: datetime
    signatures: tuple[Signature, ...] = ()
