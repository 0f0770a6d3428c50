"""Turns the engine's event stream into changes and progress."""

import threading
from collections.abc import Callable

from pulumi.automation import OpType
from pulumi.automation.events import EngineEvent, StepEventMetadata

from ndcops.model.stack_changes import ObjectChange, ObjectRef, Operation, StackId, StackProgress

OnProgress = Callable[[StackProgress], None]

_OPERATIONS = {
    OpType.CREATE: Operation.CREATE,
    OpType.IMPORT: Operation.CREATE,
    OpType.UPDATE: Operation.UPDATE,
    OpType.DELETE: Operation.DELETE,
    OpType.REPLACE: Operation.REPLACE,
    OpType.CREATE_REPLACEMENT: Operation.REPLACE,
    OpType.DELETE_REPLACED: Operation.REPLACE,
    OpType.IMPORT_REPLACEMENT: Operation.REPLACE,
}


class EventCollector:
    """Receives the events of one run; thread-safe, as the engine streams from a thread of its own."""

    def __init__(self, stack: StackId, on_progress: OnProgress, total: int | None = None) -> None:
        self._stack = stack
        self._on_progress = on_progress
        self._total = total
        self._guard = threading.Lock()
        self._handled: set[str] = set()
        self.changes: dict[str, ObjectChange] = {}
        self.failures: list[str] = []
        self.diagnostics: list[str] = []
        self.unchanged = 0
        self.ended = threading.Event()

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        with self._guard:
            if event.resource_pre_event is not None:
                self._note(event.resource_pre_event.metadata)
            if event.res_outputs_event is not None:
                self._finish(event.res_outputs_event.metadata)
            if event.res_op_failed_event is not None:
                self.failures.append(object_name(event.res_op_failed_event.metadata.urn))
            if event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
                self._diagnose(event.diagnostic_event.urn or "", event.diagnostic_event.message)
            if event.summary_event is not None:
                self.ended.set()

    def _note(self, metadata: StepEventMetadata) -> None:
        operation = _OPERATIONS.get(metadata.op)
        if operation is not None and not is_bookkeeping(metadata.type):
            self._keep(object_change(metadata, operation))

    def _finish(self, metadata: StepEventMetadata) -> None:
        operation = _OPERATIONS.get(metadata.op)
        if metadata.op is OpType.REFRESH or is_bookkeeping(metadata.type):
            return
        if operation is None:
            self.unchanged += metadata.op is OpType.SAME
        else:
            # Outputs of a refresh come without a pre-event, and hold what the cluster answered.
            self._keep(object_change(metadata, operation))
        self._handled.add(metadata.urn)
        self._on_progress(
            StackProgress(
                stack=self._stack, handled=len(self._handled), total=self._total, line=object_name(metadata.urn)
            )
        )

    def _keep(self, change: ObjectChange) -> None:
        """The latest event of an object holds, but the deletion that ends a replacement tells no paths."""
        known = self.changes.get(change.urn)
        if known is not None and not change.paths:
            change = change.model_copy(update={"paths": known.paths})
        self.changes[change.urn] = change

    def _diagnose(self, urn: str, message: str) -> None:
        text = " ".join(message.split())
        name = object_name(urn) if urn else ""
        line = f"{name}: {text}" if name and name not in text else text
        if line and line not in self.diagnostics:
            self.diagnostics.append(line)


def is_bookkeeping(type_token: str) -> bool:
    """Whether a resource is the engine's or ours to group objects, not an object of the cluster."""
    return not type_token.startswith("kubernetes:")


def object_name(urn: str) -> str:
    """What a person calls the resource of a URN: its type's last word and its name."""
    _, _, rest = urn.partition("::")
    parts = rest.split("::")
    if len(parts) < 3:
        return urn
    kind = parts[1].rpartition("$")[2].rpartition(":")[2]
    return f"{kind} {'::'.join(parts[2:])}"


def object_change(metadata: StepEventMetadata, operation: Operation) -> ObjectChange:
    """The change that a step's metadata describes."""
    state = metadata.new or metadata.old
    inputs = (state.inputs if state is not None else None) or {}
    return ObjectChange(
        urn=metadata.urn,
        type=metadata.type,
        operation=operation,
        object=_object_ref(inputs),
        paths=tuple(sorted(metadata.detailed_diff or {})) or tuple(metadata.diffs or ()),
    )


def _object_ref(inputs: object) -> ObjectRef | None:
    if not isinstance(inputs, dict) or not isinstance(inputs.get("metadata"), dict):
        return None
    metadata = inputs["metadata"]
    return ObjectRef(
        api_version=str(inputs.get("apiVersion", "")),
        kind=str(inputs.get("kind", "")),
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata.get("name") or ""),
    )
