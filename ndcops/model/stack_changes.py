"""What a stack's preview, apply or drift found: one entry for each object that differs."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from ndcops.model.document import Value
from ndcops.model.record import JsonObject


class StackId(Value):
    """One layer of one site, or one agency's part of it; its state, lock and work folder carry this name."""

    layer: str
    site: str
    agency: str = ""

    @property
    def name(self) -> str:
        """The stack's name in its layer's project; neither part holds a dot."""
        return f"{self.site}.{self.agency}" if self.agency else self.site

    def __str__(self) -> str:
        return f"{self.layer}/{self.site}/{self.agency}" if self.agency else f"{self.layer}/{self.site}"


class Operation(StrEnum):
    """What happens to an object."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


class Writer(Value):
    """Who wrote fields of a live object, as its managedFields tell; `time` in UTC."""

    manager: str
    operation: str
    time: datetime | None = None
    user: str | None = None


class ObjectRef(Value):
    """A Kubernetes object: `api_version`, `kind`, `namespace` (empty when it has none), `name`."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class ObjectChange(Value):
    """One object that differs; `paths` are the fields, `writers` who set them last (drift only)."""

    urn: str
    type: str
    operation: Operation
    object: ObjectRef | None = None
    paths: tuple[str, ...] = ()
    writers: tuple[Writer, ...] = ()


class StackChanges(Value):
    """The result of one engine run over one stack; `duration_ms` is the engine's own wall time."""

    stack: StackId
    changes: tuple[ObjectChange, ...] = ()
    unchanged: int = 0
    outputs: JsonObject = Field(default_factory=dict)
    duration_ms: int = 0

    def count(self, operation: Operation) -> int:
        """How many objects undergo that operation."""
        return sum(change.operation is operation for change in self.changes)


class StackProgress(Value):
    """How far an engine run is: objects handled, of `total` when that is known."""

    stack: StackId
    handled: int
    total: int | None = None
    line: str = ""
