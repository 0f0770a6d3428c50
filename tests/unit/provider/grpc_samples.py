"""What the tests over gRPC create: a ConfigMap, which is there at once, and a Deployment, which is awaited."""

from typing import Any

import grpc

from tests.unit.provider.rpc import init_failure, urn

URN = urn("ConfigMap", "portal")
PATH = "/api/v1/namespaces/default/configmaps/portal"
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"replicas": 1},
}
DEPLOYMENT_URN = urn("Deployment", "web", "apps/v1")


def config_map(name: str = "portal", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }


def unready_properties(error: grpc.RpcError) -> Any:
    """The outputs of an initialisation failure, as the engine would store them."""
    from ndcops.provider.wire import encode

    return encode(init_failure(error)[1].value)
