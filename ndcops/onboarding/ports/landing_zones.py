"""What makes landing zones, and who says what stands there and who gets in."""

from collections.abc import Callable, Sequence
from typing import Protocol

from ndcops.model.document import Value
from ndcops.model.landing_zone import LandingZone
from ndcops.model.record import JsonObject
from ndcops.model.stack_changes import StackChanges
from ndcops.model.tenancy import AccessQuestion, FoundBinding, FoundNamespace


class ZoneStack(Value):
    """A landing zone's stack before a change. fingerprint: of its state; object_count: None when never applied."""

    site: str
    fingerprint: str
    object_count: int | None
    must_change: bool
    preview: StackChanges


class ZoneStacks(Protocol):
    """Landing zones as stacks of the target; several threads may apply several."""

    def look(self, zones: Sequence[LandingZone]) -> tuple[ZoneStack, ...]:
        """What applying them would change, in their order.

        Raises Refused when a cluster is not the pinned one, NdcopsError when the preview fails.
        """
        ...

    def apply(self, zone: LandingZone, fingerprint: str, report: Callable[[str], None]) -> JsonObject:
        """Make the zone; evidence. Raises Refused when the state is not of that fingerprint, NdcopsError."""
        ...


class TenantClusters(Protocol):
    """The clusters of the target, asked about landing zones. Every method raises NdcopsError without an answer."""

    def found(self, site: str, namespace: str) -> FoundNamespace:
        """What stands in a namespace, as the API server has it now."""
        ...

    def bindings(self, site: str, namespaces: Sequence[str]) -> tuple[FoundBinding, ...]:
        """All role bindings in these namespaces."""
        ...

    def allowed(self, site: str, questions: Sequence[AccessQuestion]) -> tuple[bool, ...]:
        """What the API server's authorisers answer, in the order of the questions."""
        ...
