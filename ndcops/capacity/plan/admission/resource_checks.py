"""Requests against limits: what defaults of a LimitRange leave behind is refused as invalid, not forbidden.

Rules: pkg/apis/core/validation/validation.go, ValidateContainerResourceRequirements and
validatePodResourceConsistency. Problems are listed in the order of resource names.
"""

from collections.abc import Iterator

from ndcops.capacity.plan.admission.amounts import Amount, amounts_of
from ndcops.capacity.plan.admission.pod_totals import is_huge_page, of_containers
from ndcops.capacity.plan.admission.refusal import AdmissionRefused, together
from ndcops.model.record import JsonObject


def check_resources(pod: JsonObject) -> None:
    """Raises AdmissionRefused when a request is above its limit, or a container's share above its pod's."""
    spec = pod["spec"]
    problems: list[str] = []
    for field in ("containers", "initContainers"):
        for number, container in enumerate(spec.get(field) or ()):
            problems += _of_holder(container, f"spec.{field}[{number}].resources")
    if spec.get("resources") is not None:
        problems += _of_holder(spec, "spec.resources")
        problems += _of_pod(spec)
    if problems:
        name = pod["metadata"].get("name") or pod["metadata"].get("generateName") or ""
        raise AdmissionRefused(f'Pod "{name}" is invalid: {together(problems)}')


def _of_holder(holder: JsonObject, path: str) -> Iterator[str]:
    resources = holder.get("resources") or {}
    limits = amounts_of(resources.get("limits"))
    for name, asked in sorted(amounts_of(resources.get("requests")).items()):
        may_differ = ("/" not in name or "kubernetes.io/" in name) and not is_huge_page(name)
        if name not in limits:
            if not may_differ:
                yield f"{path}.limits: Required value: Limit must be set for non overcommitable resources"
        elif asked.value != limits[name].value and not may_differ:
            yield _invalid(f"{path}.requests", asked, f"must be equal to {name} limit of {limits[name]}")
        elif asked.value > limits[name].value:
            yield _invalid(
                f"{path}.requests", asked, f"must be less than or equal to {name} limit of {limits[name]}"
            )


def _of_pod(spec: JsonObject) -> Iterator[str]:
    requests, limits = (amounts_of(spec["resources"].get(side)) for side in ("requests", "limits"))
    for name, total in sorted(of_containers(spec, "requests").items()):
        if name in requests and total.value > requests[name].value:
            reason = f"must be greater than or equal to aggregate container requests of {total}"
            yield _invalid(f"spec.resources.requests[{name}]", requests[name], reason)
    for name, total in sorted(of_containers(spec, "limits").items()):
        if is_huge_page(name) and name in limits and total.value > limits[name].value:
            reason = f"must be greater than or equal to aggregate container limits of {total}"
            yield _invalid(f"spec.resources.limits[{name}]", limits[name], reason)
    for number, container in enumerate(spec.get("containers") or ()):
        for name, limit in sorted(amounts_of((container.get("resources") or {}).get("limits")).items()):
            if name in limits and limit.value > limits[name].value:
                reason = f"must be less than or equal to pod limits of {limits[name]}"
                yield _invalid(f"spec.resources.containers[{number}][{name}].limits", limit, reason)


def _invalid(path: str, value: Amount, reason: str) -> str:
    return f'{path}: Invalid value: "{value}": {reason}'
