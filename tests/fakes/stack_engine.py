"""The port StackEngine in memory: objects follow from the input, and can be edited behind its back."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from ndcops.model.errors import Interrupted, NdcopsError
from ndcops.model.record import JsonObject, canonical_json
from ndcops.model.stack_changes import (
    ObjectChange,
    ObjectRef,
    Operation,
    StackChanges,
    StackId,
    StackProgress,
)
from ndcops.model.stack_input import StackInput

OnProgress = Callable[[StackProgress], None]
Objects = dict[str, JsonObject]


def declared(stack: StackId, given: StackInput) -> Objects:
    """What a program of that layer declares: one object for each zone, tier or service."""
    if stack.layer == "network":
        return {f"Namespace {zone.name}": {"cidr": str(zone.cidr)} for zone in given.site.network.zones}
    if stack.layer == "storage":
        return {f"StorageClass {tier.name}": {"media": tier.media.value} for tier in given.site.tiers}
    return {
        f"Deployment {service.id}": {"replicas": service.workloads[0].replicas if at_home else 0}
        for service in given.services
        for at_home in [service.home == given.site.name]
    }


@dataclass
class FakeEngine:
    """`states` is what was applied, `live` what the cluster holds; both by stack.

    failures: raised by the next write to the stack. around: called in the middle of every write.
    """

    states: dict[StackId, Objects] = field(default_factory=dict)
    live: dict[StackId, Objects] = field(default_factory=dict)
    failures: dict[StackId, BaseException] = field(default_factory=dict)
    unfinished: dict[StackId, tuple[str, ...]] = field(default_factory=dict)
    inputs: dict[StackId, StackInput] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    around: Callable[[StackId], None] = lambda stack: None
    interrupted: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def preview(self, stack: StackId, program_input: StackInput, on_progress: OnProgress) -> StackChanges:
        self._begin("preview", stack, program_input)
        return _difference(stack, self.states.get(stack, {}), declared(stack, program_input))

    def apply(
        self, stack: StackId, program_input: StackInput, on_progress: OnProgress, *, refresh: bool = False
    ) -> StackChanges:
        self._begin("repair" if refresh else "apply", stack, program_input)
        self._write(stack)
        wanted = declared(stack, program_input)
        found = self.live.get(stack, {}) if refresh else self.states.get(stack, {})
        changes = _difference(stack, found, wanted)
        self.states[stack] = dict(wanted)
        self.live[stack] = dict(wanted) if refresh else {**self.live.get(stack, {}), **_written(changes, wanted)}
        for number, change in enumerate(changes.changes, 1):
            on_progress(StackProgress(stack=stack, handled=number, total=len(wanted), line=change.urn))
        return changes.model_copy(update={"outputs": self.outputs(stack)})

    def drift(self, stack: StackId, program_input: StackInput, on_progress: OnProgress) -> StackChanges:
        self._begin("drift", stack, program_input)
        return _difference(stack, self.states.get(stack, {}), self.live.get(stack, {}))

    def destroy(self, stack: StackId, program_input: StackInput, on_progress: OnProgress) -> StackChanges:
        self._begin("destroy", stack, program_input)
        self._write(stack)
        changes = _difference(stack, self.states.get(stack, {}), {})
        self.states[stack], self.live[stack] = {}, {}
        return changes

    def outputs(self, stack: StackId) -> JsonObject | None:
        state = self.states.get(stack)
        return {"names": sorted(state)} if state else None

    def object_count(self, stack: StackId) -> int | None:
        state = self.states.get(stack)
        return None if state is None else len(state)

    def pending(self, stack: StackId) -> tuple[str, ...]:
        return self.unfinished.get(stack, ())

    def fingerprint(self, stack: StackId) -> str:
        return hashlib.sha256(canonical_json(self.states.get(stack))).hexdigest()

    def interrupt(self) -> None:
        self.interrupted = True

    def _begin(self, verb: str, stack: StackId, program_input: StackInput) -> None:
        with self._guard:
            self.calls.append(f"{verb} {stack}")
            self.inputs[stack] = program_input
        if self.interrupted:
            raise Interrupted(f"stack {stack}: stopped; its state is saved")

    def _write(self, stack: StackId) -> None:
        self.around(stack)
        failure = self.failures.pop(stack, None)
        if failure is not None:
            raise failure
        self.unfinished.pop(stack, None)


def broken(stack: StackId) -> NdcopsError:
    """How an engine fails on one object."""
    return NdcopsError(
        f"stack {stack}: 1 objects failed",
        details=["Namespace x: forbidden"],
        resolution=f"ndcops stack up --site {stack.site} --layer {stack.layer}",
    )


def _difference(stack: StackId, before: Objects, after: Objects) -> StackChanges:
    changes = [
        ObjectChange(urn=f"urn:{name}", type="kubernetes:fake", operation=operation, object=_ref(name))
        for name in sorted(before.keys() | after.keys())
        for operation in [_operation(before.get(name), after.get(name))]
        if operation is not Operation.SAME
    ]
    unchanged = len(before.keys() | after.keys()) - len(changes)
    return StackChanges(stack=stack, changes=tuple(changes), unchanged=unchanged)


def _written(changes: StackChanges, wanted: Objects) -> Objects:
    names = [change.urn.removeprefix("urn:") for change in changes.changes]
    return {name: wanted[name] for name in names if name in wanted}


def _operation(before: JsonObject | None, after: JsonObject | None) -> Operation:
    if before == after:
        return Operation.SAME
    if before is None:
        return Operation.CREATE
    return Operation.DELETE if after is None else Operation.UPDATE


def _ref(name: str) -> ObjectRef:
    kind, _, rest = name.partition(" ")
    return ObjectRef(api_version="v1", kind=kind, namespace="", name=rest)
