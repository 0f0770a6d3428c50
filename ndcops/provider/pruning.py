"""Cuts a live object down to the fields that the program wrote; diff compares that, read stores it as inputs.

Fields that the server or a controller added are not drift. What is missing in the live object stays missing,
so a field that was taken away by hand is.
"""

from typing import Any, Final

from ndcops.provider.known_kinds import is_built_in
from ndcops.provider.wire import JsonObject

_GROWN_BY_THE_SERVER: Final = {
    "Pod": frozenset({"volumes", "volumeMounts", "tolerations", "imagePullSecrets", "conditions"}),
    "ServiceAccount": frozenset({"secrets", "imagePullSecrets"}),
    "Namespace": frozenset({"finalizers"}),
}
"""Lists to which admission or controllers append, by kind; elsewhere a longer live list is drift."""

_GROWN_EVERYWHERE: Final = frozenset({"finalizers", "ownerReferences"})


def pruned(live: JsonObject, shape: JsonObject) -> JsonObject:
    """The live values of the fields of `shape`, in its order."""
    kind = str(shape.get("kind"))
    grown = _GROWN_EVERYWHERE | _GROWN_BY_THE_SERVER.get(kind, frozenset())
    # Webhooks and operators append to lists of custom resources as they please.
    keep_longer = is_built_in(str(shape.get("apiVersion")))
    return _mapping(live, shape, grown, keep_longer)


def _mapping(live: JsonObject, shape: JsonObject, grown: frozenset[str], keep_longer: bool) -> JsonObject:
    result: JsonObject = {}
    for key, wanted in shape.items():
        if key in live:
            result[key] = _value(live[key], wanted, grown, keep_longer and key not in grown)
        elif _is_zero(wanted):
            # The server leaves zero values out: that is what was asked for.
            result[key] = wanted
    return result


def _value(live: Any, wanted: Any, grown: frozenset[str], keep_longer: bool) -> Any:
    if isinstance(live, dict) and isinstance(wanted, dict):
        return _mapping(live, wanted, grown, keep_longer)
    if isinstance(live, list) and isinstance(wanted, list):
        result = [_value(item, shape, grown, keep_longer) for item, shape in zip(live, wanted, strict=False)]
        return result + live[len(wanted) :] if keep_longer else result
    return live


def _is_zero(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {}) or (type(value) in (int, float) and value == 0)
