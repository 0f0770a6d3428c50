"""Devices by resource claim: allocated already to a place, or to be found among what drivers publish."""

from tests.oracle.cases.draft import HOSTNAME, ZONE, Draft, Json, labels_of, name_of

DRIVER = "gpu.example.com"
ALLOCATED_AT = "2026-01-01T00:00:00Z"
"""Without it the API server would set one at the next write, and then find the allocation changed."""

MODELS = ("a100", "h100")
FAST_MEMORY = f'device.capacity["{DRIVER}"].memory.compareTo(quantity("60Gi")) >= 0'


def unallocated(draft: Draft) -> None:
    """One or two claims for devices of a class; nodes have some or none, and some of those are taken."""
    add_slices(draft)
    class_name = add_device_class(draft)
    for number in range(draft.one((1, 1, 2))):
        requests = [_request(draft, class_name, f"req-{each}") for each in range(draft.one((1, 1, 2)))]
        devices: Json = {"requests": requests}
        # The scheduler ends with an error, not a refusal, when All and a constraint cannot both be had.
        takes_all = any(each["exactly"]["allocationMode"] == "All" for each in requests)
        if not takes_all and draft.odds(0.15):
            devices["constraints"] = [{"requests": [], "matchAttribute": f"{DRIVER}/model"}]
        add_device_claim(draft, f"gpu-{number}", devices)
    _take_some(draft)


def allocated(draft: Draft) -> None:
    """A claim whose devices were chosen before, on one node or in one zone; others may use it too."""
    class_name = add_device_class(draft)
    node = draft.one(draft.nodes)
    labels = labels_of(node)
    claim = add_device_claim(draft, "ready", {"requests": [_request(draft, class_name, "req-0", plain=True)]})
    result = {"request": "req-0", "driver": DRIVER, "pool": name_of(node), "device": "gpu-0"}
    allocation: Json = {"devices": {"results": [result]}, "allocationTimestamp": ALLOCATED_AT}
    if draft.odds(0.9):
        key = ZONE if ZONE in labels and draft.odds(0.3) else HOSTNAME
        expression = {"key": key, "operator": "In", "values": [labels[key]]}
        allocation["nodeSelector"] = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    claim["status"] = {"allocation": allocation}
    if draft.odds(0.4):
        users = draft.one((1, 1, 3, 255))  # 256 is as many as a claim can have
        names = [f"other-{number}" for number in range(users)]
        claim["status"]["reservedFor"] = [{"resource": "pods", "name": name, "uid": name} for name in names]


def broken(draft: Draft) -> None:
    """A claim that is missing, being deleted, of an unknown class, or not made from its template yet."""
    kind = draft.one(("missing", "deleted", "class", "template"))
    if kind == "missing":
        _refer(draft, "ghost", {"resourceClaimName": "no-such-claim"})
    elif kind == "template":
        _refer(draft, "later", {"resourceClaimTemplateName": "template"})
    else:
        add_slices(draft)
        class_name = add_device_class(draft) if kind == "deleted" else "no-such-class"
        claim = add_device_claim(draft, kind, {"requests": [_request(draft, class_name, "req-0", plain=True)]})
        if kind == "deleted":
            claim["metadata"] |= {"deletionTimestamp": "2026-06-01T00:00:00Z", "finalizers": ["example.com/keep"]}


def add_slices(draft: Draft) -> None:
    """What the driver publishes: one pool a node, of none to four devices."""
    known = {each["spec"].get("nodeName") for each in draft.objects.get("resourceslices", [])}
    for node in draft.at_least_one(draft.nodes, 0.7):
        if name_of(node) not in known:
            _slice(draft, name_of(node))


def _slice(draft: Draft, node: str) -> None:
    model = draft.one(MODELS)
    devices = [
        {
            "name": f"gpu-{number}",
            "attributes": {
                "model": {"string": model if draft.odds(0.8) else draft.one(MODELS)},
                "index": {"int": number},
            },
            "capacity": {"memory": {"value": draft.one(("40Gi", "80Gi"))}},
        }
        for number in range(draft.one((1, 1, 2, 4)))
    ]
    pool = {"name": node, "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": DRIVER, "pool": pool, "nodeName": node, "devices": devices}
    draft.add("resourceslices", draft.fresh("slice"), {"spec": spec})


def add_device_class(draft: Draft) -> str:
    """A class of this driver's devices; its name."""
    selector = {"cel": {"expression": f'device.driver == "{DRIVER}"'}}
    name = draft.fresh("gpu-class")
    draft.add("deviceclasses", name, {"spec": {"selectors": [selector]}})
    return name


def add_device_claim(draft: Draft, stem: str, devices: Json) -> Json:
    """A claim of the incoming pod's, from a template half the time."""
    name = draft.fresh(stem)
    claim = draft.add(
        "resourceclaims", name, {"spec": {"devices": devices}, "status": {}}, namespace=draft.namespace
    )
    if draft.odds(0.5):
        _refer(draft, stem, {"resourceClaimName": name})
        return claim
    _refer(draft, stem, {"resourceClaimTemplateName": f"{stem}-template"})
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "incoming", "uid": "incoming", "controller": True}
    claim["metadata"]["ownerReferences"] = [owner]
    statuses = draft.pod["status"].setdefault("resourceClaimStatuses", [])
    statuses.append({"name": stem, "resourceClaimName": name})
    return claim


def _refer(draft: Draft, stem: str, source: Json) -> None:
    draft.pod["spec"].setdefault("resourceClaims", []).append({"name": stem} | source)
    draft.pod["spec"]["containers"][0].setdefault("resources", {}).setdefault("claims", []).append({"name": stem})


def _request(draft: Draft, class_name: str, name: str, *, plain: bool = False) -> Json:
    exactly: Json = {"deviceClassName": class_name, "allocationMode": "ExactCount", "count": 1}
    if not plain:
        exactly["count"] = draft.one((1, 1, 1, 2, 3))
        if draft.odds(0.1):
            exactly.pop("count")
            exactly["allocationMode"] = "All"
        if draft.odds(0.4):
            by_model = f'device.attributes["{DRIVER}"].model == "{draft.one(MODELS)}"'
            exactly["selectors"] = [{"cel": {"expression": draft.one((by_model, by_model, FAST_MEMORY))}}]
    return {"name": name, "exactly": exactly}


def _take_some(draft: Draft) -> None:
    """Claims of other pods that hold devices."""
    for published in draft.objects.get("resourceslices", []):
        pool = published["spec"]["pool"]["name"]
        for device in draft.some(published["spec"]["devices"], 0.25):
            request = _request(draft, "any-class", "req-0", plain=True)
            result = {"request": "req-0", "driver": DRIVER, "pool": pool, "device": device["name"]}
            body = {
                "spec": {"devices": {"requests": [request]}},
                "status": {
                    "allocation": {"devices": {"results": [result]}, "allocationTimestamp": ALLOCATED_AT},
                    "reservedFor": [{"resource": "pods", "name": "other", "uid": "other"}],
                },
            }
            draft.add("resourceclaims", draft.fresh("taken"), body, namespace="ops")
