"""Plays a gateway's controller: Gateways are programmed, HTTPRoutes accepted (Gateway API, v1 conditions)."""

from ndcops.lab.players.played import (
    SIMULATED,
    Change,
    Moment,
    annotations,
    changed,
    fails,
    generation,
    is_due,
    with_condition,
)
from ndcops.model.record import JsonObject

CONTROLLER = "players.ndc.gov.vn/gateway"


def advance_route(live: JsonObject, moment: Moment) -> Change | None:
    """Each gateway that the route names accepts it as it is now."""
    if not is_due(live, moment):
        return None
    accepted, now = not fails(live, "accept"), {"now": moment.text, "observed": generation(live)}
    before = {_key(each["parentRef"]): each for each in (live.get("status") or {}).get("parents") or ()}
    parents = []
    for reference in live["spec"].get("parentRefs") or ():
        conditions = list(before.get(_key(reference), {}).get("conditions") or ())
        reason = "Accepted" if accepted else "NoMatchingParent"
        conditions = with_condition(conditions, "Accepted", accepted, reason, "simulated", **now)
        conditions = with_condition(conditions, "ResolvedRefs", True, "ResolvedRefs", "simulated", **now)
        parents.append({"parentRef": reference, "controllerName": CONTROLLER, "conditions": conditions})
    return changed(live, _mark(live), {"parents": parents})


def advance_gateway(live: JsonObject, moment: Moment) -> Change | None:
    """The gateway is accepted and programmed."""
    status, now = dict(live.get("status") or {}), {"now": moment.text, "observed": generation(live)}
    conditions = list(status.get("conditions") or ())
    for kind in ("Accepted", "Programmed"):
        conditions = with_condition(conditions, kind, True, kind, "simulated", **now)
    return changed(live, _mark(live), status | {"conditions": conditions})


def _mark(live: JsonObject) -> dict[str, str | None]:
    return {} if SIMULATED in annotations(live) else {SIMULATED: "true"}


def _key(reference: JsonObject) -> tuple[str, str]:
    return str(reference.get("namespace", "")), str(reference["name"])
