"""The base of all steps of a change: their fields are what a journal keeps."""

from collections.abc import Callable
from typing import Any, ClassVar

from ndcops.model.cutover import End, Stream
from ndcops.model.document import Name, Value
from ndcops.model.record import JsonObject
from ndcops.onboarding.ports.switching import MoveEnd
from ndcops.onboarding.steps.switching.world import SwitchWorld
from ndcops.workflow.step import Report


class SwitchStep(Value):
    """One action for one database. leaving: the end whose writes stop. stream: from there to the other end."""

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = ""

    database: Name
    leaving: End
    stream: Stream
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Database and action."""
        return f"{self.database}/{self.kind.removeprefix('switch/')}"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return self.model_dump(mode="json")

    def left(self, world: SwitchWorld) -> MoveEnd:
        """The end whose writes stop."""
        return world.end(self.database, self.leaving)

    def taking(self, world: SwitchWorld) -> MoveEnd:
        """The end that takes them over."""
        return world.end(self.database, self.leaving.other)

    def describe(self) -> str:
        """One line for the person who confirms."""
        raise NotImplementedError

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Do it."""
        raise NotImplementedError

    def undo(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Take it back; what only looks has nothing to."""
        if self.irreversible:
            raise NotImplementedError(self.irreversible)
        del world
        report("nothing to take back")
        return {}


def decoder(step: type[Value]) -> Callable[[JsonObject], Any]:
    """Builds the step that a journal keeps; all of them are Values."""
    return step.model_validate
