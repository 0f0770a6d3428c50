"""What provisioning needs from outside: an engine for stacks, and facts of the clusters."""

from collections.abc import Callable
from typing import Protocol

from ndcops.model.record import JsonObject
from ndcops.model.site_status import SiteCondition
from ndcops.model.stack_changes import ObjectRef, StackChanges, StackId, StackProgress, Writer
from ndcops.model.stack_input import MovedObject, StackInput
from ndcops.model.target import ClusterRef

OnProgress = Callable[[StackProgress], None]


class StackEngine(Protocol):
    """Previews and applies one stack at a time; several threads may work on several stacks."""

    def preview(self, stack: StackId, program_input: StackInput, on_progress: OnProgress) -> StackChanges:
        """What `apply` would change now."""
        ...

    def apply(
        self, stack: StackId, program_input: StackInput, on_progress: OnProgress, *, refresh: bool = False
    ) -> StackChanges:
        """Make the stack what its program says; with `refresh`, reading the live objects first."""
        ...

    def drift(self, stack: StackId, program_input: StackInput, on_progress: OnProgress) -> StackChanges:
        """What differs in the cluster from the state; changes nothing."""
        ...

    def destroy(self, stack: StackId, program_input: StackInput, on_progress: OnProgress) -> StackChanges:
        """Delete every object of the stack."""
        ...

    def outputs(self, stack: StackId) -> JsonObject | None:
        """The stack's outputs, or None when it was never applied."""
        ...

    def object_count(self, stack: StackId) -> int | None:
        """How many objects the stack's state holds, or None when it was never applied."""
        ...

    def pending(self, stack: StackId) -> tuple[str, ...]:
        """Operations that a killed run left unfinished."""
        ...

    def fingerprint(self, stack: StackId) -> str:
        """Changes whenever the stack's state does."""
        ...

    def interrupt(self) -> None:
        """Ask every running engine to finish its steps in hand and save."""
        ...


class Clusters(Protocol):
    """Reads the clusters of the target."""

    def read_uid(self, cluster: ClusterRef) -> str:
        """The UID of the cluster's kube-system namespace. Raises NdcopsError when the cluster does not say."""
        ...

    def read_condition(self, cluster: ClusterRef) -> SiteCondition:
        """Nodes by pool and workloads by service. Raises NdcopsError when the cluster does not answer."""
        ...

    def read_writers(self, cluster: ClusterRef, ref: ObjectRef) -> tuple[Writer, ...]:
        """Who wrote the object's fields, latest first; empty when it is gone."""
        ...

    def read_moved(self, cluster: ClusterRef) -> tuple[MovedObject, ...]:
        """Objects of services where failover decided something. Raises NdcopsError."""
        ...

    def read_api_groups(self, cluster: ClusterRef) -> tuple[str, ...]:
        """Names of the API groups that the cluster serves. Raises NdcopsError."""
        ...
