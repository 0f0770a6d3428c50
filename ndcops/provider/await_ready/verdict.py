"""The answer to "is it ready?", and what a judge may look at besides the object; used by every family of kinds."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from ndcops.provider.wire import JsonObject


class Stage(Enum):
    """How far an object is."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A stage, with the reasons that a person needs when it is not ready."""

    stage: Stage
    reasons: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.stage is Stage.READY


READY = Verdict(Stage.READY)


def waiting(*reasons: str) -> Verdict:
    """Not yet, because."""
    return Verdict(Stage.WAITING, reasons)


def failed(*reasons: str) -> Verdict:
    """Never, because: waiting longer cannot help."""
    return Verdict(Stage.FAILED, reasons)


class Cluster(Protocol):
    """What a judge may read of the cluster."""

    def related(self, api_version: str, kind: str, namespace: str, label_selector: str) -> list[JsonObject]:
        """Objects of a kind by their labels."""

    def one(self, api_version: str, kind: str, namespace: str, name: str) -> JsonObject | None:
        """One object; None when there is none."""


Judge = Callable[[JsonObject, Cluster], Verdict]


def condition(live: JsonObject, kind: str) -> JsonObject:
    """The condition of that type; empty when absent."""
    for entry in status(live).get("conditions") or []:
        if isinstance(entry, dict) and entry.get("type") == kind:
            return entry
    return {}


def status(live: JsonObject) -> JsonObject:
    """The object's status; empty when the controllers have not written any."""
    value: Any = live.get("status")
    return value if isinstance(value, dict) else {}


def spec(live: JsonObject) -> JsonObject:
    """The object's spec; empty when there is none."""
    value: Any = live.get("spec")
    return value if isinstance(value, dict) else {}


def is_observed(live: JsonObject) -> bool:
    """Whether the controller has seen the newest spec; before that its status speaks of the old one."""
    return int(status(live).get("observedGeneration") or 0) >= int(live["metadata"].get("generation") or 0)
