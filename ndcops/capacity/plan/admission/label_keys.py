"""matchLabelKeys and mismatchLabelKeys: the pod's own labels become part of its selectors.

Rules: pkg/registry/core/pod/strategy.go, mutatePodAffinity and mutateTopologySpreadConstraints. A selector that is
not there matches nothing, and stays away.
"""

from collections.abc import Iterator, Mapping, Sequence

from ndcops.model.record import JsonObject

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def merge_label_keys(pod: JsonObject) -> None:
    """Write the requirements in place; one that is there already is not written twice."""
    labels = (pod.get("metadata") or {}).get("labels") or {}
    for term in _terms(pod["spec"].get("affinity") or {}):
        _merge(term.get("labelSelector"), term.get("matchLabelKeys") or (), "In", labels)
        _merge(term.get("labelSelector"), term.get("mismatchLabelKeys") or (), "NotIn", labels)
    for constraint in pod["spec"].get("topologySpreadConstraints") or ():
        _merge(constraint.get("labelSelector"), constraint.get("matchLabelKeys") or (), "In", labels)


def _terms(affinity: JsonObject) -> Iterator[JsonObject]:
    for side in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(side) or {}
        yield from (each["podAffinityTerm"] for each in rules.get(_PREFERRED) or ())
        yield from rules.get(_REQUIRED) or ()


def _merge(selector: JsonObject | None, keys: Sequence[str], operator: str, labels: Mapping[str, str]) -> None:
    if selector is None:
        return
    written = list(selector.get("matchExpressions") or ())
    for key in keys:
        requirement = {"key": key, "operator": operator, "values": [labels.get(key)]}
        if key in labels and requirement not in written:
            written.append(requirement)
    if written:
        selector["matchExpressions"] = written
