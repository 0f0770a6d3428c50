"""Volumes, claims, classes and drivers of a cluster, indexed as the storage filters ask for them."""

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ndcops.capacity.plan.fit.pod_volumes import IN_TREE_FIELDS, MIGRATED, ClaimVolume, PodVolumes
from ndcops.capacity.plan.fit.quantity import amount
from ndcops.model.record import JsonObject

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_STORAGE = "storage"
MOST_LAYERS = 16
Attachment = tuple[str, str]
"""A CSI driver, and what it calls the volume."""


def claim_class(claim: JsonObject) -> str:
    """The storage class that a claim or a volume names, the old annotation first; empty when none."""
    annotations = claim["metadata"].get("annotations") or {}
    return str(annotations.get(_BETA_CLASS, claim["spec"].get("storageClassName") or ""))


def is_bound(claim: JsonObject) -> bool:
    """Whether the volume controller has finished binding the claim."""
    annotations = claim["metadata"].get("annotations") or {}
    return bool(claim["spec"].get("volumeName")) and BIND_COMPLETED in annotations


def requested_bytes(claim: JsonObject) -> int | None:
    """The size that a claim asks for, in bytes; None when it does not say."""
    quantity = ((claim["spec"].get("resources") or {}).get("requests") or {}).get(_STORAGE)
    return None if quantity is None else amount(_STORAGE, quantity)


def capacity_bytes(volume: JsonObject) -> int:
    """The size of a volume, in bytes."""
    return amount(_STORAGE, (volume["spec"].get("capacity") or {}).get(_STORAGE, 0))


@dataclass
class Storage:
    """The storage objects of one cluster; `free_volumes` by class, `kept_volumes` by the claim that they name."""

    volumes: Mapping[str, JsonObject] = field(default_factory=dict)
    claims: Mapping[tuple[str, str], JsonObject] = field(default_factory=dict)
    classes: Mapping[str, JsonObject] = field(default_factory=dict)
    drivers: Mapping[str, JsonObject] = field(default_factory=dict)
    csi_nodes: Mapping[str, JsonObject] = field(default_factory=dict)
    capacities: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    free_volumes: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    kept_volumes: Mapping[tuple[str, str], tuple[JsonObject, ...]] = field(default_factory=dict)
    attachments: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    @classmethod
    def of(cls, objects: Mapping[str, Iterable[JsonObject]]) -> "Storage":
        """Index the objects of a cluster, given by plural."""
        volumes = _by_name(objects.get("persistentvolumes", ()))
        free = defaultdict(list)
        kept = defaultdict(list)
        for volume in volumes.values():
            reference = volume["spec"].get("claimRef")
            if reference is None:
                free[claim_class(volume)].append(volume)
            else:
                kept[(reference.get("namespace") or "", reference.get("name") or "")].append(volume)
        capacities = defaultdict(list)
        for each in objects.get("csistoragecapacities", ()):
            capacities[each["storageClassName"]].append(each)
        attachments = defaultdict(list)
        for each in objects.get("volumeattachments", ()):
            attachments[each["spec"]["nodeName"]].append(each)
        return cls(
            volumes=volumes,
            claims={
                (each["metadata"].get("namespace") or "default", each["metadata"]["name"]): each
                for each in objects.get("persistentvolumeclaims", ())
            },
            classes=_by_name(objects.get("storageclasses", ())),
            drivers=_by_name(objects.get("csidrivers", ())),
            csi_nodes=_by_name(objects.get("csinodes", ())),
            capacities={name: tuple(each) for name, each in capacities.items()},
            free_volumes={name: tuple(each) for name, each in free.items()},
            kept_volumes={name: tuple(each) for name, each in kept.items()},
            attachments={name: tuple(each) for name, each in attachments.items()},
        )

    def also(self, claims: Mapping[tuple[str, str], JsonObject]) -> "Storage":
        """The same with more claims."""
        return replace(self, claims=ChainMap(dict(claims), *_maps(self.claims)))

    def taking(self, volumes: frozenset[str]) -> "Storage":
        """The same without these free volumes: a placed pod's claims are about to bind to them."""
        return replace(self, taken=self.taken | volumes)

    def attach_limit(self, node: str, driver: str) -> int | None:
        """How many volumes of a CSI driver the node can attach; None when its CSINode names no limit."""
        limit: int | None = None
        for each in ((self.csi_nodes.get(node) or {}).get("spec") or {}).get("drivers") or ():
            count = (each.get("allocatable") or {}).get("count") if each["name"] == driver else None
            limit = limit if count is None else int(count)
        return limit

    def attached_by(self, namespace: str, volumes: PodVolumes) -> frozenset[Attachment]:
        """What a pod's volumes attach, as NodeVolumeLimits counts; claims that do not exist count nothing."""
        found = (self._attachment(namespace, each) for each in volumes.claims)
        inline = ((disk.driver, f"inline/{disk.identity}") for disk in volumes.disks if disk.driver)
        return frozenset([*(each for each in found if each is not None), *inline])

    def _attachment(self, namespace: str, volume: ClaimVolume) -> Attachment | None:
        claim = self.claims.get((namespace, volume.claim))
        if claim is None:
            return None
        bound = self.volumes.get(claim["spec"].get("volumeName") or "")
        if bound is not None:
            return volume_attachment(bound)
        provisioner = (self.classes.get(claim_class(claim)) or {}).get("provisioner")
        if not provisioner:
            return None
        return str(MIGRATED.get(provisioner, provisioner)), f"claim/{namespace}/{volume.claim}"

    def already_attached(self, node: str) -> frozenset[Attachment]:
        """What VolumeAttachment objects say is attached to the node."""
        found = set()
        for each in self.attachments.get(node, ()):
            attacher = each["spec"].get("attacher")
            volume = self.volumes.get((each["spec"].get("source") or {}).get("persistentVolumeName") or "")
            csi = volume["spec"].get("csi") if volume is not None else None
            if attacher and csi:
                found.add((attacher, csi["volumeHandle"]))
        return frozenset(found)


def volume_attachment(volume: JsonObject) -> Attachment | None:
    """Driver and handle of a volume that a CSI driver serves, directly or by migration; None for others."""
    csi = volume["spec"].get("csi")
    if csi:
        return csi["driver"], csi["volumeHandle"]
    for name, (plugin, key) in IN_TREE_FIELDS.items():
        if source := volume["spec"].get(name):
            return MIGRATED[plugin], f"inline/{source[key]}"
    return None


def _by_name(objects: Iterable[JsonObject]) -> dict[str, JsonObject]:
    return {each["metadata"]["name"]: each for each in objects}


def _maps(claims: Mapping[tuple[str, str], JsonObject]) -> list[dict[tuple[str, str], JsonObject]]:
    """The layers of claims; many become one, so that a lookup stays short."""
    if not isinstance(claims, ChainMap):
        return [dict(claims)] if not isinstance(claims, dict) else [claims]
    if len(claims.maps) < MOST_LAYERS:
        return [dict(layer) if not isinstance(layer, dict) else layer for layer in claims.maps]
    upper: dict[tuple[str, str], JsonObject] = {}
    for layer in reversed(claims.maps[:-1]):
        upper.update(layer)
    base = claims.maps[-1]
    return [upper, base if isinstance(base, dict) else dict(base)]
