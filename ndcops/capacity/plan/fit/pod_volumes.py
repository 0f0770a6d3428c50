"""The volumes of a pod that the scheduler cares for: claims, generic ephemeral volumes, in-tree disks."""

from dataclasses import dataclass

from ndcops.model.record import JsonObject


@dataclass(frozen=True)
class ClaimVolume:
    """A volume behind a PersistentVolumeClaim; `pod` is the owner of a generic ephemeral one, else empty."""

    claim: str
    pod: str = ""


@dataclass(frozen=True)
class Disk:
    """An in-tree disk named in the pod itself. Two pods on one node clash over one identity unless both only read.

    Rules: VolumeRestrictions, isVolumeConflict. `driver` is the CSI driver that serves it now, if any.
    """

    kind: str
    identity: str
    parts: frozenset[str]
    only_reads: bool
    driver: str = ""

    def clashes(self, other: "Disk") -> bool:
        """Whether a node cannot mount both."""
        if not self.kind or self.kind != other.kind or self.identity != other.identity:
            return False
        if self.parts and not self.parts & other.parts:
            return False
        return self.kind == "ebs" or not (self.only_reads and other.only_reads)


@dataclass(frozen=True)
class PodVolumes:
    """All of them, in the order of the pod."""

    claims: tuple[ClaimVolume, ...] = ()
    disks: tuple[Disk, ...] = ()

    def __bool__(self) -> bool:
        """Whether the pod has any that matter."""
        return bool(self.claims or self.disks)


NO_VOLUMES = PodVolumes()
MIGRATED = {
    "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
    "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/cinder": "cinder.csi.openstack.org",
    "kubernetes.io/portworx-volume": "pxd.portworx.com",
}
"""In-tree plugins whose volumes a CSI driver serves and counts (k8s.io/csi-translation-lib)."""
IN_TREE_FIELDS = {
    "gcePersistentDisk": ("kubernetes.io/gce-pd", "pdName"),
    "awsElasticBlockStore": ("kubernetes.io/aws-ebs", "volumeID"),
    "azureDisk": ("kubernetes.io/azure-disk", "diskURI"),
    "cinder": ("kubernetes.io/cinder", "volumeID"),
    "portworxVolume": ("kubernetes.io/portworx-volume", "volumeID"),
}
"""Field of a volume or PersistentVolume: its in-tree plugin, and what names the disk."""


def pod_volumes(pod: JsonObject) -> PodVolumes:
    """The volumes of a pod object."""
    written = pod["spec"].get("volumes")
    if not written:
        return NO_VOLUMES
    name = (pod.get("metadata") or {}).get("name") or ""
    claims: list[ClaimVolume] = []
    disks: list[Disk] = []
    for volume in written:
        if volume.get("persistentVolumeClaim"):
            claims.append(ClaimVolume(volume["persistentVolumeClaim"]["claimName"]))
        elif volume.get("ephemeral"):
            claims.append(ClaimVolume(f"{name}-{volume['name']}", pod=name))
        else:
            disk = _disk(volume)
            if disk is not None:
                disks.append(disk)
    return PodVolumes(tuple(claims), tuple(disks)) if claims or disks else NO_VOLUMES


def _disk(volume: JsonObject) -> Disk | None:
    if rbd := volume.get("rbd"):
        pool = rbd.get("pool") or "rbd"
        return Disk(
            "rbd", f"{pool}/{rbd['image']}", frozenset(rbd.get("monitors") or ()), bool(rbd.get("readOnly"))
        )
    if iscsi := volume.get("iscsi"):
        return Disk("iscsi", iscsi["iqn"], frozenset(), bool(iscsi.get("readOnly")))
    for field, (plugin, key) in IN_TREE_FIELDS.items():
        if source := volume.get(field):
            kind = {"gcePersistentDisk": "gce", "awsElasticBlockStore": "ebs"}.get(field, "")
            return Disk(kind, source[key], frozenset(), bool(source.get("readOnly")), MIGRATED[plugin])
    return None
