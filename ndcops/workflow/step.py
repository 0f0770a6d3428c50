"""One frozen action: it can say what it does, do it, and undo it; rooms define theirs in `steps.py`."""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar

from ndcops.model.record import JsonObject

WorldT = TypeVar("WorldT", contravariant=True)

Report = Callable[[str], None]
"""Takes one line about a step's progress, for the person who waits."""


class Step(Protocol[WorldT]):
    """A repeatable action on a world (the room's ports).

    Repeatable: a run that was cut off applies the step in hand again, so applying twice must end as once.
    """

    kind: ClassVar[str]
    version: ClassVar[int]
    irreversible: ClassVar[str]
    """Why the step cannot be undone; empty when `undo` works."""

    @property
    def key(self) -> str:
        """The step's name, unique in its plan."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys of the steps that must be done before."""
        ...

    def describe(self) -> str:
        """One line for the person who confirms."""
        ...

    def arguments(self) -> JsonObject:
        """What a journal keeps to build the step again."""
        ...

    def apply(self, world: WorldT, report: Report) -> JsonObject:
        """Do it; return evidence for the journal (canonical JSON: no floats)."""
        ...

    def undo(self, world: WorldT, report: Report) -> JsonObject:
        """Take it back; return evidence for the journal."""
        ...


AnyStep = Step[Any]
