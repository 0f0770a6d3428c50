"""Volumes that two pods cannot have at once: ReadWriteOncePod claims, and disks named in the pod itself."""

from tests.oracle.cases.claims import add_bound, mount
from tests.oracle.cases.draft import Draft, Json
from tests.oracle.cases.pods import add_resident


def once_pod(draft: Draft) -> None:
    """Claims that one pod alone may use, some of them in use."""
    for _ in range(draft.one((1, 1, 2))):
        claim, _volume = add_bound(draft, mode="ReadWriteOncePod")
        mount(draft.pod, claim)
        if draft.odds(0.6):
            user = add_resident(draft, namespace=draft.namespace)
            user["status"]["phase"] = draft.one(("Running", "Running", "Succeeded"))
            mount(user, claim)


def same_disk(draft: Draft) -> None:
    """The same cloud disk, iSCSI target or Ceph image as residents have; read-only may be shared by most kinds."""
    kind = draft.one(("gce", "ebs", "iscsi", "rbd"))
    _inline(draft.pod, _disk(draft, kind))
    for _ in range(draft.chance.randint(1, 5)):
        _inline(add_resident(draft), _disk(draft, kind))


def _disk(draft: Draft, kind: str) -> Json:
    read_only = {"readOnly": True} if draft.odds(0.4) else {}
    number = draft.one((1, 1, 1, 2))
    if kind == "gce":
        return {"gcePersistentDisk": {"pdName": f"disk-{number}"} | read_only}
    if kind == "ebs":
        return {"awsElasticBlockStore": {"volumeID": f"aws://zone/vol-{number}"} | read_only}
    if kind == "iscsi":
        source = {"targetPortal": draft.one(("10.0.0.2:3260", "10.0.0.3:3260")), "lun": draft.one((0, 1))}
        return {
            "iscsi": source
            | {"iqn": f"iqn.2026-01.com.example:disk-{number}", "iscsiInterface": "default"}
            | read_only
        }
    monitors = draft.chance.sample(("10.0.1.1", "10.0.1.2", "10.0.1.3"), 2)
    source = {"monitors": monitors, "pool": draft.one(("rbd", "rbd", "ssd")), "image": f"image-{number}"}
    return {"rbd": source | {"user": "admin", "keyring": "/etc/ceph/keyring"} | read_only}


def _inline(pod: Json, source: Json) -> None:
    volumes = pod["spec"].setdefault("volumes", [])
    volumes.append({"name": f"v{len(volumes)}"} | source)
