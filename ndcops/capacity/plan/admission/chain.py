"""What the API server makes of a pod or claim before anyone else sees it, in its order of plugins.

Order: pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins: every plugin that changes, then the registry's
strategy, then every plugin that checks. Only those are here that are on by default and decide about room; service
accounts, Pod Security, webhooks and policies are a matter of rights.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ndcops.capacity.plan.admission.defaults import set_defaults
from ndcops.capacity.plan.admission.label_keys import merge_label_keys
from ndcops.capacity.plan.admission.limit_ranges import check_claim_ranges, check_ranges, set_range_defaults
from ndcops.capacity.plan.admission.priority import set_priority
from ndcops.capacity.plan.admission.resource_checks import check_resources
from ndcops.capacity.plan.admission.runtime_class import check_overhead, set_runtime
from ndcops.capacity.plan.admission.service_quality import service_quality
from ndcops.capacity.plan.admission.tolerations import tolerate_lost_nodes
from ndcops.model.record import JsonObject

Objects = Mapping[str, Sequence[JsonObject]]

_DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


def admit(pod: JsonObject, objects: Objects) -> JsonObject:
    """The pod as it would be stored, a new object; quotas are apart (`quota_room`).

    Raises AdmissionRefused with the API server's words, ValueError for a quantity that is none.
    """
    stored = _copy(pod)
    set_defaults(stored)
    ranges = in_namespace(objects, "limitranges", stored)
    runtimes = objects.get("runtimeclasses", ())
    set_range_defaults(stored, ranges)
    set_priority(stored, objects.get("priorityclasses", ()))
    tolerate_lost_nodes(stored)
    set_runtime(stored, runtimes)
    merge_label_keys(stored)
    stored["status"] = {
        **(stored.get("status") or {}),
        "phase": "Pending",
        "qosClass": service_quality(stored["spec"]),
    }
    check_resources(stored)
    check_ranges(stored, ranges)
    check_overhead(stored, runtimes)
    return stored


def admit_claim(claim: JsonObject, objects: Objects) -> JsonObject:
    """The volume claim as it would be stored, with the default class; a new object. Raises AdmissionRefused.

    Rules: plugin/pkg/admission/storage/storageclass/setdefault/admission.go.
    Of several default classes the newest counts.
    """
    stored = _copy(claim)
    stored.setdefault("metadata", {}).setdefault("namespace", "default")
    spec = stored["spec"]
    if spec.get("storageClassName") is None:
        defaults = [each for each in objects.get("storageclasses", ()) if _is_default(each)]
        defaults.sort(key=lambda each: each["metadata"]["name"])
        defaults.sort(key=lambda each: str(each["metadata"].get("creationTimestamp") or ""), reverse=True)
        if defaults:
            spec["storageClassName"] = defaults[0]["metadata"]["name"]
    spec.setdefault("volumeMode", "Filesystem")
    check_claim_ranges(stored, in_namespace(objects, "limitranges", stored))
    return stored


def in_namespace(objects: Objects, plural: str, item: JsonObject) -> list[JsonObject]:
    """Objects of a kind in the namespace of `item`, by name: the API server's own order is a matter of chance."""
    namespace = item["metadata"]["namespace"]
    found = (each for each in objects.get(plural, ()) if each["metadata"].get("namespace") == namespace)
    return sorted(found, key=lambda each: str(each["metadata"]["name"]))


def _copy(item: JsonObject) -> JsonObject:
    """A copy without parts that are one object in two places (YAML anchors): a change would hit both."""
    return {name: value if isinstance(value, str) else _copy_value(value) for name, value in item.items()}


def _copy_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _copy(value)
    return [_copy_value(each) for each in value] if isinstance(value, list) else value


def _is_default(storage_class: JsonObject) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return any(annotations.get(name) == "true" for name in _DEFAULT_CLASS)
