"""Steps for the workflow's tests: they note what they do in a world that can fail, wait and stop them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from ndcops.model.record import JsonObject
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import Runner, StepEvent
from ndcops.workflow.step import Report
from tests.fakes.journal import MemoryJournal


@dataclass
class World:
    """`did` is what was done, in order; `inside` runs in the middle of a step; `most` ran side by side."""

    did: list[str] = field(default_factory=list)
    failures: dict[str, BaseException] = field(default_factory=dict)
    inside: Callable[[str], None] = lambda key: None
    active: int = 0
    most: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Note:
    """Notes its key."""

    kind: ClassVar[str] = "test/note"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = ""

    key: str
    needs: tuple[str, ...] = ()

    def describe(self) -> str:
        return f"note {self.key}"

    def arguments(self) -> JsonObject:
        return {"key": self.key, "needs": list(self.needs)}

    def apply(self, world: World, report: Report) -> JsonObject:
        with world.guard:
            world.active += 1
            world.most = max(world.most, world.active)
        try:
            report("half way")
            world.inside(self.key)
            if self.key in world.failures:
                raise world.failures[self.key]
            world.did.append(self.key)
            return {"noted": self.key}
        finally:
            with world.guard:
                world.active -= 1

    def undo(self, world: World, report: Report) -> JsonObject:
        if self.key in world.failures:
            raise world.failures[self.key]
        world.did.append(f"undo {self.key}")
        return {"erased": self.key}


@dataclass(frozen=True)
class Burn(Note):
    """Cannot be taken back."""

    kind: ClassVar[str] = "test/burn"
    irreversible: ClassVar[str] = "ashes stay ashes"


def decode_note(arguments: JsonObject) -> Note:
    return Note(arguments["key"], tuple(arguments["needs"]))


def plan_of(*steps: Note) -> Plan[World]:
    return Plan("test", "lab", "a test", steps)


@dataclass
class Bench:
    """A runner with everything around it."""

    world: World = field(default_factory=World)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    stop: threading.Event = field(default_factory=threading.Event)
    events: list[StepEvent] = field(default_factory=list)
    width: int = 4

    @property
    def runner(self) -> Runner[World]:
        return Runner(self.journal, self.world, width=self.width, stop=self.stop, on_event=self.events.append)

    def states(self, key: str) -> list[str]:
        """The states that the step went through, lines of progress left out."""
        return [event.state for event in self.events if event.key == key and event.line != "half way"]
