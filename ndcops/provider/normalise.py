"""Brings a program's object into the form in which the API server writes it back; check and diff call it.

Without it, `cpu: 1000m` would differ from the live `cpu: 1` at every run. The rules are those of the Go
types' JSON round trip, for built-in groups; custom resources keep their values as they are.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from ndcops.provider.known_kinds import is_built_in
from ndcops.provider.quantities import canonical_quantity
from ndcops.provider.wire import JsonObject

READ_ONLY_METADATA: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)

_QUANTITY_MAPS: Final = frozenset(
    {
        "allocatable",
        "capacity",
        "default",
        "defaultRequest",
        "hard",
        "limits",
        "max",
        "maxLimitRequestRatio",
        "min",
        "podFixed",
        "requests",
    }
)
_QUANTITIES: Final = frozenset({"averageValue", "divisor", "maximumVolumeSize", "sizeLimit"})
_KINDS_WITH_QUANTITIES: Final = frozenset(
    {
        "CSIStorageCapacity",
        "CronJob",
        "DaemonSet",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Job",
        "LimitRange",
        "Node",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Pod",
        "PodTemplate",
        "ReplicaSet",
        "ReplicationController",
        "ResourceQuota",
        "RuntimeClass",
        "StatefulSet",
    }
)
_KINDS_WITH_ZEROS: Final = _KINDS_WITH_QUANTITIES | {"Service"}
_ZEROS_LEFT_OUT: Final = frozenset(
    {
        "hostIPC",
        "hostNetwork",
        "hostPID",
        "hostPort",
        "initialDelaySeconds",
        "minReadySeconds",
        "nodePort",
        "paused",
        "publishNotReadyAddresses",
        "readOnly",
        "stdin",
        "stdinOnce",
        "tty",
        "unschedulable",
    }
)
"""Plain Go bools and ints with `omitempty`: false and 0 never reach the server. Pointers are not among them."""

_DASHED: Final = {
    name.replace("-", "_"): name
    for name in (
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
    )
}
_UNDERSCORED: Final = {dashed: name for name, dashed in _DASHED.items()}


def normalise(document: JsonObject) -> JsonObject:
    """A new object in canonical form: no read-only metadata, canonical quantities, Secret text in `data`."""
    result = without_server_metadata(document)
    api_version, kind = str(result.get("apiVersion")), str(result.get("kind"))
    if kind == "CustomResourceDefinition":
        return _normal_definition(result)
    if not is_built_in(api_version):
        return result
    if kind == "Secret" and api_version == "v1":
        return _normal_secret(result)
    if kind in _KINDS_WITH_ZEROS and "spec" in result:
        result["spec"] = _walk(result["spec"])
    return result


def without_server_metadata(document: JsonObject) -> JsonObject:
    """The object without what only the server writes into metadata, and without empty maps there."""
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return dict(document)
    kept = {
        key: value
        for key, value in metadata.items()
        if key not in READ_ONLY_METADATA and not (key in ("labels", "annotations") and not value)
    }
    return {**document, "metadata": kept}


def with_dashes(document: JsonObject) -> JsonObject:
    """A CustomResourceDefinition as the API server wants its `x-kubernetes-…` keys; others unchanged."""
    return _renamed(document, _DASHED) if document.get("kind") == "CustomResourceDefinition" else document


def with_underscores(document: JsonObject) -> JsonObject:
    """A CustomResourceDefinition as the SDK and the state name those keys; others unchanged."""
    return _renamed(document, _UNDERSCORED) if document.get("kind") == "CustomResourceDefinition" else document


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _normal_definition(document: JsonObject) -> JsonObject:
    result = {key: value for key, value in document.items() if key != "status"}
    spec = result.get("spec")
    if isinstance(spec, dict) and spec.get("preserveUnknownFields") is False:
        result["spec"] = {key: value for key, value in spec.items() if key != "preserveUnknownFields"}
    return result


def _normal_secret(document: JsonObject) -> JsonObject:
    result = {key: value for key, value in document.items() if key != "stringData"}
    encoded = _each_text(document.get("data"), _recoded)
    text = _each_text(document.get("stringData"), lambda value: base64.b64encode(value.encode()).decode())
    if encoded is None and text is None:
        return document
    if isinstance(encoded or {}, dict) and isinstance(text or {}, dict):
        result["data"] = {**(encoded or {}), **(text or {})}
        return result
    return document


def _each_text(values: Any, change: Callable[[str], str]) -> Any:
    if not isinstance(values, dict):
        return values
    return {key: change(value) if isinstance(value, str) else value for key, value in values.items()}


def _recoded(text: str) -> str:
    # Line breaks are allowed in the program's base64 and gone from the server's. What is no base64 at all
    # passes unchanged: the server's message names the key.
    try:
        return base64.b64encode(base64.b64decode(text, validate=False)).decode()
    except (binascii.Error, ValueError):
        return text


def _walk(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _field(key, item) for key, item in value.items() if not _left_out(key, item)}
    return [_walk(item) for item in value] if isinstance(value, list) else value


def _left_out(key: str, value: Any) -> bool:
    return key in _ZEROS_LEFT_OUT and (value is False or (type(value) is int and value == 0))


def _field(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        if key in _QUANTITY_MAPS:
            return {name: _quantity(item) for name, item in value.items()}
        return _walk(value)
    if key in _QUANTITIES:
        return _quantity(value)
    return _walk(value) if isinstance(value, list) else value


def _quantity(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _walk(value)
    try:
        return canonical_quantity(str(value))
    except ValueError:
        return value
