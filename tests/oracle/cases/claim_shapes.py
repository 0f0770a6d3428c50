"""Claims that the pod's own template makes, and claims in older or rarer spellings."""

from tests.oracle.cases.claims import (
    NO_PROVISIONER,
    SIZES,
    add_claim,
    add_class,
    add_volume,
    bind,
    mount,
    restrict,
)
from tests.oracle.cases.draft import ZONE, Draft, Json, name_of

BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


def ephemeral(draft: Draft) -> None:
    """A volume whose claim is made with the pod: there already, bound perhaps, missing yet, or somebody else's."""
    storage_class = add_class(draft)
    zones = draft.at_least_one(("z1", "z2", "z3"), 0.4)
    volumes = draft.pod["spec"].setdefault("volumes", [])
    volume_name = f"v{len(volumes)}"
    template: Json = {"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": name_of(storage_class)}}
    template["spec"]["resources"] = {"requests": {"storage": "5Gi"}}
    volumes.append({"name": volume_name, "ephemeral": {"volumeClaimTemplate": template}})
    kind = draft.one(("bound", "free", "free", "missing", "foreign"))
    if kind == "missing":
        return
    claim = add_claim(draft, name_of(storage_class))
    claim["metadata"]["name"] = f"incoming-{volume_name}"
    uid = "somebody" if kind == "foreign" else "incoming"
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "incoming", "uid": uid, "controller": True}
    claim["metadata"]["ownerReferences"] = [owner]
    if kind == "bound":
        volume = add_volume(draft, name_of(storage_class))
        bind(claim, volume)
        restrict(volume, [[(ZONE, zones)]])
    else:
        storage_class["allowedTopologies"] = [{"matchLabelExpressions": [{"key": ZONE, "values": zones}]}]


def old(draft: Draft) -> None:
    """The class in an annotation, the empty class, or none; volumes with other operators in their affinity."""
    class_name = name_of(add_class(draft, provisioner=NO_PROVISIONER))
    claim = add_claim(draft, class_name)
    mount(draft.pod, claim)
    kind = draft.one(("annotation", "annotation", "operators", "operators", "empty", "none"))
    if kind in ("empty", "none"):
        claim["spec"]["storageClassName"] = ""
        if kind == "none":
            claim["spec"].pop("storageClassName")
        return
    for _ in range(draft.chance.randint(1, 4)):
        volume = add_volume(draft, class_name, size=draft.one(SIZES))
        if kind == "annotation":
            _class_in_annotation(volume, class_name)
        volume["spec"]["nodeAffinity"] = {"required": {"nodeSelectorTerms": [_term(draft)]}}
    if kind == "annotation":
        _class_in_annotation(claim, class_name)


def _class_in_annotation(document: Json, class_name: str) -> None:
    document["spec"].pop("storageClassName")
    document["metadata"]["annotations"] = {BETA_CLASS: class_name}


def _term(draft: Draft) -> Json:
    expressions = (
        {"key": "disk", "operator": "NotIn", "values": ["hdd"]},
        {"key": "accelerator", "operator": "Exists"},
        {"key": "accelerator", "operator": "DoesNotExist"},
        {"key": "cores", "operator": "Gt", "values": ["8"]},
        {"key": "cores", "operator": "Lt", "values": ["16"]},
    )
    return {"matchExpressions": draft.chance.sample(expressions, draft.one((1, 1, 2)))}
