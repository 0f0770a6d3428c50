"""The shape of a Kubernetes object; all modules that write objects build them here."""

from collections.abc import Mapping

from ndcops.model.record import JsonObject

Manifest = JsonObject
"""One Kubernetes object with apiVersion, kind and metadata.name, in Kubernetes' own words."""


def manifest(
    api_version: str,
    kind: str,
    name: str,
    body: Mapping[str, object],
    *,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """An object called `name`; without `namespace` it is the cluster's."""
    metadata: JsonObject = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


def network_policy(
    name: str, namespace: str, spec: JsonObject, labels: Mapping[str, str] | None = None
) -> Manifest:
    """A NetworkPolicy; what several policies of a pod allow adds up."""
    body = {"spec": spec}
    return manifest("networking.k8s.io/v1", "NetworkPolicy", name, body, namespace=namespace, labels=labels)


def policy_port(port: int, protocol: str = "TCP") -> JsonObject:
    """A port of a NetworkPolicy's rule."""
    return {"port": port, "protocol": protocol}
