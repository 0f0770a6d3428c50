"""Fields that a failover decides: whether a workload runs here, which role a copy has, where a route leads.

Safety: no update takes them, not even a forced one (`stack repair`): a plan made before a failover would bring two
sides to life. How many replicas run where some do is the program's again.
"""

from typing import Any

from ndcops.model.field_managers import FAILOVER_MANAGER
from ndcops.provider.normalise import normalise
from ndcops.provider.pruning import pruned
from ndcops.provider.wire import JsonObject


def is_moved(live: JsonObject, document: JsonObject) -> bool:
    """Whether the document says otherwise than a failover did: of a side, not of a number."""
    held = _held(live)
    wanted: JsonObject = document.get("spec") or {}
    differing = [key for key in wanted if key in held and not _agrees(key, live, document)]
    return bool(differing)


def without_numbers(live: JsonObject, document: JsonObject) -> list[JsonObject] | None:
    """managedFields in which a failover no longer owns the number of replicas, where it and the document both want
    some; None when there is nothing to change."""
    spec, wanted = live.get("spec") or {}, document.get("spec") or {}
    both = spec.get("replicas") and wanted.get("replicas") and spec["replicas"] != wanted["replicas"]
    if not both or "replicas" not in _held(live):
        return None
    return [_released(entry) if _is_failovers(entry) else entry for entry in _entries(live)]


def _agrees(key: str, live: JsonObject, document: JsonObject) -> bool:
    now, wanted = live["spec"].get(key), document["spec"][key]
    if key == "replicas":
        return bool(now) == bool(wanted)
    shape = normalise({**document, "spec": {key: wanted}})
    found = pruned(normalise({**live, "spec": {key: now}}), shape)
    return bool(found.get("spec") == shape.get("spec"))


def _held(live: JsonObject) -> JsonObject:
    """Keys of the spec of which a failover owns something."""
    held: JsonObject = {}
    for entry in _entries(live):
        if _is_failovers(entry):
            fields = (entry.get("fieldsV1") or {}).get("f:spec") or {}
            held |= {key.removeprefix("f:"): True for key in fields if key.startswith("f:")}
    return held


def _is_failovers(entry: JsonObject) -> bool:
    return entry.get("manager") == FAILOVER_MANAGER and not entry.get("subresource")


def _released(entry: JsonObject) -> JsonObject:
    fields: dict[str, Any] = dict(entry.get("fieldsV1") or {})
    spec = {key: value for key, value in (fields.pop("f:spec", None) or {}).items() if key != "f:replicas"}
    return {**entry, "fieldsV1": fields | ({"f:spec": spec} if spec else {})}


def _entries(live: JsonObject) -> list[JsonObject]:
    entries: list[JsonObject] = live.get("metadata", {}).get("managedFields") or []
    return entries
