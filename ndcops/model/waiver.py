"""Waivers: a rule that a host may break, or a gate's check that a system may pass without, signed, until a day."""

from datetime import date
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from ndcops.model.detached_signature import IsValid
from ndcops.model.document import Document, Name, Text, Value, misplaced
from ndcops.model.host import Host, HostRole
from ndcops.model.record import canonical_json


class SignedException(Value):
    """What every exception carries. signature: detached, base64, by the owner's key, over `signed_bytes`."""

    id: Name
    reason: Text
    owner: Name
    expires: date
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """What the owner signs: the entry without its signature, as canonical JSON."""
        return canonical_json(self.model_dump(mode="json", exclude={"signature"}))

    def is_expired(self, today: date) -> bool:
        """The last day still counts."""
        return today > self.expires


class Waiver(SignedException):
    """One exception. control: an id of the catalogue; rule: one of a scanner's (XCCDF short id, Lynis test).

    hosts: names of hosts or roles.
    """

    control: str | None = None
    rule: str | None = None
    hosts: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_subject(self) -> Self:
        if (self.control is None) == (self.rule is None):
            raise misplaced(("control",), "expected either control or rule, one of them")
        return self

    @property
    def subject(self) -> str:
        """The control or rule."""
        return self.control or self.rule or ""

    def covers(self, host: Host) -> bool:
        """Whether it holds on a host, by name or role."""
        return host.name in self.hosts or host.role.value in self.hosts


class GateWaiver(SignedException):
    """One check of the life cycle's gates that a system may pass without, once it is signed."""

    check: str = Field(min_length=1)
    system: Name


class WaiverOwner(Value):
    """Somebody who may answer for an exception. public_key: PEM (Ed25519 or ECDSA), as `openssl pkey -pubout`."""

    name: Name
    title: Text
    public_key: str = Field(min_length=1)


class Waivers(Document):
    """`inventory/waivers.yaml`."""

    KIND: ClassVar[str] = "Waivers"

    kind: Literal["Waivers"] = "Waivers"
    owners: tuple[WaiverOwner, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    gates: tuple[GateWaiver, ...] = ()

    def owner(self, name: str) -> WaiverOwner | None:
        """The owner of that name, if there is one."""
        return next((owner for owner in self.owners if owner.name == name), None)


def exception_problem(exception: SignedException, document: Waivers | None, today: date, is_valid: IsValid) -> str:
    """Why an exception does not count today; empty when it does."""
    owner = document.owner(exception.owner) if document is not None else None
    if exception.is_expired(today):
        return f"expired on {exception.expires}"
    if owner is None:
        return f"owner '{exception.owner}' is not declared"
    if not exception.signature:
        return f"not signed by {exception.owner}"
    if not is_valid(owner.public_key, exception.signed_bytes(), exception.signature):
        return f"the signature is not by {exception.owner} over this entry"
    return ""


class WaiverState(Value):
    """A waiver as it stands today. problem: why it does not count (expired, unsigned, …); empty when it does."""

    waiver: Waiver
    hosts: tuple[str, ...]
    days_left: int
    problem: str = ""


ROLE_NAMES = frozenset(role.value for role in HostRole)
"""Words in `hosts` that mean every host of a role."""
