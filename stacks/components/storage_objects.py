"""A storage tier as Kubernetes has it: storage, snapshot, attributes and replication classes.

Pure; the storage layer registers what it returns. All of them are immutable in Kubernetes: a changed tier
replaces its classes, existing volumes keep what they were made with.
"""

from ndcops.model.object_names import storage_class, volume_attributes_class
from ndcops.model.site import Media, Replication, Site, StorageTier
from stacks.components.manifest import Manifest, manifest

_ASYNC_INTERVAL = "5m"


def tier_objects(site: Site) -> list[Manifest]:
    """The classes of every tier."""
    objects: list[Manifest] = []
    for tier in site.tiers:
        objects.append(_storage_class(tier))
        if tier.media is not Media.OBJECT:
            objects.append(_snapshot_class(tier))
        if tier.iops_per_gib is not None:
            objects.append(_attributes_class(tier))
        if tier.replication is not Replication.NONE:
            objects.append(_replication_class(tier))
    return objects


def _storage_class(tier: StorageTier) -> Manifest:
    # A bucket has no node to wait for and no file system to grow; buckets are claimed through the same class.
    is_object = tier.media is Media.OBJECT
    parameters = {
        "encrypted": str(tier.encrypted).lower(),
        "media": tier.media.value,
        "replicas": str(tier.replicas),
        "replication": tier.replication.value,
    }
    body = {
        "provisioner": tier.provisioner,
        "parameters": parameters if is_object else {**parameters, "csi.storage.k8s.io/fstype": "xfs"},
        "reclaimPolicy": "Retain",
        "volumeBindingMode": "Immediate" if is_object else "WaitForFirstConsumer",
        "allowVolumeExpansion": not is_object,
    }
    return manifest("storage.k8s.io/v1", "StorageClass", storage_class(tier.name), body)


def _snapshot_class(tier: StorageTier) -> Manifest:
    body = {"driver": tier.provisioner, "deletionPolicy": "Retain"}
    return manifest("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", storage_class(tier.name), body)


def _attributes_class(tier: StorageTier) -> Manifest:
    body = {"driverName": tier.provisioner, "parameters": {"iopsPerGiB": str(tier.iops_per_gib)}}
    return manifest("storage.k8s.io/v1", "VolumeAttributesClass", volume_attributes_class(tier), body)


def _replication_class(tier: StorageTier) -> Manifest:
    parameters = {"replication": tier.replication.value}
    if tier.replication is Replication.ASYNC:
        parameters["schedulingInterval"] = _ASYNC_INTERVAL
    body = {"spec": {"provisioner": tier.provisioner, "parameters": parameters}}
    kind = "VolumeReplicationClass"
    return manifest("replication.storage.openshift.io/v1alpha1", kind, storage_class(tier.name), body)
