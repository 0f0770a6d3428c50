"""Cuts a pod down to what decides where it and others may run; `site_facts` and `object_trimming` call it.

What is kept was taken from kube-scheduler 1.36: pkg/scheduler/framework/plugins (Filter, PreFilter and PostFilter
of the default plugins) and component-helpers/resource/helpers.go. What only scores is left out: a preference
never refuses a pod.
"""

from collections.abc import Iterable

from ndcops.model.record import JsonObject

ENDED = frozenset({"Succeeded", "Failed"})
"""Phases in which a pod holds nothing any more."""

_SPEC = (
    "nodeSelector",
    "tolerations",
    "overhead",
    "resources",
    "priority",
    "priorityClassName",
    "preemptionPolicy",
    "resourceClaims",
    "schedulingGates",
    "schedulingGroup",
    "runtimeClassName",
)
_STATUS = (
    "phase",
    "resourceClaimStatuses",
    "extendedResourceClaimStatus",
    "nodeAllocatableResourceClaimStatuses",
)
_UNREAD_VOLUMES = frozenset(
    {"configMap", "downwardAPI", "emptyDir", "fc", "flexVolume", "flocker", "gitRepo", "glusterfs", "hostPath"}
    | {"image", "nfs", "projected", "quobyte", "scaleIO", "secret", "storageos"}
)
"""Volumes that no filter looks at. A list of what is dropped, not kept: a new source of volumes is then kept."""

_DEFAULT_SCHEDULER = "default-scheduler"


def trim_pod(pod: JsonObject) -> JsonObject:
    """The template of a pod: equal for pods that no scheduler can tell apart."""
    spec, status = pod["spec"], pod.get("status", {})
    bound = bool(spec.get("nodeName"))
    trimmed_status = _kept(status, _STATUS) | _resized(spec, status)
    if not bound and status.get("nominatedNodeName"):
        trimmed_status["nominatedNodeName"] = status["nominatedNodeName"]
    return {
        "metadata": _metadata(pod["metadata"]),
        "spec": trim_pod_spec(spec, pod_name=pod["metadata"]["name"] if bound else None),
        "status": trimmed_status,
    }


def trim_pod_spec(spec: JsonObject, *, pod_name: str | None = None) -> JsonObject:
    """The spec of a pod or of a workload's template; `pod_name` only when the pod is bound."""
    trimmed = _kept(spec, _SPEC)
    for name in ("containers", "initContainers"):
        if spec.get(name):
            trimmed[name] = [_container(container) for container in spec[name]]
    if spec.get("schedulerName", _DEFAULT_SCHEDULER) != _DEFAULT_SCHEDULER:
        trimmed["schedulerName"] = spec["schedulerName"]
    if affinity := _affinity(spec.get("affinity") or {}, bound=pod_name is not None):
        trimmed["affinity"] = affinity
    spread = spec.get("topologySpreadConstraints") or ()
    if hard := [each for each in spread if each.get("whenUnsatisfiable") != "ScheduleAnyway"]:
        trimmed["topologySpreadConstraints"] = hard
    if volumes := [_volume(each, pod_name) for each in spec.get("volumes") or () if _is_read(each)]:
        trimmed["volumes"] = volumes
    return trimmed


def _kept(source: JsonObject, names: Iterable[str]) -> JsonObject:
    """These fields, where they say something: an empty one means the same as none."""
    return {name: source[name] for name in names if source.get(name) not in (None, {}, [], "")}


def _metadata(metadata: JsonObject) -> JsonObject:
    """Of owners only the controller's kind: whether the pod would be placed anew, not by whom."""
    trimmed = _kept(metadata, ("namespace", "labels", "deletionTimestamp"))
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            trimmed["ownerReferences"] = [{"kind": owner["kind"], "controller": True}]
    return trimmed


def _container(container: JsonObject) -> JsonObject:
    trimmed = _kept(container, ("name", "resources", "restartPolicy"))
    if ports := [each for each in container.get("ports") or () if each.get("hostPort")]:
        trimmed["ports"] = [_kept(each, ("hostPort", "hostIP", "protocol")) for each in ports]
    return trimmed


def _affinity(affinity: JsonObject, *, bound: bool) -> JsonObject:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    trimmed = {kind: {required: terms[required]} for kind, terms in affinity.items() if terms.get(required)}
    if bound and "nodeAffinity" in trimmed:
        terms = trimmed["nodeAffinity"][required]["nodeSelectorTerms"]
        # The DaemonSet controller pins each pod by name. It stays where it is, and kept, every node would make
        # a template of its own.
        if all(_pins_by_name(term) for term in terms):
            del trimmed["nodeAffinity"]
    return trimmed


def _pins_by_name(term: JsonObject) -> bool:
    fields = term.get("matchFields") or ()
    return bool(fields) and all(each["key"] == "metadata.name" for each in fields)


def _is_read(volume: JsonObject) -> bool:
    sources = volume.keys() - {"name"}
    return not sources <= _UNREAD_VOLUMES


def _volume(volume: JsonObject, pod_name: str | None) -> JsonObject:
    """A bound pod's generic ephemeral volume is named by its claim: the template has no pod name to derive it."""
    if pod_name is not None and "ephemeral" in volume:
        return {"name": volume["name"], "persistentVolumeClaim": {"claimName": f"{pod_name}-{volume['name']}"}}
    return volume


def _resized(spec: JsonObject, status: JsonObject) -> JsonObject:
    """What of the status changes the pod's size, during an in-place resize: nothing when all equals the spec."""
    trimmed: JsonObject = {}
    for statuses, containers in (
        ("containerStatuses", "containers"),
        ("initContainerStatuses", "initContainers"),
    ):
        wanted = {each["name"]: each.get("resources") or {} for each in spec.get(containers) or ()}
        found = [each for each in status.get(statuses) or () if _differs(each, wanted.get(each["name"], {}))]
        if found:
            trimmed[statuses] = [_kept(each, ("name", "resources", "allocatedResources")) for each in found]
    if _differs(status, spec.get("resources") or {}):
        trimmed |= _kept(status, ("resources", "allocatedResources"))
    pending = [each for each in status.get("conditions") or () if each.get("type") == "PodResizePending"]
    if pending:
        trimmed["conditions"] = [_kept(each, ("type", "status", "reason")) for each in pending]
    return trimmed


def _differs(status: JsonObject, wanted: JsonObject) -> bool:
    actual = status.get("resources")
    if actual is None:  # the scheduler looks at the allocated amounts only beside the actual ones
        return False
    requests = wanted.get("requests") or {}
    return (actual.get("requests") or {}) != requests or status.get("allocatedResources", requests) != requests
