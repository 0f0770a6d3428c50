"""Storage classes, volumes and claims as an API server and the volume controller leave them."""

from collections.abc import Sequence

from tests.oracle.cases.draft import HOSTNAME, Draft, Json, labels_of

NO_PROVISIONER = "kubernetes.io/no-provisioner"
DRIVER = "csi.example.com"
SIZES = ("1Gi", "5Gi", "10Gi", "50G", "100Gi")
Requirement = tuple[str, Sequence[str]]


def mount(pod: Json, claim: Json) -> None:
    """Make the claim a volume of the pod."""
    volumes = pod["spec"].setdefault("volumes", [])
    source = {"claimName": claim["metadata"]["name"]}
    volumes.append({"name": f"v{len(volumes)}", "persistentVolumeClaim": source})


def add_class(draft: Draft, *, provisioner: str = DRIVER, mode: str = "WaitForFirstConsumer") -> Json:
    """A storage class of its own name."""
    body = {"provisioner": provisioner, "volumeBindingMode": mode, "reclaimPolicy": "Delete"}
    return draft.add("storageclasses", draft.fresh("class"), body)


def add_claim(draft: Draft, class_name: str, *, size: str = "5Gi", mode: str = "ReadWriteOnce") -> Json:
    """A claim in the incoming pod's namespace that is bound to nothing."""
    spec = {
        "accessModes": [mode],
        "resources": {"requests": {"storage": size}},
        "storageClassName": class_name,
        "volumeMode": "Filesystem",
    }
    body = {"spec": spec, "status": {"phase": "Pending"}}
    return draft.add("persistentvolumeclaims", draft.fresh("claim"), body, namespace=draft.namespace)


def add_volume(draft: Draft, class_name: str, *, size: str = "10Gi", mode: str = "ReadWriteOnce") -> Json:
    """A volume that is free."""
    name = draft.fresh("pv")
    spec = {
        "capacity": {"storage": size},
        "accessModes": [mode],
        "storageClassName": class_name,
        "volumeMode": "Filesystem",
        "persistentVolumeReclaimPolicy": "Delete",
        "csi": {"driver": DRIVER, "volumeHandle": f"handle-{name}"},
    }
    return draft.add("persistentvolumes", name, {"spec": spec, "status": {"phase": "Available"}})


def restrict(volume: Json, terms: Sequence[Sequence[Requirement]]) -> None:
    """Where the volume can be reached from: one of the terms, each of labels with their values."""
    volume["spec"]["nodeAffinity"] = {
        "required": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {"key": key, "operator": "In", "values": list(values)} for key, values in term
                    ]
                }
                for term in terms
            ]
        }
    }


def bind(claim: Json, volume: Json) -> None:
    """As the volume controller binds them."""
    volume["spec"]["claimRef"] = _reference(claim)
    volume["status"] = {"phase": "Bound"}
    claim["spec"]["volumeName"] = volume["metadata"]["name"]
    annotations = claim["metadata"].setdefault("annotations", {})
    annotations |= {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}
    claim["status"] = {"phase": "Bound", "capacity": volume["spec"]["capacity"]}


def prebind(volume: Json, claim: Json) -> None:
    """An administrator kept the volume for that claim."""
    volume["spec"]["claimRef"] = _reference(claim)


def add_bound(draft: Draft, *, mode: str = "ReadWriteOnce", driver: str = DRIVER) -> tuple[Json, Json]:
    """A claim and a volume that are bound, of a class of their own."""
    storage_class = add_class(draft, provisioner=driver)
    name = storage_class["metadata"]["name"]
    claim, volume = add_claim(draft, name, mode=mode), add_volume(draft, name, mode=mode)
    volume["spec"]["csi"]["driver"] = driver
    bind(claim, volume)
    return claim, volume


def hostnames(draft: Draft, share: float) -> list[str]:
    """The host names of some nodes."""
    return [labels_of(node)[HOSTNAME] for node in draft.at_least_one(draft.nodes, share)]


def _reference(claim: Json) -> Json:
    metadata = claim["metadata"]
    kept = {key: metadata[key] for key in ("namespace", "name", "uid")}
    return {"kind": "PersistentVolumeClaim", "apiVersion": "v1"} | kept
