"""PriorityClass: the number and the right to evict that a pod's class name stands for.

Rules: plugin/pkg/admission/priority/admission.go, admitPod.
"""

from collections.abc import Sequence
from operator import itemgetter

from ndcops.capacity.plan.admission.refusal import forbidden
from ndcops.model.record import JsonObject

_PREEMPT = "PreemptLowerPriority"
_SYSTEM_CLASSES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
"""Every API server keeps these two (pkg/apis/scheduling/v1/helpers.go)."""


def set_priority(pod: JsonObject, classes: Sequence[JsonObject]) -> None:
    """Fill in class, number and preemption policy in place. Raises AdmissionRefused."""
    spec = pod["spec"]
    name, value, policy = _resolve(pod, classes)
    given = spec.get("priority")
    if given is not None and given != value:
        raise forbidden(
            pod,
            f"the integer value of priority ({given}) must not be provided in pod spec; "
            f"priority admission controller computed {value} from the given PriorityClass name",
        )
    given_policy = spec.get("preemptionPolicy")
    if given_policy is not None and given_policy != policy:
        raise forbidden(
            pod,
            f"the string value of PreemptionPolicy ({given_policy}) must not be provided in pod spec; "
            f"priority admission controller computed {policy} from the given PriorityClass name",
        )
    if name:
        spec["priorityClassName"] = name
    spec["priority"], spec["preemptionPolicy"] = value, policy


def _resolve(pod: JsonObject, classes: Sequence[JsonObject]) -> tuple[str, int, str]:
    wanted = pod["spec"].get("priorityClassName")
    if not wanted:
        defaults = [each for each in classes if each.get("globalDefault")]
        # Two at once come from a race; the API server then takes the lower.
        chosen = min(defaults, key=itemgetter("value"), default=None)
        return _read(chosen) if chosen else ("", 0, _PREEMPT)
    found = next((each for each in classes if each["metadata"]["name"] == wanted), None)
    if found is not None:
        return _read(found)
    if wanted in _SYSTEM_CLASSES:
        return wanted, _SYSTEM_CLASSES[wanted], _PREEMPT
    raise forbidden(pod, f"no PriorityClass with name {wanted} was found")


def _read(priority_class: JsonObject) -> tuple[str, int, str]:
    policy = priority_class.get("preemptionPolicy") or _PREEMPT
    return priority_class["metadata"]["name"], int(priority_class["value"]), policy
