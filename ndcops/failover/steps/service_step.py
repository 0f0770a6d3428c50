"""The base of all steps: arguments are the fields themselves, so that a journal can build the step again."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class ServiceStep:
    """One action for one service. Fields hold only text, whole numbers, truth values and tuples of these."""

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = ""

    service: str
    needs: tuple[str, ...]

    @property
    def key(self) -> str:
        """Service and action, with the site where that makes the difference."""
        action = self.kind.removeprefix("failover/")
        place = self._place()
        return f"{self.service}/{action}" + (f"@{place}" if place else "")

    def _place(self) -> str:
        """The site in the key; empty for steps that occur once a service."""
        return ""

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {field.name: _as_json(getattr(self, field.name)) for field in fields(self)}

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Do it."""
        raise NotImplementedError

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Take it back; what only looks or stamps has nothing to."""
        if self.irreversible:
            raise NotImplementedError(self.irreversible)
        world.check_stopped(self.key)
        report("nothing to take back")
        return {}

    def describe(self) -> str:
        """One line for the person who confirms."""
        raise NotImplementedError


_Step = TypeVar("_Step", bound=ServiceStep)


def decoder(step: type[_Step]) -> Callable[[JsonObject], _Step]:
    """Builds the step that a journal keeps."""
    return lambda arguments: step(**{name: _from_json(value) for name, value in arguments.items()})


def _as_json(value: Any) -> Any:
    return [_as_json(item) for item in value] if isinstance(value, tuple) else value


def _from_json(value: Any) -> Any:
    return tuple(_from_json(item) for item in value) if isinstance(value, list) else value
