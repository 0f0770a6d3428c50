"""Claims that are not bound yet: made by a driver on the chosen node, or found among free volumes."""

from tests.oracle.cases.claims import (
    DRIVER,
    NO_PROVISIONER,
    SIZES,
    add_claim,
    add_class,
    add_volume,
    hostnames,
    mount,
    prebind,
    restrict,
)
from tests.oracle.cases.draft import HOSTNAME, RACK, ZONE, Draft, Json, name_of

ZONES = ("z1", "z2", "z3")
SELECTED = "volume.kubernetes.io/selected-node"


def provisioned(draft: Draft) -> None:
    """Dynamic provisioning, restricted to places by the class; perhaps a node was chosen for it before."""
    for _ in range(draft.one((1, 1, 2))):
        storage_class = add_class(draft)
        if draft.odds(0.85):
            places = [_place(draft) for _ in range(draft.one((1, 1, 2)))]
            different = [place for number, place in enumerate(places) if place not in places[:number]]
            storage_class["allowedTopologies"] = [{"matchLabelExpressions": [place]} for place in different]
        claim = add_claim(draft, name_of(storage_class), size=draft.one(SIZES))
        mount(draft.pod, claim)
        if draft.odds(0.15):
            claim["metadata"]["annotations"] = {SELECTED: name_of(draft.one(draft.nodes))}


def storage_capacity(draft: Draft) -> None:
    """A driver that publishes how much room it has, and where."""
    driver = {"storageCapacity": draft.odds(0.9), "attachRequired": True, "podInfoOnMount": False}
    draft.add("csidrivers", DRIVER, {"spec": driver})
    storage_class = add_class(draft)
    for number in range(draft.chance.randint(0, 5)):
        capacity: Json = {"storageClassName": name_of(storage_class), "capacity": draft.one(SIZES)}
        if draft.odds(0.3):
            capacity["maximumVolumeSize"] = draft.one(SIZES)
        if draft.odds(0.9):
            capacity["nodeTopology"] = _labels_of_some_nodes(draft)
        if draft.odds(0.1):
            capacity["storageClassName"] = "another"
        draft.add("csistoragecapacities", f"capacity-{number}", capacity, namespace="kube-system")
    for _ in range(draft.one((1, 1, 2))):
        mount(draft.pod, add_claim(draft, name_of(storage_class), size=draft.one(SIZES)))


def static(draft: Draft) -> None:
    """Free local volumes of a class that makes none: each claim takes the smallest that is large enough."""
    storage_class = add_class(
        draft, provisioner=draft.one((NO_PROVISIONER, NO_PROVISIONER, NO_PROVISIONER, DRIVER))
    )
    if storage_class["provisioner"] == DRIVER and draft.odds(0.7):
        storage_class["allowedTopologies"] = [{"matchLabelExpressions": [_place(draft)]}]
    class_name = name_of(storage_class)
    claims = [add_claim(draft, class_name, size=draft.one(SIZES)) for _ in range(draft.one((1, 1, 2, 3)))]
    for claim in claims:
        mount(draft.pod, claim)
        if draft.odds(0.15):
            claim["spec"]["selector"] = {"matchLabels": {"grade": "fast"}}
    for _ in range(draft.chance.randint(0, 2 * len(draft.nodes))):
        _free_volume(draft, class_name, claims)


def broken(draft: Draft) -> None:
    """A claim that is missing, lost, of an unknown class, or that waits for the volume controller."""
    kind = draft.one(("missing", "immediate", "class", "deleted", "lost"))
    if kind == "missing":
        mount(draft.pod, {"metadata": {"name": "no-such-claim"}})
        return
    mode = "Immediate" if kind == "immediate" else "WaitForFirstConsumer"
    claim = add_claim(draft, "no-such-class" if kind == "class" else name_of(add_class(draft, mode=mode)))
    mount(draft.pod, claim)
    if kind == "deleted":
        claim["metadata"] |= {
            "deletionTimestamp": "2026-06-01T00:00:00Z",
            "finalizers": ["kubernetes.io/pvc-protection"],
        }
    if kind == "lost":
        claim["spec"]["volumeName"] = "gone"
        claim["metadata"]["annotations"] = {"pv.kubernetes.io/bind-completed": "yes"}
        claim["status"] = {"phase": "Lost"}


def _free_volume(draft: Draft, class_name: str, claims: list[Json]) -> None:
    volume = add_volume(draft, class_name, size=draft.one(SIZES))
    volume["spec"]["local"] = {"path": "/mnt/disk"}
    volume["spec"].pop("csi")
    restrict(volume, [[(HOSTNAME, hostnames(draft, 0.05))]])
    if draft.odds(0.15):
        volume["spec"]["accessModes"] = ["ReadOnlyMany"]
    if draft.odds(0.1):
        volume["spec"]["volumeMode"] = "Block"
    if draft.odds(0.1):
        volume["metadata"]["labels"] = {"grade": draft.one(("fast", "slow"))}
    kept = {(each["spec"].get("claimRef") or {}).get("name") for each in draft.objects["persistentvolumes"]}
    unkept = [each for each in claims if name_of(each) not in kept]
    if unkept and draft.odds(0.08):  # two volumes kept for one claim: upstream's answer is random
        prebind(volume, draft.one(unkept))
    elif draft.odds(0.08):
        other = {"metadata": {"namespace": "ops", "name": "other", "uid": "other"}}
        prebind(volume, other)
        volume["status"] = {"phase": "Bound"}
    if draft.odds(0.05):
        volume["status"] = {"phase": draft.one(("Released", "Failed"))}
    if draft.odds(0.04):
        volume["metadata"] |= {
            "deletionTimestamp": "2026-06-01T00:00:00Z",
            "finalizers": ["kubernetes.io/pv-protection"],
        }


def _place(draft: Draft) -> Json:
    key = draft.one((ZONE, ZONE, RACK, HOSTNAME))
    if key == HOSTNAME:
        return {"key": key, "values": hostnames(draft, 0.3)}
    values = ZONES if key == ZONE else ("z1-r1", "z1-r2", "z2-r1", "z3-r1")
    return {"key": key, "values": draft.at_least_one(values, 0.35)}


def _labels_of_some_nodes(draft: Draft) -> Json:
    place = _place(draft)
    if draft.odds(0.2):
        return {"matchExpressions": [{"key": place["key"], "operator": "In", "values": place["values"]}]}
    return {"matchLabels": {place["key"]: place["values"][0]}}
