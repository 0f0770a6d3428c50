"""Affinity and anti-affinity between pods, the incoming one's and the residents'."""

from typing import Any

from tests.oracle.cases.draft import APPS, HOSTNAME, NAMESPACES, RACK, REGION, TIERS, ZONE, Draft, Json, labels_of
from tests.oracle.cases.pods import REQUIRED, add_resident

KEYS = (HOSTNAME, ZONE, RACK, REGION)
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def affinity(draft: Draft) -> None:
    """The pod wants to be near others; a resident of its namespace is there half the time."""
    if draft.odds(0.5):
        add_resident(draft, namespace=draft.namespace)
    terms = [_term(draft, labels_of(draft.pod)) for _ in range(draft.one((1, 1, 2)))]
    _of(draft.pod, "podAffinity").setdefault(REQUIRED, []).extend(terms)
    if draft.odds(0.1):
        weighted = {"weight": 10, "podAffinityTerm": _term(draft, labels_of(draft.pod))}
        _of(draft.pod, "podAffinity").setdefault(PREFERRED, []).append(weighted)


def anti_affinity(draft: Draft) -> None:
    """The pod keeps away from others."""
    for _ in range(draft.chance.randint(0, 4)):
        add_resident(draft, namespace=draft.namespace)
    terms = [_term(draft, labels_of(draft.pod)) for _ in range(draft.one((1, 1, 2)))]
    _of(draft.pod, "podAntiAffinity").setdefault(REQUIRED, []).extend(terms)


def residents_anti_affinity(draft: Draft) -> None:
    """Residents keep away from pods like the incoming one: anti-affinity holds both ways."""
    for _ in range(draft.chance.randint(1, 4)):
        resident = add_resident(draft, namespace=draft.one((draft.namespace, *NAMESPACES)))
        term = _term(draft, labels_of(resident))
        if draft.odds(0.6):
            term["labelSelector"] = {"matchLabels": {"app": labels_of(draft.pod)["app"]}}
        _of(resident, "podAntiAffinity")[REQUIRED] = [term]


def self_affinity(draft: Draft) -> None:
    """The first pod of a set that wants to be together: it may go anywhere when nobody matches yet."""
    own = labels_of(draft.pod)
    own["app"] = draft.one((*APPS, "first"))
    term: Json = {"topologyKey": draft.one(KEYS), "labelSelector": {"matchLabels": {"app": own["app"]}}}
    if draft.odds(0.2):
        term["labelSelector"]["matchLabels"]["tier"] = draft.one(TIERS)
    _of(draft.pod, "podAffinity").setdefault(REQUIRED, []).append(term)


def _of(pod: Json, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = pod["spec"].setdefault("affinity", {}).setdefault(kind, {})
    return found


def _term(draft: Draft, own_labels: Json) -> Json:
    term: Json = {"topologyKey": draft.one((HOSTNAME, HOSTNAME, ZONE, ZONE, RACK, REGION))}
    selector = _selector(draft)
    if selector is not None:
        term["labelSelector"] = selector
    if draft.odds(0.25):
        term["namespaces"] = draft.at_least_one(NAMESPACES, 0.4)
    if draft.odds(0.25):
        by_team: Json = {"matchLabels": {"team": draft.one(("red", "blue"))}}
        term["namespaceSelector"] = draft.one(({}, by_team, by_team))
    if selector is not None and draft.odds(0.2):
        _merge_label_keys(draft, term, own_labels)
    return term


def _selector(draft: Draft) -> Json | None:
    kind = draft.one(("app", "app", "app", "both", "expression", "all", "none"))
    if kind == "none":
        return None
    if kind == "all":
        return {}
    if kind == "both":
        return {"matchLabels": {"app": draft.one(APPS), "tier": draft.one(TIERS)}}
    if kind == "expression":
        operator = draft.one(("In", "NotIn", "Exists", "DoesNotExist"))
        values = {"values": draft.at_least_one(APPS, 0.4)} if operator in ("In", "NotIn") else {}
        return {"matchExpressions": [{"key": draft.one(("app", "app", "release")), "operator": operator} | values]}
    return {"matchLabels": {"app": draft.one(APPS)}}


def _merge_label_keys(draft: Draft, term: Json, own_labels: Json) -> None:
    """matchLabelKeys and mismatchLabelKeys as the API server stores them: merged into the selector."""
    field, operator = draft.one((("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")))
    selected = term["labelSelector"].get("matchLabels", {})
    key = draft.one([each for each in ("pod-template-hash", "tier") if each not in selected])
    term[field] = [key]
    merged = {"key": key, "operator": operator, "values": [own_labels[key]]}
    term["labelSelector"].setdefault("matchExpressions", []).append(merged)
