"""Which kinds capacity reads, where they are in the API, and what of each is kept; `site_facts` calls it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ndcops.adapters.kubernetes_api.pod_trimming import trim_pod, trim_pod_spec
from ndcops.model.record import JsonObject

_ANNOTATIONS = (
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/",
    "resource.kubernetes.io/",
    "storageclass.kubernetes.io/",
)
"""Volume binding, device claims and the default class are told in these (`bind-completed`, `is-default-class`)."""

_MIGRATED_PLUGINS = "storage.alpha.kubernetes.io/migrated-plugins"
"""On CSINode: in-tree volumes of these plugins count against the driver's limit."""


def trim_node(node: JsonObject) -> JsonObject:
    """A node without annotations, addresses, images and heartbeats."""
    metadata, status = node["metadata"], node.get("status", {})
    ready = [each for each in status.get("conditions") or () if each["type"] == "Ready"]
    return {
        "metadata": _kept(metadata, "name", "labels", "deletionTimestamp"),
        "spec": _kept(node.get("spec", {}), "taints", "unschedulable"),
        "status": {
            **_kept(status, "capacity", "allocatable", "declaredFeatures"),
            "conditions": [_kept(each, "type", "status") for each in ready],
        },
    }


def trim_object(item: JsonObject) -> JsonObject:
    """Any small object: all but the bookkeeping of its metadata."""
    return {**{name: value for name, value in item.items() if name != "metadata"}, "metadata": _metadata(item)}


def _trim_class(item: JsonObject) -> JsonObject:
    """A storage class; its parameters name secrets, and the scheduler does not read them."""
    trimmed = trim_object(item)
    trimmed.pop("parameters", None)
    return trimmed


def _trim_volume(item: JsonObject) -> JsonObject:
    """A persistent volume: of its CSI source only driver and handle, for limits."""
    trimmed = trim_object(item)
    spec = dict(trimmed.get("spec", {}))
    if "csi" in spec:
        spec["csi"] = _kept(spec["csi"], "driver", "volumeHandle")
    return {**trimmed, "spec": spec}


def _trim_workload(item: JsonObject) -> JsonObject:
    """A workload's selector and size; its pods are read themselves."""
    return {"metadata": _metadata(item), "spec": _kept(item.get("spec", {}), "selector", "replicas")}


def _trim_daemon_set(item: JsonObject) -> JsonObject:
    """With its pod template: new nodes will carry one each."""
    template = item["spec"]["template"]
    pod = {"metadata": _kept(template.get("metadata", {}), "labels"), "spec": trim_pod_spec(template["spec"])}
    return {"metadata": _metadata(item), "spec": {**_kept(item["spec"], "selector"), "template": pod}}


def _metadata(item: JsonObject) -> JsonObject:
    metadata = item["metadata"]
    trimmed = _kept(metadata, "name", "namespace", "uid", "labels", "deletionTimestamp")
    annotations = metadata.get("annotations") or {}
    read = {k: v for k, v in annotations.items() if k.startswith(_ANNOTATIONS) or k == _MIGRATED_PLUGINS}
    if read:
        trimmed["annotations"] = read
    owners = [each for each in metadata.get("ownerReferences") or () if each.get("controller")]
    if owners:  # a claim of an ephemeral volume must be its pod's own
        trimmed["ownerReferences"] = owners
    return trimmed


def _kept(source: JsonObject, *names: str) -> JsonObject:
    return {name: source[name] for name in names if name in source}


@dataclass(frozen=True)
class Kind:
    """A kind: its list in the API, what is kept of an object, whether nothing can be said without it."""

    group_version: str
    trim: Callable[[JsonObject], JsonObject] = trim_object
    required: bool = False

    @property
    def root(self) -> str:
        """The URL path of the group."""
        return f"/apis/{self.group_version}" if "/" in self.group_version else f"/api/{self.group_version}"

    @property
    def group(self) -> str:
        """The API group, empty for the core one."""
        return self.group_version.rpartition("/")[0]


KINDS: Mapping[str, Kind] = {
    "pods": Kind("v1", trim_pod, required=True),
    "nodes": Kind("v1", trim_node, required=True),
    "namespaces": Kind("v1"),
    "persistentvolumes": Kind("v1", _trim_volume),
    "persistentvolumeclaims": Kind("v1"),
    "limitranges": Kind("v1"),
    "resourcequotas": Kind("v1"),
    "services": Kind("v1", _trim_workload),
    "storageclasses": Kind("storage.k8s.io/v1", _trim_class),
    "csinodes": Kind("storage.k8s.io/v1"),
    "csidrivers": Kind("storage.k8s.io/v1"),
    "csistoragecapacities": Kind("storage.k8s.io/v1"),
    "volumeattachments": Kind("storage.k8s.io/v1"),
    "resourceslices": Kind("resource.k8s.io/v1"),
    "resourceclaims": Kind("resource.k8s.io/v1"),
    "deviceclasses": Kind("resource.k8s.io/v1"),
    "priorityclasses": Kind("scheduling.k8s.io/v1"),
    "runtimeclasses": Kind("node.k8s.io/v1"),
    "daemonsets": Kind("apps/v1", _trim_daemon_set),
    "replicasets": Kind("apps/v1", _trim_workload),
    "poddisruptionbudgets": Kind("policy/v1"),
}
"""By lower-case plural, in the order of reading: the longest list first."""
