"""What an operator asks for, and what stands against it."""

from typing import Literal

from pydantic import Field

from ndcops.model.document import Name, Value

OrderKind = Literal["switch", "evacuate", "failback", "drill"]


class AcceptedRisk(Value):
    """A risk that the operator takes by name, such as `no-sync-standby:identity`, and why."""

    name: str = Field(pattern=r"^[a-z-]+:[\w.@:-]+$")
    reason: str = Field(min_length=3)


class Order(Value):
    """Which services shall move, and how.

    services: empty means all that the kind is about (all at `site` for evacuate, all away from home for failback).
    site: the site to evacuate; empty otherwise. to: another destination than the declared one, by service.
    lost: the site is lost, so nothing is asked of it any more. drill: the name of a drill.
    """

    kind: OrderKind
    services: tuple[Name, ...] = ()
    site: str = ""
    to: str = ""
    lost: bool = False
    accepted: tuple[AcceptedRisk, ...] = ()
    drill: str = ""

    def accepts(self, risk: str) -> bool:
        """Whether the operator took that risk by its name."""
        return any(accepted.name == risk for accepted in self.accepted)


class Objection(Value):
    """One reason against a move. risk: the name by which it may be accepted; empty when it never may."""

    subject: str
    reason: str
    risk: str = ""

    def __str__(self) -> str:
        accept = f" (--accept {self.risk})" if self.risk else ""
        return f"{self.subject}: {self.reason}{accept}"
