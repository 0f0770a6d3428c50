"""What one RPC works with: the cluster, the settings, who asks, how to report; the session makes one a call."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ndcops.provider.annotations import timeout_s
from ndcops.provider.cluster_api import ClusterApi
from ndcops.provider.errors import Cancelled, InitialisationFailed
from ndcops.provider.settings import Settings
from ndcops.provider.state import object_id, outputs
from ndcops.provider.wire import JsonObject, Mask


@dataclass(frozen=True, slots=True)
class Operation:
    """One create, update, read or delete of one resource."""

    urn: str
    api: ClusterApi
    settings: Settings
    cancelled: threading.Event
    report: Callable[[str], None]
    custom_timeout_s: float = 0.0

    def timeout_s(self, document: JsonObject) -> float:
        """How long this operation may wait for this object."""
        return timeout_s(document, self.custom_timeout_s)

    def pause(self, seconds: float) -> None:
        """Sleep; raises Cancelled as soon as the engine asks to stop."""
        if self.cancelled.wait(seconds):
            raise Cancelled("stopped by the engine")


@dataclass(frozen=True, slots=True)
class Written:
    """An object as it stands after a write or a read."""

    inputs: JsonObject
    live: JsonObject
    field_manager: str
    initial_api_version: str
    secret: Mask

    @property
    def object_id(self) -> str:
        """The Pulumi id."""
        return object_id(self.live)

    @property
    def outputs(self) -> JsonObject:
        """What the engine stores."""
        return outputs(self.inputs, self.live, self.field_manager, self.initial_api_version)

    def failed(self, message: str, reasons: list[str]) -> InitialisationFailed:
        """The error that records the object and says why it is not ready."""
        return InitialisationFailed(
            message,
            object_id=self.object_id,
            outputs=self.outputs,
            inputs=self.inputs,
            secret=self.secret,
            reasons=reasons,
        )
