"""Topology spread constraints: how evenly the pods of a selector lie over zones, racks and hosts."""

from tests.oracle.cases.draft import APPS, HOSTNAME, RACK, REGION, TIERS, ZONE, Draft, Json, labels_of
from tests.oracle.cases.pods import add_resident

KEYS = (HOSTNAME, ZONE, ZONE, RACK, REGION)


def hard(draft: Draft) -> None:
    """One to three constraints that refuse (DoNotSchedule), with residents that make the domains uneven."""
    for _ in range(draft.chance.randint(0, 8)):
        resident = add_resident(draft, namespace=draft.namespace)
        labels_of(resident)["app"] = labels_of(draft.pod)["app"]
    keys = draft.chance.sample(sorted(set(KEYS)), draft.one((1, 1, 1, 2, 3)))
    constraints = [_constraint(draft, key, "DoNotSchedule") for key in keys]
    draft.pod["spec"].setdefault("topologySpreadConstraints", []).extend(constraints)


def soft(draft: Draft) -> None:
    """A constraint that only gives scores (ScheduleAnyway)."""
    constraint = _constraint(draft, draft.one(KEYS), "ScheduleAnyway")
    constraint.pop("minDomains", None)
    draft.pod["spec"].setdefault("topologySpreadConstraints", []).append(constraint)


def _constraint(draft: Draft, key: str, otherwise: str) -> Json:
    found: Json = {"topologyKey": key, "maxSkew": draft.one((1, 1, 1, 2, 3)), "whenUnsatisfiable": otherwise}
    selector = _selector(draft)
    if selector is not None:
        found["labelSelector"] = selector
    if draft.odds(0.3):
        found["minDomains"] = draft.one((1, 2, 3, 5))
    if draft.odds(0.3):
        found["nodeAffinityPolicy"] = draft.one(("Honor", "Ignore"))
    if draft.odds(0.3):
        found["nodeTaintsPolicy"] = draft.one(("Honor", "Ignore"))
    if selector is not None and draft.odds(0.2):
        _match_label_keys(draft, found)
    return found


def _selector(draft: Draft) -> Json | None:
    """The pod's own labels mostly; others, all or none sometimes."""
    own = labels_of(draft.pod)
    kind = draft.one(("own", "own", "own", "own", "tier", "any", "expression", "all", "none"))
    if kind == "none":
        return None
    if kind == "all":
        return {}
    if kind == "any":
        return {"matchLabels": {"app": draft.one(APPS)}}
    if kind == "tier":
        return {"matchLabels": {"app": own["app"], "tier": draft.one(TIERS)}}
    if kind == "expression":
        operator = draft.one(("In", "NotIn", "Exists"))
        values = {"values": draft.at_least_one(APPS, 0.5)} if operator != "Exists" else {}
        return {"matchExpressions": [{"key": "app", "operator": operator} | values]}
    return {"matchLabels": {"app": own["app"]}}


def _match_label_keys(draft: Draft, constraint: Json) -> None:
    """As the API server stores it since 1.34: the pod's own value merged into the selector. Older pods have the
    keys alone."""
    constraint["matchLabelKeys"] = draft.one((["pod-template-hash"], ["pod-template-hash", "absent"]))
    if draft.odds(0.8):
        value = labels_of(draft.pod)["pod-template-hash"]
        merged = {"key": "pod-template-hash", "operator": "In", "values": [value]}
        constraint["labelSelector"].setdefault("matchExpressions", []).append(merged)
