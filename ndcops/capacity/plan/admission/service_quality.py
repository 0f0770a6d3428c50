"""The quality-of-service class of a pod; quotas ask for it.

Rules: pkg/apis/core/v1/helper/qos/qos.go, ComputePodQOS.
"""

from decimal import Decimal

from ndcops.capacity.plan.admission.amounts import amounts_of
from ndcops.capacity.plan.admission.defaults import containers_of
from ndcops.model.record import JsonObject

_COUNTED = ("cpu", "memory")


def service_quality(spec: JsonObject) -> str:
    """`Guaranteed`, `Burstable` or `BestEffort`. A pod that names resources itself is judged by them alone."""
    holders = [spec] if spec.get("resources") is not None else list(containers_of(spec))
    requests: dict[str, Decimal] = {}
    limits: dict[str, Decimal] = {}
    all_limited = True
    for holder in holders:
        limited = _counted(holder, "limits")
        if limited or holder is not spec:
            all_limited = all_limited and len(limited) == len(_COUNTED)
        for total, part in ((requests, _counted(holder, "requests")), (limits, limited)):
            for name, value in part.items():
                total[name] = total.get(name, Decimal(0)) + value
    if not requests and not limits:
        return "BestEffort"
    is_equal = len(requests) == len(limits) and all(limits.get(name) == value for name, value in requests.items())
    return "Guaranteed" if all_limited and is_equal else "Burstable"


def _counted(holder: JsonObject, side: str) -> dict[str, Decimal]:
    written = amounts_of((holder.get("resources") or {}).get(side))
    return {name: written[name].value for name in _COUNTED if name in written and written[name].value > 0}
