"""Reads what the scheduler decided about pods of a scratch control plane; `replay` and the benchmarks call it."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from ndcops.lab.cluster_api import HttpsClient
from ndcops.lab.scratch.control_plane import ControlPlane
from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject
from ndcops.model.replay import Replayed

DECISION_TIMEOUT_S = 60.0
"""A decision takes milliseconds; this is for a machine under load, at 90,000 resident pods."""

Found = TypeVar("Found")
PodName = tuple[str, str]
"""Namespace and name."""

HELD_AFTER_S = 1.5
"""A pod that may be held is given this long before a second one shows whether the scheduler is at work."""

HELD = "the scheduler holds the pod: it has scheduling gates, or a device claim that it names does not exist"

_PROBE = "scheduler-probe"


def decision(pod: JsonObject) -> Replayed | None:
    """What a pod's status tells; None before the scheduler has looked at it.

    Before a pod is bound, its volumes and devices must be, and nobody does that here: its status then names the
    node that was chosen (pkg/scheduler/schedule_one.go, bindingCycle: NominatedNodeNameForExpectation).
    """
    status = pod.get("status") or {}
    node = pod["spec"].get("nodeName") or status.get("nominatedNodeName")
    if node:
        return Replayed(node, "")
    refused = (
        each
        for each in status.get("conditions") or ()
        if each["type"] == "PodScheduled" and each["status"] == "False"
    )
    condition = next(refused, None)
    return None if condition is None else Replayed(None, condition.get("message") or condition.get("reason") or "")


def wait_for_decision(plane: ControlPlane, namespace: str, name: str) -> Replayed:
    """What the scheduler says about one pod. Raises NdcopsError when it says nothing in time.

    Of a pod that it holds before its queue it never says anything: of one with scheduling gates, and of one whose
    device claim does not exist (plugins schedulinggates and dynamicresources, PreEnqueue). Such a pod is held when
    a pod that came after it has been decided.
    """

    def look() -> Replayed | None:
        return decision(plane.api.get(f"/api/v1/namespaces/{namespace}/pods/{name}"))

    spec = plane.api.get(f"/api/v1/namespaces/{namespace}/pods/{name}")["spec"]
    if not (spec.get("schedulingGates") or spec.get("resourceClaims")):
        return _wait(plane, f"{namespace}/{name}", look)
    return _look_for(look, HELD_AFTER_S) or _after_probe(plane, namespace, look)


def _after_probe(plane: ControlPlane, namespace: str, look: Callable[[], Replayed | None]) -> Replayed:
    """Once a later pod is decided, the earlier one has been, too, or it is held."""
    wait_for_scheduler(plane, namespace)
    return _look_for(look, HELD_AFTER_S) or Replayed(None, HELD)


def wait_for_scheduler(plane: ControlPlane, namespace: str) -> None:
    """Have a pod decided that fits nowhere: the scheduler has then read everything, and is at work."""
    probe = {
        "metadata": {"namespace": namespace, "name": _PROBE},
        "spec": {"containers": [], "nodeSelector": {_PROBE: "nowhere"}},
    }
    path = f"/api/v1/namespaces/{namespace}/pods/{_PROBE}"
    plane.load({"pods": [probe]})
    _wait(plane, f"{namespace}/{_PROBE}", lambda: decision(plane.api.get(path)))
    plane.unload("pods", probe)


def _look_for(look: Callable[[], Replayed | None], time_s: float) -> Replayed | None:
    deadline = time.monotonic() + time_s
    while (found := look()) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def wait_for_decisions(plane: ControlPlane, wanted: Iterable[PodName]) -> dict[PodName, Replayed]:
    """What the scheduler says about many pods that all wait. Raises NdcopsError when some wait too long."""
    names = frozenset(wanted)

    def all_decided() -> dict[PodName, Replayed] | None:
        found = _decided(plane.api, names)
        return found if len(found) == len(names) else None

    return _wait(plane, f"{len(names)} pods", all_decided, pause_s=0.2)


def _decided(api: HttpsClient, names: frozenset[PodName]) -> dict[PodName, Replayed]:
    found = {}
    for pod in api.get("/api/v1/pods")["items"]:
        name = (pod["metadata"]["namespace"], pod["metadata"]["name"])
        if name in names and (said := decision(pod)) is not None:
            found[name] = said
    return found


def _wait(plane: ControlPlane, what: str, look: Callable[[], Found | None], pause_s: float = 0.01) -> Found:
    deadline = time.monotonic() + DECISION_TIMEOUT_S
    while (found := look()) is None:
        plane.require_alive()
        if time.monotonic() > deadline:
            raise NdcopsError(
                f"{what}: the scheduler said nothing within {DECISION_TIMEOUT_S:.0f} s",
                resolution="ndcops capacity verify",
            )
        time.sleep(pause_s)
    return found
