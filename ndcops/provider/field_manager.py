"""Under which name fields are owned on the server, and how ownership is read and moved; create and update use it.

The default name is `ndcops-` and eight hex digits of the URN's hash: the same in every run, different for
every resource of every stack. It is the mark by which an object that was created but never recorded (the
process was killed in between) is known as ours and adopted, while any other existing object is refused.
"""

import hashlib
from typing import Any, Final

from ndcops.provider.annotations import PATCH_FIELD_MANAGER, annotation
from ndcops.provider.settings import Settings
from ndcops.provider.wire import JsonObject

DEFAULT_PREFIX: Final = "ndcops-"
_TAKEN_OVER: Final = ("kubectl", "before-first-apply", "pulumi-kubernetes", "pulumi-resource-kubernetes")
"""Client-side writers whose fields an update takes over, as the official plugin does (ssa/actions.go)."""


def field_manager(urn: str, inputs: JsonObject, recorded_manager: str, settings: Settings) -> str:
    """The annotation's name, else the provider setting's, else the recorded one, else the default."""
    chosen = annotation(inputs, PATCH_FIELD_MANAGER) or settings.field_manager or recorded_manager
    return chosen or default_field_manager(urn)


def default_field_manager(urn: str) -> str:
    """The resource's own name among field managers."""
    return DEFAULT_PREFIX + hashlib.sha256(urn.encode()).hexdigest()[:8]


def is_ours(live: JsonObject, urn: str) -> bool:
    """Whether this very resource applied the object before: its own mark is among the managers."""
    mark = default_field_manager(urn)
    return any(entry.get("manager") == mark and entry.get("operation") == "Apply" for entry in _entries(live))


def owners(live: JsonObject) -> list[str]:
    """Who owns fields of the object, for messages: `kubectl-edit (Update, 2026-01-31T10:00:00Z)`."""
    return [
        f"{entry.get('manager')} ({entry.get('operation')}, {entry.get('time', 'no time')})"
        for entry in _entries(live)
    ]


def converted(live: JsonObject, manager: str, recorded_manager: str) -> list[JsonObject] | None:
    """managedFields with other names of ours, and those of client-side writers, merged into `manager`'s.

    None when there is nothing to convert. Otherwise their values would conflict, or stay when we drop them.
    """
    entries = _entries(live)
    taken = [entry for entry in entries if _is_taken_over(entry, live, manager, recorded_manager)]
    if not taken:
        return None
    fields: JsonObject = {}
    ours = next((e for e in entries if e.get("manager") == manager and e.get("operation") == "Apply"), None)
    for entry in [*([ours] if ours else []), *taken]:
        fields = _union(fields, entry.get("fieldsV1") or {})
    kept = [entry for entry in entries if entry not in taken and entry is not ours]
    merged = {
        **(ours or taken[0]),
        "manager": manager,
        "operation": "Apply",
        "apiVersion": live["apiVersion"],
        "fieldsV1": fields,
    }
    return [*kept, merged]


def owns(live: JsonObject, manager: str, path: tuple[str | int, ...]) -> bool:
    """Whether the manager owns this field, or one below it. Paths into lists count as owned."""
    for entry in _entries(live):
        if entry.get("manager") == manager and entry.get("operation") == "Apply":
            return _has(entry.get("fieldsV1") or {}, path)
    return False


def _is_taken_over(entry: JsonObject, live: JsonObject, manager: str, recorded_manager: str) -> bool:
    if entry.get("subresource") or entry.get("apiVersion") != live["apiVersion"]:
        return False
    name = str(entry.get("manager"))
    if name == manager:
        return entry.get("operation") == "Update"
    if recorded_manager and name == recorded_manager:
        return True
    return entry.get("operation") == "Update" and name.startswith(_TAKEN_OVER)


def _entries(live: JsonObject) -> list[JsonObject]:
    entries: list[JsonObject] = live.get("metadata", {}).get("managedFields") or []
    return entries


def _union(first: JsonObject, second: JsonObject) -> JsonObject:
    merged = dict(first)
    for key, value in second.items():
        merged[key] = _union(merged[key], value) if key in merged else value
    return merged


def _has(fields: Any, path: tuple[str | int, ...]) -> bool:
    for part in path:
        if isinstance(part, int):
            return True
        fields = fields.get(f"f:{part}")
        if fields is None:
            return False
    return True
