"""Waivers: a rule that a host may break, for a reason, signed by an owner, until a day."""

from datetime import date
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from ndcops.model.document import Document, Name, Text, Value, misplaced
from ndcops.model.host import Host, HostRole
from ndcops.model.record import canonical_json


class Waiver(Value):
    """One exception. control: an id of the catalogue; rule: one of a scanner's (XCCDF short id, Lynis test).

    hosts: names of hosts or roles. signature: detached, base64, by the owner's key, over `signed_bytes`.
    """

    id: Name
    control: str | None = None
    rule: str | None = None
    hosts: tuple[str, ...] = Field(min_length=1)
    reason: Text
    owner: Name
    expires: date
    signature: str = ""

    @model_validator(mode="after")
    def _check_subject(self) -> Self:
        if (self.control is None) == (self.rule is None):
            raise misplaced(("control",), "expected either control or rule, one of them")
        return self

    @property
    def subject(self) -> str:
        """The control or rule."""
        return self.control or self.rule or ""

    def signed_bytes(self) -> bytes:
        """What the owner signs: the entry without its signature, as canonical JSON."""
        return canonical_json(self.model_dump(mode="json", exclude={"signature"}))

    def covers(self, host: Host) -> bool:
        """Whether it holds on a host, by name or role."""
        return host.name in self.hosts or host.role.value in self.hosts

    def is_expired(self, today: date) -> bool:
        """The last day still counts."""
        return today > self.expires


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

    def owner(self, name: str) -> WaiverOwner | None:
        """The owner of that name, if there is one."""
        return next((owner for owner in self.owners if owner.name == name), None)


class WaiverState(Value):
    """A waiver as it stands today. problem: why it does not count (expired, unsigned, …); empty when it does."""

    waiver: Waiver
    hosts: tuple[str, ...]
    days_left: int
    problem: str = ""


ROLE_NAMES = frozenset(role.value for role in HostRole)
"""Words in `hosts` that mean every host of a role."""
