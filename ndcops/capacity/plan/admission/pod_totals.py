"""What a pod requests and is limited to in all, before it runs, exactly and with its text.

Rules: k8s.io/component-helpers/resource/helpers.go, PodRequests and PodLimits; the LimitRanger has a copy of its
own that knows neither overhead nor pod-level huge pages (plugin/pkg/admission/limitranger/admission.go).
"""

from collections.abc import Mapping

from ndcops.capacity.plan.admission.amounts import Amount, Amounts, amounts_of
from ndcops.model.record import JsonObject


def is_pod_level(resource: str) -> bool:
    """Whether a pod as a whole may name the resource (IsSupportedPodLevelResource)."""
    return resource in ("cpu", "memory") or is_huge_page(resource)


def is_huge_page(resource: str) -> bool:
    """Whether it is a huge page size."""
    return resource.startswith("hugepages-")


def of_containers(spec: JsonObject, side: str) -> Amounts:
    """Sum over containers and sidecars, or the highest init step; `side` is `requests` or `limits`."""
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _side(container, side))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers") or ():
        own = _side(container, side)
        if container.get("restartPolicy") == "Always":
            _add(total, own)
            _add(sidecars, own)
            _raise(peak, sidecars)
        else:
            _add(own, sidecars)
            _raise(peak, own)
    _raise(total, peak)
    return total


def limited_totals(spec: JsonObject, side: str) -> Amounts:
    """As the LimitRanger counts a pod."""
    own = _side(spec, side)
    return of_containers(spec, side) | {name: own[name] for name in ("cpu", "memory") if name in own}


def total_requests(spec: JsonObject) -> Amounts:
    """As quota and scheduler count a new pod."""
    total = _with_pod_level(spec, "requests")
    _add(total, amounts_of(spec.get("overhead")))
    return total


def total_limits(spec: JsonObject) -> Amounts:
    """As quota counts a new pod: overhead is added to what is limited."""
    total = _with_pod_level(spec, "limits")
    for name, extra in amounts_of(spec.get("overhead")).items():
        if name in total and total[name].value:
            total[name] += extra
    return total


def _with_pod_level(spec: JsonObject, side: str) -> Amounts:
    own = {name: each for name, each in _side(spec, side).items() if is_pod_level(name)}
    return of_containers(spec, side) | own


def _side(holder: JsonObject, side: str) -> Amounts:
    return amounts_of((holder.get("resources") or {}).get(side))


def _add(total: Amounts, more: Mapping[str, Amount]) -> None:
    for name, each in more.items():
        total[name] = total[name] + each if name in total else each


def _raise(total: Amounts, other: Mapping[str, Amount]) -> None:
    for name, each in other.items():
        if name not in total or each.value > total[name].value:
            total[name] = each
