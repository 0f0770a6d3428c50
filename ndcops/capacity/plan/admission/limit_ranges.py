"""LimitRange: defaults for containers, then bounds and ratios for containers, pods and claims.

Rules: plugin/pkg/admission/limitranger/admission.go; a range's own defaults: pkg/apis/core/v1/defaults.go,
SetDefaults_LimitRangeItem. Refusals of one range are listed together, in the order of resource names.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from ndcops.capacity.plan.admission.amounts import Amount, Amounts, amounts_of
from ndcops.capacity.plan.admission.defaults import containers_of
from ndcops.capacity.plan.admission.pod_totals import limited_totals
from ndcops.capacity.plan.admission.refusal import forbidden, together
from ndcops.model.record import JsonObject

Ranges = Sequence[JsonObject]
Rule = Callable[[str, str, Amount, Amounts, Amounts], str]


def set_range_defaults(pod: JsonObject, ranges: Ranges) -> None:
    """Give containers the defaults of their namespace's ranges, in place."""
    for each in ranges:
        limits: dict[str, str] = {}
        requests: dict[str, str] = {}
        for item in _items(each, "Container"):
            limits |= _default_limits(item)
            requests |= _default_requests(item)
        for container in containers_of(pod["spec"]):
            _merge(container, "limits", limits)
            _merge(container, "requests", requests)


def check_ranges(pod: JsonObject, ranges: Ranges) -> None:
    """Raises AdmissionRefused when a container or the pod is out of bounds."""
    spec = pod["spec"]
    for each in ranges:
        problems = []
        for item in each["spec"].get("limits") or ():
            if item["type"] == "Container":
                for container in containers_of(spec):
                    resources = container.get("resources") or {}
                    asked, limited = amounts_of(resources.get("requests")), amounts_of(resources.get("limits"))
                    problems += list(_problems(item, asked, limited))
            elif item["type"] == "Pod":
                problems += list(_problems(item, limited_totals(spec, "requests"), limited_totals(spec, "limits")))
        if problems:
            raise forbidden(pod, together(problems))


def check_claim_ranges(claim: JsonObject, ranges: Ranges) -> None:
    """Raises AdmissionRefused when a claim asks for less or more than a range allows."""
    asked = amounts_of((claim["spec"].get("resources") or {}).get("requests"))
    for each in ranges:
        problems = []
        for item in _items(each, "PersistentVolumeClaim"):
            problems += list(_checked(item, "min", _below, asked, {}))
            problems += list(_checked(item, "max", _request_above, asked, {}))
        if problems:
            raise forbidden(claim, together(problems), "persistentvolumeclaims")


def _items(limit_range: JsonObject, kind: str) -> Iterator[JsonObject]:
    return (item for item in limit_range["spec"].get("limits") or () if item["type"] == kind)


def _default_limits(item: JsonObject) -> dict[str, str]:
    return {**(item.get("max") or {}), **(item.get("default") or {})}


def _default_requests(item: JsonObject) -> dict[str, str]:
    return {**(item.get("min") or {}), **_default_limits(item), **(item.get("defaultRequest") or {})}


def _merge(container: JsonObject, side: str, defaults: Mapping[str, str]) -> None:
    if defaults:
        resources = container["resources"] = container.get("resources") or {}
        resources[side] = {**defaults, **(resources.get(side) or {})}


def _problems(item: JsonObject, asked: Amounts, limited: Amounts) -> Iterator[str]:
    yield from _checked(item, "min", _below, asked, limited)
    yield from _checked(item, "max", _above, asked, limited)
    yield from _checked(item, "maxLimitRequestRatio", _out_of_ratio, asked, limited)


def _checked(item: JsonObject, field: str, rule: Rule, asked: Amounts, limited: Amounts) -> Iterator[str]:
    for resource, bound in sorted(amounts_of(item.get(field)).items()):
        if problem := rule(item["type"], resource, bound, asked, limited):
            yield problem


def _below(kind: str, resource: str, bound: Amount, asked: Amounts, limited: Amounts) -> str:
    head = f"minimum {resource} usage per {kind} is {bound}"
    if resource not in asked:
        return f"{head}.  No request is specified"
    if asked[resource].value < bound.value:
        return f"{head}, but request is {asked[resource]}"
    if resource in limited and limited[resource].value < bound.value:
        return f"{head}, but limit is {limited[resource]}"
    return ""


def _above(kind: str, resource: str, bound: Amount, asked: Amounts, limited: Amounts) -> str:
    head = f"maximum {resource} usage per {kind} is {bound}"
    if resource not in limited:
        return f"{head}.  No limit is specified"
    if limited[resource].value > bound.value:
        return f"{head}, but limit is {limited[resource]}"
    if resource in asked and asked[resource].value > bound.value:
        return f"{head}, but request is {asked[resource]}"
    return ""


def _request_above(kind: str, resource: str, bound: Amount, asked: Amounts, _: Amounts) -> str:
    head = f"maximum {resource} usage per {kind} is {bound}"
    if resource not in asked:
        return f"{head}.  No request is specified"
    return f"{head}, but request is {asked[resource]}" if asked[resource].value > bound.value else ""


def _out_of_ratio(kind: str, resource: str, bound: Amount, asked: Amounts, limited: Amounts) -> str:
    head = f"{resource} max limit to request ratio per {kind} is {bound}"
    if resource not in asked or not asked[resource].value:
        return f"{head}, but no request is specified or request is 0"
    if resource not in limited or not limited[resource].value:
        return f"{head}, but no limit is specified or limit is 0"
    ratio = limited[resource].value / asked[resource].value
    return f"{head}, but provided ratio is {ratio:.6f}" if ratio > bound.value else ""
