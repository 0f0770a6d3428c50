"""Devices that are not one node's alone, pools published in part, tainted devices, and requests with a choice."""

from tests.oracle.cases.devices import DRIVER, add_device_claim, add_device_class, add_slices
from tests.oracle.cases.draft import ZONE, Draft, Json


def device_pools(draft: Draft) -> None:
    """A pool for a zone or for all nodes, one of which a slice is missing, and devices with taints."""
    class_name = add_device_class(draft)
    for number in range(draft.one((1, 2))):
        _add_pool(draft, f"fabric-{number}", is_complete=_takes_all(draft) or draft.odds(0.85))
    if draft.odds(0.4):
        add_slices(draft)
    tainted = draft.objects["resourceslices"]
    for published in tainted:
        for device in draft.some(published["spec"]["devices"], 0.3):
            device["taints"] = [{"key": "broken", "effect": draft.one(("NoSchedule", "NoExecute"))}]
    exactly: Json = {
        "deviceClassName": class_name,
        "allocationMode": "ExactCount",
        "count": draft.one((1, 1, 2, 3)),
    }
    if draft.odds(0.4):
        exactly["tolerations"] = [_toleration(draft)]
    add_device_claim(draft, "pooled", {"requests": [{"name": "req-0", "exactly": exactly}]})


def device_choices(draft: Draft) -> None:
    """One request that takes the first of two that can be had."""
    add_slices(draft)
    class_name = add_device_class(draft)
    choices = []
    for name, count in (("many", draft.one((2, 4))), ("few", draft.one((1, 2)))):
        choices.append(
            {"name": name, "deviceClassName": class_name, "allocationMode": "ExactCount", "count": count}
        )
    add_device_claim(draft, "choice", {"requests": [{"name": "req-0", "firstAvailable": choices}]})


def _takes_all(draft: Draft) -> bool:
    """Whether a request is for all devices: a missing slice is then an error of the scheduler's, no refusal."""
    claims = draft.objects.get("resourceclaims", [])
    requests = (each for claim in claims for each in claim["spec"]["devices"]["requests"])
    return any(each.get("exactly", {}).get("allocationMode") == "All" for each in requests)


def _add_pool(draft: Draft, name: str, *, is_complete: bool) -> None:
    devices = [
        {
            "name": f"nic-{number}",
            "attributes": {"model": {"string": "a100"}},
            "capacity": {"memory": {"value": "80Gi"}},
        }
        for number in range(draft.one((1, 2, 3)))
    ]
    pool = {"name": name, "generation": 1, "resourceSliceCount": 1 if is_complete else 2}
    spec: Json = {"driver": DRIVER, "pool": pool, "devices": devices}
    if draft.odds(0.4):
        spec["allNodes"] = True
    else:
        expression = {"key": ZONE, "operator": "In", "values": draft.at_least_one(("z1", "z2", "z3"), 0.3)}
        spec["nodeSelector"] = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    draft.add("resourceslices", draft.fresh("slice"), {"spec": spec})


def _toleration(draft: Draft) -> Json:
    effect = draft.one(({}, {"effect": "NoSchedule"}, {"effect": "NoExecute"}))
    return {"key": "broken", "operator": "Exists"} | effect
