"""The way from a site's gateway to a service: HTTPRoutes by weight, Ingresses by class; the port Routes.

An HTTPRoute of weight 0 sends no one on (Gateway API, BackendRef.weight). An Ingress has no weight: it is drained
by a class that no controller serves. What was there before is kept in an annotation and comes back on opening.
"""

import json
from collections.abc import Iterator
from typing import Final

from ndcops.adapters.kubernetes_api.connection import shape_checked
from ndcops.adapters.kubernetes_api.failover.site_objects import (
    HTTP_ROUTE,
    INGRESS,
    SiteObjects,
    condition,
    epoch_of,
    reference,
)
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import ObjectRef, RouteState
from ndcops.model.object_names import DOMAIN
from ndcops.model.record import JsonObject
from ndcops.model.service import Service

OPEN_ANNOTATION: Final = f"{DOMAIN}/open-route"
"""On a closed route: what it was when open (weights of an HTTPRoute's backends, class of an Ingress)."""
DRAINED_CLASS: Final = "ndc-drained"
_WEIGHT: Final = 1
"""The Gateway API's default."""


class ServiceRoutes:
    """The routes of services in the target's clusters."""

    def __init__(self, objects: SiteObjects) -> None:
        self._objects = objects

    def read(self, site: str, service: Service) -> RouteState | None:
        """The route, None for a service without one there. Raises Unreachable, NdcopsError for several."""
        with shape_checked(self._objects.cluster(site)):
            for kind in (HTTP_ROUTE, INGRESS):
                found = self._objects.of_service(site, kind, service)
                if len(found) > 1:
                    raise NdcopsError(
                        f"{service.id}: {site} has {len(found)} routes of kind {kind.name}; expected one",
                        details=[str(each["metadata"]["name"]) for each in found],
                        resolution=f"ndcops --site {site} stack drift",
                    )
                if found:
                    return _state(reference(site, kind, service, found[0]), found[0])
            return None

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> RouteState:
        """Stamp the epoch. Raises Overtaken, Changed, Unreachable."""
        return _state(ref, self._objects.claim(ref, expect=expect, epoch=epoch))

    def set_open(self, ref: ObjectRef, is_open: bool, *, expect: str, epoch: int) -> RouteState:
        """Send callers on, or none. Raises Overtaken, Changed, Unreachable."""
        with shape_checked(self._objects.cluster(ref.site)):
            live = self._objects.read(ref)
            change = _ingress_change if ref.kind == INGRESS.name else _route_change
            changes = change(live, is_open)
            return _state(ref, self._objects.write(ref, changes, expect=expect, epoch=epoch, live=live))


def _route_change(live: JsonObject, is_open: bool) -> JsonObject:
    """The patch that opens or closes an HTTPRoute: a merge patch replaces the list of rules as a whole."""
    rules, kept = live["spec"].get("rules") or [], _kept(live)
    now = [_weight(backend) for rule in rules for backend in _backends(rule)]
    before: list[int] = json.loads(kept) if kept else now
    if len(before) != len(now) or not any(before):
        before = [_WEIGHT] * len(now)  # its backends are others than when it was closed, or it was always closed
    weights = iter(before if is_open else [0] * len(now))
    changed = [_with_weights(rule, weights) for rule in rules]
    annotation = None if is_open else json.dumps(before)
    return {"metadata": {"annotations": {OPEN_ANNOTATION: annotation}}, "spec": {"rules": changed}}


def _ingress_change(live: JsonObject, is_open: bool) -> JsonObject:
    name, kept = live["spec"].get("ingressClassName"), _kept(live)
    if is_open:
        back = kept if name == DRAINED_CLASS else name
        return {"metadata": {"annotations": {OPEN_ANNOTATION: None}}, "spec": {"ingressClassName": back or None}}
    before = (kept or "") if name == DRAINED_CLASS else (name or "")
    return {"metadata": {"annotations": {OPEN_ANNOTATION: before}}, "spec": {"ingressClassName": DRAINED_CLASS}}


def _kept(live: JsonObject) -> str | None:
    kept: str | None = (live["metadata"].get("annotations") or {}).get(OPEN_ANNOTATION)
    return kept


def _backends(rule: JsonObject) -> list[JsonObject]:
    return list(rule.get("backendRefs") or ())


def _with_weights(rule: JsonObject, weights: Iterator[int]) -> JsonObject:
    if not _backends(rule):
        return rule
    return rule | {"backendRefs": [backend | {"weight": next(weights)} for backend in _backends(rule)]}


def _weight(backend: JsonObject) -> int:
    weight: int = backend.get("weight", _WEIGHT)
    return weight


def _state(ref: ObjectRef, live: JsonObject) -> RouteState:
    spec = live["spec"]
    if ref.kind == INGRESS.name:
        hostnames = tuple(rule["host"] for rule in spec.get("rules") or () if rule.get("host"))
        weight, accepted = int(spec.get("ingressClassName") != DRAINED_CLASS), True
    else:
        hostnames = tuple(spec.get("hostnames") or ())
        weight = sum(_weight(backend) for rule in spec.get("rules") or () for backend in _backends(rule))
        accepted = _is_accepted(live)
    return RouteState(
        ref=ref,
        hostnames=hostnames,
        weight=weight,
        accepted=accepted,
        resource_version=live["metadata"]["resourceVersion"],
        epoch=epoch_of(live),
    )


def _is_accepted(live: JsonObject) -> bool:
    """Whether every gateway that the route names has taken it as it is now: Accepted and ResolvedRefs."""
    parents = (live.get("status") or {}).get("parents") or []
    wanted = len(live["spec"].get("parentRefs") or ())
    return len(parents) >= wanted > 0 and all(_takes(live, parent) for parent in parents)


def _takes(live: JsonObject, parent: JsonObject) -> bool:
    generation = live["metadata"]["generation"]
    found = (condition({"status": parent}, name) for name in ("Accepted", "ResolvedRefs"))
    return all(
        each.get("status") == "True" and each.get("observedGeneration", generation) >= generation for each in found
    )
