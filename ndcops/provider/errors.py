"""Errors of the provider, and how they travel to the engine; raised all over, translated by the servicer only."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc

from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.provider.wire import JsonObject, Mask, encode

if TYPE_CHECKING:
    from typing import NoReturn


class ApiError(NdcopsError):
    """The API server answered with an error Status. `reason` and `causes` are those of the Status."""

    def __init__(self, status: int, reason: str, message: str, *, causes: Sequence[JsonObject] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.causes = tuple(causes)


class Unreachable(NdcopsError):
    """The API server did not answer within the retry budget."""


class Cancelled(NdcopsError):
    """The engine asked to stop; nothing more is sent to the cluster."""


class InitialisationFailed(NdcopsError):
    """The object exists, but is not what was asked for (yet): the engine must record it all the same.

    Travels as `ErrorResourceInitFailed`; the next run then updates the object and waits again.
    """

    def __init__(
        self,
        message: str,
        *,
        object_id: str,
        outputs: JsonObject,
        inputs: JsonObject,
        secret: Mask,
        reasons: list[str],
    ) -> None:
        super().__init__(message, details=reasons)
        self.object_id = object_id
        self.outputs = outputs
        self.inputs = inputs
        self.secret = secret


def error_text(error: NdcopsError) -> str:
    """What a person reads: the message, its reasons, the next step; one a line."""
    lines = [error.message, *(f"  - {detail}" for detail in error.details)]
    if error.resolution:
        lines.append(f"  next: {error.resolution}")
    return "\n".join(lines)


def abort(context: grpc.ServicerContext, error: NdcopsError, text: str) -> "NoReturn":
    """End the RPC with this error. `text` is the message with secrets taken out."""
    if isinstance(error, InitialisationFailed):
        context.set_trailing_metadata((("grpc-status-details-bin", _init_failed_status(error, text)),))
        context.abort(grpc.StatusCode.UNKNOWN, text)
    code = grpc.StatusCode.UNKNOWN
    if isinstance(error, InvalidInput):
        code = grpc.StatusCode.INVALID_ARGUMENT
    elif isinstance(error, Refused):
        code = grpc.StatusCode.FAILED_PRECONDITION
    elif isinstance(error, Unreachable):
        # Not UNAVAILABLE: the engine reads that as "the plugin died".
        code = grpc.StatusCode.ABORTED
    elif isinstance(error, Cancelled):
        code = grpc.StatusCode.CANCELLED
    context.abort(code, text)
    raise AssertionError("grpc's abort() always raises")


def _init_failed_status(error: InitialisationFailed, text: str) -> bytes:
    # Imported late: a run without failures never needs these messages.
    from google.protobuf.any_pb2 import Any
    from pulumi.runtime.proto.provider_pb2 import ErrorResourceInitFailed
    from pulumi.runtime.proto.status_pb2 import Status

    detail = Any()
    detail.Pack(
        ErrorResourceInitFailed(
            id=error.object_id,
            properties=encode(error.outputs, error.secret),
            # The engine shows the reasons only, so what failed comes first.
            reasons=[line.strip().removeprefix("- ") for line in text.splitlines()],
            inputs=encode(error.inputs, error.secret),
        )
    )
    status: bytes = Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=text, details=[detail]
    ).SerializeToString()
    return status
