"""What a pod requests in all: containers, sidecars, init peaks, pod-level resources, overhead.

Rules: k8s.io/component-helpers/resource/helpers.go, PodRequests, with the feature gates of 1.36. For a pod that
runs, a resize in hand counts with the largest of what is asked, allotted and in force (KEP 1287).
"""

from collections.abc import Mapping

from ndcops.capacity.plan.fit.quantity import amount
from ndcops.model.record import JsonObject

Amounts = dict[str, int]


def pod_requests(pod: JsonObject, *, is_running: bool) -> Amounts:
    """Requests by resource: millicores, bytes, pieces. `is_running` looks at the status of a resize, too."""
    spec, status = pod["spec"], (pod.get("status") or {}) if is_running else {}
    resize_failed = any(
        each.get("type") == "PodResizePending" and each.get("reason") == "Infeasible"
        for each in status.get("conditions") or ()
    )
    running = _Statuses(status, resize_failed)
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, running.of_container(container))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            own = running.of_container(container)
            _add(total, own)
            _add(sidecars, own)
            _raise(peak, sidecars)
        else:
            alone = requests_of(container)
            _add(alone, sidecars)
            _raise(peak, alone)
    _raise(total, peak)
    total.update(running.of_pod(spec))
    _add(total, amounts(spec.get("overhead")))
    return total


class _Statuses:
    """Effective requests of running containers during a resize."""

    def __init__(self, status: JsonObject, resize_failed: bool) -> None:
        self._pod_status = status
        self._resize_failed = resize_failed
        both = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
        self._by_name = {each["name"]: each for each in both}

    def of_container(self, container: JsonObject) -> Amounts:
        asked = requests_of(container)
        status = self._by_name.get(container["name"])
        if status is None or status.get("resources") is None:
            return asked
        return self._effective(asked, status["resources"].get("requests"), status.get("allocatedResources"))

    def of_pod(self, spec: JsonObject) -> Amounts:
        asked = {
            name: value
            for name, value in requests_of(spec).items()
            if name in ("cpu", "memory") or name.startswith("hugepages-")
        }
        resources = self._pod_status.get("resources")
        if not asked or resources is None:
            return asked
        effective = self._effective(
            requests_of(spec), resources.get("requests"), self._pod_status.get("allocatedResources")
        )
        return {name: effective.get(name, 0) for name in asked}

    def _effective(self, asked: Amounts, actuated: JsonObject | None, allotted: JsonObject | None) -> Amounts:
        largest = {} if self._resize_failed else dict(asked)
        _raise(largest, amounts(actuated))
        _raise(largest, amounts(allotted))
        return largest


def requests_of(holder: JsonObject) -> Amounts:
    """`resources.requests` of a container or a pod spec."""
    return amounts((holder.get("resources") or {}).get("requests"))


def amounts(written: Mapping[str, str | int] | None) -> Amounts:
    """A resource list as integers."""
    return {name: amount(name, quantity) for name, quantity in (written or {}).items()}


def _add(total: Amounts, more: Mapping[str, int]) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0) + value


def _raise(total: Amounts, other: Mapping[str, int]) -> None:
    for name, value in other.items():
        total[name] = max(total.get(name, 0), value)
