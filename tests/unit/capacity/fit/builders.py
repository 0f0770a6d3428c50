"""Storage and device objects for the fit engine's tests."""

from collections.abc import Sequence

from ndcops.model.record import JsonObject

DRIVER = "gpu.example.com"


def on_nodes(*names: str) -> JsonObject:
    """A node selector that chooses nodes by their `host` label."""
    expression = {"key": "host", "operator": "In", "values": list(names)}
    return {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}


def claim(
    name: str = "data",
    *,
    volume: str = "",
    storage_class: str = "fast",
    size: str = "1Gi",
    mode: str = "ReadWriteOnce",
) -> JsonObject:
    """A claim in the namespace `shop`, bound when a volume is named."""
    spec: JsonObject = {
        "storageClassName": storage_class,
        "accessModes": [mode],
        "resources": {"requests": {"storage": size}},
    }
    metadata: JsonObject = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    if volume:
        spec["volumeName"] = volume
        metadata["annotations"] = {"pv.kubernetes.io/bind-completed": "yes"}
    return {"metadata": metadata, "spec": spec, "status": {"phase": "Bound" if volume else "Pending"}}


def volume(
    name: str,
    *,
    hosts: Sequence[str] = (),
    driver: str = "",
    storage_class: str = "fast",
    size: str = "1Gi",
    labels: JsonObject | None = None,
) -> JsonObject:
    """A free PersistentVolume, on the nodes of those `host` labels or on all."""
    spec: JsonObject = {
        "storageClassName": storage_class,
        "capacity": {"storage": size},
        "accessModes": ["ReadWriteOnce"],
    }
    if hosts:
        spec["nodeAffinity"] = {"required": on_nodes(*hosts)}
    if driver:
        spec["csi"] = {"driver": driver, "volumeHandle": name}
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "spec": spec,
        "status": {"phase": "Available"},
    }


def storage_class(name: str = "fast", provisioner: str = "csi.example.com", **more: object) -> JsonObject:
    """A class whose claims wait for their first pod."""
    return {
        "metadata": {"name": name},
        "provisioner": provisioner,
        "volumeBindingMode": "WaitForFirstConsumer",
        **more,
    }


def using(*claims: str) -> list[JsonObject]:
    """The `volumes` of a pod that uses claims."""
    return [{"name": each, "persistentVolumeClaim": {"claimName": each}} for each in claims]


def device(name: str, *, attributes: JsonObject | None = None, **more: object) -> JsonObject:
    """A device of a slice."""
    return {"name": name, "attributes": attributes or {}, **more}


def resource_slice(node_name: str, *devices: JsonObject, pool: str = "", slices: int = 1) -> JsonObject:
    """What the driver publishes on a node; `slices` is how many the pool should have."""
    named = {"name": pool or node_name, "generation": 1, "resourceSliceCount": slices}
    return {
        "metadata": {"name": f"{pool or node_name}-slice"},
        "spec": {"driver": DRIVER, "pool": named, "nodeName": node_name, "devices": list(devices)},
    }


def device_class(name: str = "gpu", **spec: object) -> JsonObject:
    """A class of all devices of the driver."""
    selector = {"cel": {"expression": f'device.driver == "{DRIVER}"'}}
    return {"metadata": {"name": name}, "spec": {"selectors": [selector], **spec}}


def device_request(name: str = "r", **exactly: object) -> JsonObject:
    """A request for one device of the class `gpu`, or what `exactly` says."""
    return {"name": name, "exactly": {"deviceClassName": "gpu", **exactly}}


def device_claim(
    *requests: JsonObject,
    name: str = "gpus",
    constraints: Sequence[JsonObject] = (),
    held: Sequence[str] = (),
    pool: str = "",
    users: int = 0,
) -> JsonObject:
    """A ResourceClaim in the namespace `shop`; `held` are devices of a pool that it has been given."""
    status: JsonObject = {}
    if held:
        results = [{"request": "r", "driver": DRIVER, "pool": pool, "device": each} for each in held]
        status = {
            "allocation": {"devices": {"results": results}, "nodeSelector": on_nodes(pool)},
            "reservedFor": [{"resource": "pods", "name": f"p{n}", "uid": f"u{n}"} for n in range(users)],
        }
    spec = {"devices": {"requests": list(requests), "constraints": list(constraints)}}
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec, "status": status}


def claiming(*claims: str) -> list[JsonObject]:
    """The `resourceClaims` of a pod."""
    return [{"name": each, "resourceClaimName": each} for each in claims]
