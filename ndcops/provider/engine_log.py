"""Messages to the person who watches the engine: warnings, and progress that disappears; sessions use it."""

import threading
from typing import TYPE_CHECKING

import grpc

if TYPE_CHECKING:
    from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

_TIMEOUT_S = 2.0


class EngineLog:
    """The engine's log service. Connects at the first message; losing one never fails an operation."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._stub: EngineStub | None = None
        self._said: dict[str, str] = {}

    def attach(self, address: str) -> None:
        """Send to this engine from now on (`PULUMI_DEBUG_PROVIDERS`)."""
        with self._lock:
            self._address, self._stub = address, None

    def progress(self, urn: str, text: str) -> None:
        """A status line beside the resource, gone with the next one. Repetitions are not sent."""
        if self._said.get(urn) != text:
            self._said[urn] = text
            self._send(urn, text, warning=False)

    def warn(self, urn: str, text: str) -> None:
        """A lasting warning."""
        self._send(urn, text, warning=True)

    def _send(self, urn: str, text: str, *, warning: bool) -> None:
        if not self._address:
            return
        # Imported late: a run in which nothing waits says nothing.
        from pulumi.runtime.proto.engine_pb2 import INFO, WARNING, LogRequest

        request = LogRequest(severity=WARNING if warning else INFO, message=text, urn=urn, ephemeral=not warning)
        try:
            self._connection().Log(request, timeout=_TIMEOUT_S)
        except grpc.RpcError:
            # The engine is going away, and with it whoever would have read this.
            self._address = ""

    def _connection(self) -> "EngineStub":
        from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

        with self._lock:
            if self._stub is None:
                self._stub = EngineStub(grpc.insecure_channel(self._address))
            return self._stub
