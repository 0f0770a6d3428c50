"""RuntimeClass: the overhead of a pod, and the nodes that have its runtime.

Rules: plugin/pkg/admission/runtimeclass/admission.go.
"""

from collections.abc import Mapping, Sequence

from ndcops.capacity.plan.admission.amounts import amounts_of
from ndcops.capacity.plan.admission.refusal import forbidden
from ndcops.capacity.plan.admission.tolerations import merged
from ndcops.model.record import JsonObject

_OTHER_OVERHEAD = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"


def set_runtime(pod: JsonObject, classes: Sequence[JsonObject]) -> None:
    """Fill in overhead, node selector and tolerations in place. Raises AdmissionRefused."""
    spec = pod["spec"]
    name = spec.get("runtimeClassName")
    if name is None:
        return
    found = next((each for each in classes if each["metadata"]["name"] == name), None)
    if found is None:
        raise forbidden(pod, f'pod rejected: RuntimeClass "{name}" not found')
    if found.get("overhead") is not None:
        fixed = found["overhead"].get("podFixed") or {}
        if spec.get("overhead") and _values(fixed) != _values(spec["overhead"]):
            raise forbidden(pod, _OTHER_OVERHEAD)
        spec["overhead"] = dict(fixed)
    if found.get("scheduling") is not None:
        _set_scheduling(pod, found["scheduling"])


def check_overhead(pod: JsonObject, classes: Sequence[JsonObject]) -> None:
    """Raises AdmissionRefused for an overhead that no class gives."""
    name = pod["spec"].get("runtimeClassName")
    found = next((each for each in classes if each["metadata"]["name"] == name), None)
    if (found is None or found.get("overhead") is None) and pod["spec"].get("overhead") is not None:
        raise forbidden(pod, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")


def _set_scheduling(pod: JsonObject, scheduling: JsonObject) -> None:
    spec = pod["spec"]
    chosen = dict(spec.get("nodeSelector") or {})
    for key, value in sorted((scheduling.get("nodeSelector") or {}).items()):
        if chosen.get(key, value) != value:
            raise forbidden(
                pod,
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
                f"pod.spec.nodeSelector[{key}] = {chosen[key]}",
            )
        chosen[key] = value
    if chosen:
        spec["nodeSelector"] = chosen
    spec["tolerations"] = merged(spec.get("tolerations") or (), scheduling.get("tolerations") or ())


def _values(written: Mapping[str, str]) -> dict[str, object]:
    return {name: each.value for name, each in amounts_of(written).items()}
