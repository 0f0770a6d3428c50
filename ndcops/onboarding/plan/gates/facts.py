"""What a gate judges from, and how a check is written: a name, whether it may be waived, and a question."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from ndcops.model.detached_signature import IsValid
from ndcops.model.dossier import Dossier, DossierSystem, dossier_digest
from ndcops.model.lifecycle import GateEvidence
from ndcops.model.signer import Signers
from ndcops.model.standing import Standing
from ndcops.model.waiver import Waivers


@dataclass(frozen=True)
class GateFacts:
    """All that the gates may look at. sites: names of declared sites that are built."""

    dossier: Dossier
    system: DossierSystem
    standing: Standing
    signers: Signers | None
    waivers: Waivers | None
    sites: frozenset[str]
    now: datetime
    is_valid: IsValid

    @cached_property
    def dossier_sha256(self) -> str:
        """The digest that both sides sign."""
        return dossier_digest(self.dossier)


Question = Callable[[GateFacts], str]
"""Why it does not hold; empty when it does. What is not known does not hold."""


@dataclass(frozen=True)
class Check:
    """One question of a gate. waivable: whether a signed exception may stand for it."""

    name: str
    ask: Question
    waivable: bool = True


def evidenced(name: str, judge: Callable[["Values"], str], *, waivable: bool = True) -> Check:
    """A check that the newest evidence of its own name decides."""

    def ask(facts: GateFacts) -> str:
        found = facts.standing.latest(name)
        if found is None:
            return "no evidence since the system is in its state"
        return judge(Values(found))

    return Check(name, ask, waivable)


class Values:
    """Values of evidence, read without trust: what is missing or of another type is no proof."""

    def __init__(self, evidence: GateEvidence) -> None:
        self._values = evidence.values

    def count(self, name: str) -> int | None:
        """A whole number of at least zero."""
        value: Any = self._values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

    def is_true(self, name: str) -> bool:
        """Exactly true."""
        return self._values.get(name) is True

    def text(self, name: str) -> str | None:
        """Text that is not empty."""
        value: Any = self._values.get(name)
        return value if isinstance(value, str) and value else None

    def time(self, name: str) -> datetime | None:
        """A time with its zone, in ISO 8601."""
        try:
            found = datetime.fromisoformat(self.text(name) or "")
        except ValueError:
            return None
        return found if found.tzinfo is not None else None

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts."""
        value: Any = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return None
        return tuple(value)

    def mapping(self, name: str) -> dict[str, Any] | None:
        """A mapping."""
        value: Any = self._values.get(name)
        return value if isinstance(value, dict) else None


def zero(name: str) -> Callable[[Values], str]:
    """A judge: the number of that name is known and zero."""

    def judge(values: Values) -> str:
        count = values.count(name)
        if count is None:
            return f"'{name}' is not in the evidence"
        return f"{count} {name.replace('_', ' ')}" if count else ""

    return judge


def true(*names: str) -> Callable[[Values], str]:
    """A judge: everything of these names is exactly true."""

    def judge(values: Values) -> str:
        return ", ".join(f"{name.replace('_', ' ')} is not proven" for name in names if not values.is_true(name))

    return judge


def at_most(name: str, limit: str) -> Callable[[Values], str]:
    """A judge: one number is known and not above another that is known."""

    def judge(values: Values) -> str:
        found, most = values.count(name), values.count(limit)
        if found is None or most is None:
            return f"'{name}' or '{limit}' is not in the evidence"
        return f"{name} is {found}, at most {most} is allowed" if found > most else ""

    return judge
