"""Which objects of services a failover has changed since they were applied; `api` reads them for stacks."""

from collections.abc import Callable, Iterable
from typing import Final

from ndcops.model.field_managers import FAILOVER_MANAGER
from ndcops.model.record import JsonObject
from ndcops.model.stack_input import MovedObject

MOVED_KINDS: Final = {
    "Deployment": "/apis/apps/v1/deployments",
    "StatefulSet": "/apis/apps/v1/statefulsets",
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1/httproutes",
    "VolumeReplication": "/apis/replication.storage.openshift.io/v1alpha1/volumereplications",
    "Cluster": "/apis/postgresql.cnpg.io/v1/clusters",
}
"""What stacks declare and failover moves, with the path of all of a kind."""


def moved_objects(items_of: Callable[[str], Iterable[JsonObject]]) -> tuple[MovedObject, ...]:
    """Objects of whose spec failover owns something, with those parts as they are. items_of: a path's objects."""
    found = []
    for kind, path in MOVED_KINDS.items():
        for live in items_of(path):
            kept = sorted(_held(live) & live["spec"].keys())
            if kept:
                metadata = live["metadata"]
                spec = {key: live["spec"][key] for key in kept}
                place = {"namespace": metadata["namespace"], "name": metadata["name"]}
                found.append(MovedObject(kind=kind, spec=spec, **place))
    return tuple(found)


def _held(live: JsonObject) -> set[str]:
    held: set[str] = set()
    for entry in live["metadata"].get("managedFields") or ():
        if entry.get("manager") == FAILOVER_MANAGER and not entry.get("subresource"):
            fields = (entry.get("fieldsV1") or {}).get("f:spec") or {}
            held |= {key.removeprefix("f:") for key in fields}
    return held
