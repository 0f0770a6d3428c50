"""What a pod or a volume claim takes of its namespace's quotas, and which quotas are about it.

Rules: pkg/quota/v1/evaluator/core/pods.go (PodUsageFunc, MatchingResources, Constraints, podMatchesScopeFunc) and
persistent_volume_claims.go. Device claims are charged when their controller makes them, not with the pod.
"""

from collections.abc import Iterable, Iterator, Sequence

from ndcops.capacity.plan.admission.amounts import Amounts, amount_of, amounts_of
from ndcops.capacity.plan.admission.defaults import containers_of
from ndcops.capacity.plan.admission.pod_totals import is_pod_level, total_limits, total_requests
from ndcops.model.record import JsonObject

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_POD_RESOURCES = frozenset(
    {"count/pods", "pods", *_COMPUTE}
    | {f"requests.{name}" for name in _COMPUTE}
    | {f"limits.{name}" for name in _COMPUTE}
)
_DEMANDED = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""A quota for one of these makes every container name it."""

_DEVICE_CLASS = "deviceclass.resource.kubernetes.io/"
_CLAIM_RESOURCES = ("persistentvolumeclaims", "requests.storage")
_CLAIM_COUNT = "count/persistentvolumeclaims"
_CLASS_SUFFIX = ".storageclass.storage.k8s.io/"


def pod_usage(pod: JsonObject) -> Amounts:
    """What an admitted pod takes."""
    one = amount_of("1")
    spec = pod["spec"]
    return {"count/pods": one, "pods": one, **_compute_usage(total_requests(spec), total_limits(spec))}


def claim_usage(claim: JsonObject) -> Amounts:
    """What an admitted volume claim takes."""
    one = amount_of("1")
    usage = {"persistentvolumeclaims": one, _CLAIM_COUNT: one}
    annotations = claim["metadata"].get("annotations") or {}
    old_way = annotations.get("volume.beta.kubernetes.io/storage-class")
    name = old_way if old_way is not None else claim["spec"].get("storageClassName")
    size = ((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage")
    if size is not None:
        usage["requests.storage"] = amount_of(size)
    if name:
        usage |= {f"{name}{_CLASS_SUFFIX}{each}": usage[each] for each in _CLAIM_RESOURCES if each in usage}
    return usage


def _compute_usage(requests: Amounts, limits: Amounts) -> Amounts:
    usage: Amounts = {}
    for name, each in requests.items():
        if name in _COMPUTE or name.startswith("hugepages-"):
            usage[name] = usage[f"requests.{name}"] = each
        elif _is_extended(name):
            usage[f"requests.{name}"] = each
    usage |= {f"limits.{name}": limits[name] for name in _COMPUTE if name in limits}
    return usage


def _is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def _is_extended(name: str) -> bool:
    return name.startswith(_DEVICE_CLASS) or not (_is_native(name) or name.startswith("requests."))


def is_about_pods(resource: str) -> bool:
    """Whether a quota's resource is charged for pods."""
    if resource in _POD_RESOURCES or resource.startswith(("hugepages-", "requests.hugepages-")):
        return True
    return resource.startswith("requests.") and (
        not _is_native(resource) or resource.startswith(f"requests.{_DEVICE_CLASS}")
    )


def is_about_claims(resource: str) -> bool:
    """Whether a quota's resource is charged for volume claims."""
    ends = tuple(f"{_CLASS_SUFFIX}{each}" for each in _CLAIM_RESOURCES)
    return resource == _CLAIM_COUNT or resource in _CLAIM_RESOURCES or resource.endswith(ends)


def unnamed_resources(pod: JsonObject, tracked: Iterable[str]) -> str:
    """The refusal of a pod whose containers do not name what a quota counts; empty when they do."""
    spec = pod["spec"]
    own = spec.get("resources") or {}
    if any(is_pod_level(name) for side in ("requests", "limits") for name in own.get(side) or ()):
        return ""
    demanded = sorted(set(tracked) & set(_DEMANDED))
    missing: dict[str, set[str]] = {}
    for container in containers_of(spec):
        resources = container.get("resources") or {}
        named = _compute_usage(amounts_of(resources.get("requests")), amounts_of(resources.get("limits")))
        for name in demanded:
            if name not in named:
                missing.setdefault(name, set()).add(container["name"])
    if not missing:
        return ""
    parts = (f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing))
    return f"must specify {'; '.join(parts)}"


def scopes_of(quota: JsonObject) -> Iterator[JsonObject]:
    """All conditions of a quota, old scopes among them."""
    spec = quota.get("spec") or {}
    yield from ({"scopeName": name, "operator": "Exists"} for name in spec.get("scopes") or ())
    yield from (spec.get("scopeSelector") or {}).get("matchExpressions") or ()


def pod_is_in(scope: JsonObject, pod: JsonObject) -> bool:
    """Whether an admitted pod meets one condition."""
    spec = pod["spec"]
    deadline = spec.get("activeDeadlineSeconds")
    ends = deadline is not None and int(deadline) >= 0
    best_effort = (pod.get("status") or {}).get("qosClass") == "BestEffort"
    match scope["scopeName"]:
        case "Terminating":
            return ends
        case "NotTerminating":
            return not ends
        case "BestEffort":
            return best_effort
        case "NotBestEffort":
            return not best_effort
        case "PriorityClass":
            return _is_selected(scope, spec.get("priorityClassName") or "")
        case "CrossNamespacePodAffinity":
            return any(
                term.get("namespaces") or term.get("namespaceSelector") is not None for term in _terms(spec)
            )
    return False


def claim_is_in(scope: JsonObject, claim: JsonObject) -> bool:
    """Whether a volume claim meets one condition: there is but one kind that is about claims."""
    if scope["scopeName"] != "VolumeAttributesClass":
        return False
    return _is_selected(scope, claim["spec"].get("volumeAttributesClassName") or "")


def _is_selected(scope: JsonObject, name: str) -> bool:
    values: Sequence[str] = scope.get("values") or ()
    match scope["operator"]:
        case "Exists":
            return bool(name)
        case "DoesNotExist":
            return not name
        case "In":
            return name in values if name else False
        case "NotIn":
            return name not in values if name else True
    return False


def _terms(spec: JsonObject) -> Iterator[JsonObject]:
    affinity = spec.get("affinity") or {}
    for side in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(side) or {}
        yield from rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
        for each in rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ():
            yield each["podAffinityTerm"]
