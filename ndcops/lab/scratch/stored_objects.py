"""Objects as the API server keeps them in etcd: kind, key, and the pods of a snapshot's groups one by one.

A replay writes them there itself. What goes through the API is changed on the way: it gets another UID, loses
its status, and is refused when it names what admission sets (a resident's priority). Stored JSON is read as well
as stored protobuf (k8s.io/apiserver/pkg/server/storage/storage_codec.go).
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ndcops.model.errors import InvalidInput
from ndcops.model.record import JsonObject
from ndcops.model.snapshot import SiteSnapshot

_UIDS = uuid.UUID("6a0f4d1c-3f55-4b58-9f0e-6a4f1d1d2b90")
"""The name space of UIDs for objects whose own were not kept."""


@dataclass(frozen=True)
class StoredKind:
    """How a kind is written. `folder` is its place below `/registry`, as kube-apiserver names it."""

    api_version: str
    kind: str
    folder: str


def _kind(api_version: str, kind: str, folder: str = "") -> StoredKind:
    return StoredKind(api_version, kind, folder or f"{kind.lower()}s")


STORED_KINDS: Mapping[str, StoredKind] = {
    "namespaces": _kind("v1", "Namespace"),
    "nodes": _kind("v1", "Node", "minions"),
    "pods": _kind("v1", "Pod"),
    "persistentvolumes": _kind("v1", "PersistentVolume"),
    "persistentvolumeclaims": _kind("v1", "PersistentVolumeClaim"),
    "limitranges": _kind("v1", "LimitRange"),
    "resourcequotas": _kind("v1", "ResourceQuota"),
    "storageclasses": _kind("storage.k8s.io/v1", "StorageClass", "storageclasses"),
    "csinodes": _kind("storage.k8s.io/v1", "CSINode"),
    "csidrivers": _kind("storage.k8s.io/v1", "CSIDriver"),
    "csistoragecapacities": _kind("storage.k8s.io/v1", "CSIStorageCapacity", "csistoragecapacities"),
    "volumeattachments": _kind("storage.k8s.io/v1", "VolumeAttachment"),
    "resourceslices": _kind("resource.k8s.io/v1", "ResourceSlice"),
    "resourceclaims": _kind("resource.k8s.io/v1", "ResourceClaim"),
    "deviceclasses": _kind("resource.k8s.io/v1", "DeviceClass", "deviceclasses"),
    "priorityclasses": _kind("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses"),
    "runtimeclasses": _kind("node.k8s.io/v1", "RuntimeClass", "runtimeclasses"),
    "poddisruptionbudgets": _kind("policy/v1", "PodDisruptionBudget"),
}
"""By lower-case plural: the kinds that decide where a pod goes, or whether it is admitted.

DaemonSets, ReplicaSets and Services are left out: no filter reads them (a pod's own defaults of spreading only
score), and without their controllers they would do nothing.
"""

UNREPLAYED = frozenset({"daemonsets", "replicasets", "services"})


def stored(plural: str, item: JsonObject) -> tuple[str, bytes]:
    """An object's key and value. Raises InvalidInput for a kind that a replay does not know."""
    kind = STORED_KINDS.get(plural)
    if kind is None:
        raise InvalidInput(
            f"objects of kind '{plural}' cannot be replayed", details=[f"known: {', '.join(sorted(STORED_KINDS))}"]
        )
    metadata = item["metadata"]
    place = "/".join(filter(None, (kind.folder, metadata.get("namespace"), metadata["name"])))
    key = f"/registry/{place}"
    whole = {
        **item,
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"uid": str(uuid.uuid5(_UIDS, key)), **metadata},
    }
    return key, json.dumps(whole).encode()


def stored_site(site: SiteSnapshot) -> Iterator[tuple[str, bytes]]:
    """Everything of a site that a replay needs, pods last."""
    yield from stored_all({plural: items for plural, items in site.objects.items() if plural != "pods"})
    yield from (stored("pods", pod) for pod in residents(site))


def stored_all(objects: Mapping[str, Sequence[JsonObject]]) -> Iterator[tuple[str, bytes]]:
    """Keys and values of objects by plural."""
    for plural, items in objects.items():
        if plural not in UNREPLAYED:
            yield from (stored(plural, item) for item in items)


def residents(site: SiteSnapshot) -> Iterator[JsonObject]:
    """The bound pods of a site's groups, each with a name of its own, then those kept one by one.

    Pods that wait for a node stay out: the scheduler would place them beside those of the question.
    """
    numbers = iter(range(10**9))
    for group in site.pods:
        for node, count in group.nodes.items():
            if node:
                yield from (_resident(group.template, node, next(numbers)) for _ in range(count))
    yield from (pod for pod in site.objects.get("pods", ()) if pod["spec"].get("nodeName"))


def _resident(template: JsonObject, node: str, number: int) -> JsonObject:
    metadata = {"namespace": "default", **template.get("metadata", {}), "name": f"resident-{number}"}
    status = {"phase": "Running", **template.get("status", {})}
    return {"metadata": metadata, "spec": {**template["spec"], "nodeName": node}, "status": status}


def folders(plurals: Iterable[str]) -> list[str]:
    """The places of kinds, as prefixes of their keys."""
    return [f"/registry/{STORED_KINDS[plural].folder}/" for plural in plurals]
