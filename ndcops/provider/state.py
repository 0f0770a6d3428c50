"""What the engine stores of an object, readable by the official plugin; every write and read uses it.

outputs = the live object, `__inputs`, `__initialApiVersion` and `__fieldManager`. The engine rewrites a
stack's whole state at every step, so bytes here are seconds there: managedFields, the last-applied
annotation and the status of kinds whose status no program reads are left out. The official plugin
compares the live object pruned to `__inputs`, so it sees no difference.
"""

from dataclasses import dataclass
from typing import Any, Final

from ndcops.provider.known_kinds import is_built_in
from ndcops.provider.normalise import READ_ONLY_METADATA, normalise, with_underscores
from ndcops.provider.wire import JsonObject

INPUTS_KEY: Final = "__inputs"
API_VERSION_KEY: Final = "__initialApiVersion"
FIELD_MANAGER_KEY: Final = "__fieldManager"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_REVISION: Final = "deployment.kubernetes.io/revision"

_STATUS_KEPT: Final = frozenset(
    {"Ingress", "Node", "PersistentVolumeClaim", "Service", "CertificateSigningRequest"}
)
"""Built-in kinds whose status programs read: addresses, phases, certificates. Custom resources keep theirs."""


@dataclass(frozen=True, slots=True)
class RecordedObject:
    """A resource's outputs, taken apart."""

    live: JsonObject
    inputs: JsonObject
    initial_api_version: str
    field_manager: str


def object_id(document: JsonObject) -> str:
    """The Pulumi id: `namespace/name`, or `name` for cluster-wide objects."""
    metadata = document.get("metadata") or {}
    namespace, name = metadata.get("namespace"), metadata.get("name", "")
    return f"{namespace}/{name}" if namespace else str(name)


def split_id(object_id: str) -> tuple[str, str]:
    """(namespace, name) of a Pulumi id."""
    namespace, _, name = object_id.rpartition("/")
    return namespace, name


def outputs(inputs: JsonObject, live: JsonObject, field_manager: str, initial_api_version: str) -> JsonObject:
    """What to store after a write or a read."""
    result = without_noise(live)
    result[INPUTS_KEY] = inputs
    result[API_VERSION_KEY] = initial_api_version
    result[FIELD_MANAGER_KEY] = field_manager
    return result


def without_noise(live: JsonObject) -> JsonObject:
    """The live object without what only the server needs."""
    kept = {key: value for key, value in with_underscores(live).items() if key != "status" or _keeps_status(live)}
    metadata = {key: value for key, value in live.get("metadata", {}).items() if key != "managedFields"}
    annotations = metadata.get("annotations")
    if annotations and LAST_APPLIED in annotations:
        # It repeats the whole object, and a Secret's values in clear.
        metadata["annotations"] = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    kept["metadata"] = metadata
    return kept


def imported_inputs(live: JsonObject) -> JsonObject:
    """Inputs for an object that the program did not make: all that a person could have written."""
    document = {key: value for key, value in without_noise(live).items() if key != "status"}
    metadata = {key: value for key, value in document["metadata"].items() if key not in READ_ONLY_METADATA}
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != _REVISION}
    if annotations:
        metadata["annotations"] = annotations
    else:
        metadata.pop("annotations", None)
    return normalise({**document, "metadata": metadata})


def recorded(properties: JsonObject) -> RecordedObject:
    """Outputs taken apart; understands those of the official plugin, its old `inputs`/`live` form too."""
    live = properties
    inputs = properties.get(INPUTS_KEY)
    old_inputs, old_live = properties.get("inputs"), properties.get("live")
    if inputs is None and isinstance(old_inputs, dict) and isinstance(old_live, dict):
        live, inputs = old_live, old_inputs
    object_only = {key: value for key, value in live.items() if not key.startswith("__")}
    return RecordedObject(
        live=object_only,
        inputs=inputs if isinstance(inputs, dict) else {},
        initial_api_version=_text(properties.get(API_VERSION_KEY)) or _text(live.get("apiVersion")),
        field_manager=_text(properties.get(FIELD_MANAGER_KEY)),
    )


def _keeps_status(live: JsonObject) -> bool:
    return live.get("kind") in _STATUS_KEPT or not is_built_in(str(live.get("apiVersion")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
