"""The actions on stacks: apply, repair, destroy; each checks that the plan is still true before it acts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.errors import Refused
from ndcops.model.record import JsonObject
from ndcops.model.stack_changes import Operation, StackChanges, StackId, StackProgress
from ndcops.model.stack_input import StackInput
from ndcops.provisioning.ports import OnProgress, StackEngine
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class StackWorld:
    """What the steps act on: the engine, how a stack's input is made, and who watches."""

    engine: StackEngine
    input_of: Callable[[StackId], StackInput]
    on_progress: OnProgress


@dataclass(frozen=True)
class ChangeStack:
    """Applies one stack; `refresh` reads the live objects first, which repairs drift.

    fingerprint: the state's, when the plan was made; another one means that the plan is stale.
    """

    kind: ClassVar[str] = "stack/change"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = "the inventory of before is the way back: check it out and run up again"

    stack: StackId
    fingerprint: str
    refresh: bool
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`layer/site`, or `layer/site/agency`."""
        return str(self.stack)

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{'repair' if self.refresh else 'apply'} {self.stack}"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {**_arguments(self.stack, self.fingerprint, self.needs), "refresh": self.refresh}

    def apply(self, world: StackWorld, report: Report) -> JsonObject:
        """Run the engine. Raises Refused when the state is not the one that the plan was made from."""
        _refuse_stale(world, self.stack, self.fingerprint)
        changes = world.engine.apply(
            self.stack, world.input_of(self.stack), _reporting(world, report), refresh=self.refresh
        )
        return _evidence(changes)

    def undo(self, world: StackWorld, report: Report) -> JsonObject:
        """Never called: see `irreversible`."""
        raise NotImplementedError(self.irreversible)


@dataclass(frozen=True)
class DestroyStack:
    """Deletes every object of one stack."""

    kind: ClassVar[str] = "stack/destroy"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = "deleted objects come back by up, their data does not"

    stack: StackId
    fingerprint: str
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`layer/site`, or `layer/site/agency`."""
        return str(self.stack)

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"destroy {self.stack}"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return _arguments(self.stack, self.fingerprint, self.needs)

    def apply(self, world: StackWorld, report: Report) -> JsonObject:
        """Run the engine. Raises Refused when the state is not the one that the plan was made from."""
        _refuse_stale(world, self.stack, self.fingerprint)
        return _evidence(world.engine.destroy(self.stack, world.input_of(self.stack), _reporting(world, report)))

    def undo(self, world: StackWorld, report: Report) -> JsonObject:
        """Never called: see `irreversible`."""
        raise NotImplementedError(self.irreversible)


def decode_change(arguments: JsonObject) -> ChangeStack:
    """The step that a journal keeps."""
    stack = _stack(arguments)
    return ChangeStack(stack, arguments["fingerprint"], arguments["refresh"], tuple(arguments["needs"]))


def decode_destroy(arguments: JsonObject) -> DestroyStack:
    """The step that a journal keeps."""
    stack = _stack(arguments)
    return DestroyStack(stack, arguments["fingerprint"], tuple(arguments["needs"]))


def _stack(arguments: JsonObject) -> StackId:
    return StackId(layer=arguments["layer"], site=arguments["site"], agency=arguments.get("agency", ""))


def _arguments(stack: StackId, fingerprint: str, needs: tuple[str, ...]) -> JsonObject:
    of_agency = {"agency": stack.agency} if stack.agency else {}
    return {
        "layer": stack.layer,
        "site": stack.site,
        **of_agency,
        "fingerprint": fingerprint,
        "needs": list(needs),
    }


def _refuse_stale(world: StackWorld, stack: StackId, planned: str) -> None:
    if world.engine.fingerprint(stack) != planned:
        raise Refused(
            f"stack {stack}: its state changed after the plan was made",
            details=["the plan that was confirmed is not what would be done now"],
            resolution="run the same command again for a new plan",
        )


def _reporting(world: StackWorld, report: Report) -> OnProgress:
    def take(progress: StackProgress) -> None:
        report(progress.line)
        world.on_progress(progress)

    return take


def _evidence(changes: StackChanges) -> JsonObject:
    counts = {operation.value: changes.count(operation) for operation in Operation if changes.count(operation)}
    return {"changes": counts, "unchanged": changes.unchanged, "duration_ms": changes.duration_ms}
