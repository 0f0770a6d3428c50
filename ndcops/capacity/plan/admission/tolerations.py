"""Tolerations that admission adds: of lost nodes for five minutes, and those of a runtime class.

Rules: plugin/pkg/admission/defaulttolerationseconds/admission.go; pkg/util/tolerations/tolerations.go.
"""

from collections.abc import Sequence

from ndcops.model.record import JsonObject

_LOST = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_LOST_SECONDS = 300
"""The default of --default-not-ready-toleration-seconds and its twin."""


def tolerate_lost_nodes(pod: JsonObject) -> None:
    """Add what is missing, in place."""
    given: list[JsonObject] = list(pod["spec"].get("tolerations") or ())
    for key in _LOST:
        if not any(
            (each.get("key") or key) == key and (each.get("effect") or "NoExecute") == "NoExecute"
            for each in pod["spec"].get("tolerations") or ()
        ):
            given.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _LOST_SECONDS}
            )
    pod["spec"]["tolerations"] = given


def merged(first: Sequence[JsonObject], second: Sequence[JsonObject]) -> list[JsonObject]:
    """Both, without those that another one covers (MergeTolerations)."""
    every = [*first, *second]
    kept: list[JsonObject] = []
    for number, each in enumerate(every):
        later = (other for other in every[number + 1 :] if _known(other) != _known(each))
        if not any(_covers(other, each) for other in (*kept, *later)):
            kept.append(each)
    return kept


def _known(toleration: JsonObject) -> JsonObject:
    return {name: value for name, value in toleration.items() if value not in (None, "")}


def _covers(wide: JsonObject, narrow: JsonObject) -> bool:
    """Whether `wide` tolerates all that `narrow` does (isSuperset)."""
    if _known(wide) == _known(narrow):
        return True
    operator = wide.get("operator") or ""
    if (narrow.get("key") or "") != (wide.get("key") or "") and (wide.get("key") or operator != "Exists"):
        return False
    if wide.get("effect") and wide.get("effect") != narrow.get("effect"):
        return False
    if wide.get("effect") == "NoExecute" and not _lasts(wide, narrow):
        return False
    if operator in ("", "Equal"):
        return narrow.get("operator") == "Equal" and (narrow.get("value") or "") == (wide.get("value") or "")
    return bool(operator == "Exists")


def _lasts(wide: JsonObject, narrow: JsonObject) -> bool:
    longest, wanted = wide.get("tolerationSeconds"), narrow.get("tolerationSeconds")
    return longest is None or (wanted is not None and wanted <= longest)
