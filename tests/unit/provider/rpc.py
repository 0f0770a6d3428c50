"""A provider served in this process and a stub for it, as the engine would call it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub, add_ResourceProviderServicer_to_server

from ndcops.provider.server import KubernetesProvider
from ndcops.provider.wire import Mask, Properties, decode, encode


def urn(kind: str, name: str, module: str = "core/v1", stack: str = "ndc1") -> str:
    """The URN of a resource of the stack `network/ndc1`."""
    return f"urn:pulumi:{stack}::network::kubernetes:{module}:{kind}::{name}"


class Engine:
    """Calls like the engine's, with Python values."""

    def __init__(self, stub: ResourceProviderStub) -> None:
        self.stub = stub

    def configure(self, **inputs: Any) -> None:
        self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(inputs), acceptSecrets=True))

    def check(
        self, urn: str, news: dict[str, Any], olds: dict[str, Any] | None = None, secret: Mask = False
    ) -> Any:
        request = provider_pb2.CheckRequest(
            urn=urn, news=encode(news, secret), olds=encode(olds or {}), randomSeed=b"7"
        )
        return self.stub.Check(request)

    def diff(self, urn: str, olds: Any, news: dict[str, Any], ignore: tuple[str, ...] = ()) -> Any:
        return self.stub.Diff(
            provider_pb2.DiffRequest(urn=urn, olds=olds, news=encode(news), ignoreChanges=ignore)
        )

    def create(self, urn: str, inputs: dict[str, Any], *, preview: bool = False, timeout: float = 0) -> Any:
        return self.stub.Create(
            provider_pb2.CreateRequest(urn=urn, properties=encode(inputs), preview=preview, timeout=timeout)
        )

    def update(self, urn: str, olds: Any, news: dict[str, Any], *, preview: bool = False, ignore: Any = ()) -> Any:
        return self.stub.Update(
            provider_pb2.UpdateRequest(
                urn=urn, olds=olds, news=encode(news), preview=preview, ignoreChanges=ignore
            )
        )

    def read(self, urn: str, id: str, olds: Any = None, inputs: dict[str, Any] | None = None) -> Any:
        return self.stub.Read(
            provider_pb2.ReadRequest(urn=urn, id=id, properties=olds or encode({}), inputs=encode(inputs or {}))
        )

    def delete(self, urn: str, id: str, olds: Any, timeout: float = 0) -> Any:
        return self.stub.Delete(provider_pb2.DeleteRequest(urn=urn, id=id, properties=olds, timeout=timeout))


@contextmanager
def engine() -> Iterator[Engine]:
    """A served provider."""
    server = grpc.server(ThreadPoolExecutor(32))
    add_ResourceProviderServicer_to_server(KubernetesProvider(""), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Engine(ResourceProviderStub(channel))
    finally:
        server.stop(None).wait()


def init_failure(error: grpc.RpcError) -> tuple[str, Properties, list[str]]:
    """(id, outputs, reasons) of an ErrorResourceInitFailed."""
    data = dict(error.trailing_metadata())["grpc-status-details-bin"]
    detail = provider_pb2.ErrorResourceInitFailed()
    status_pb2.Status.FromString(data).details[0].Unpack(detail)
    return detail.id, decode(detail.properties), list(detail.reasons)
