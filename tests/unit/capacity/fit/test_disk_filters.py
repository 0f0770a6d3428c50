import pytest

from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, node, pod
from tests.unit.capacity.fit.builders import claim, using, volume

BUSY = "node(s) had no available disk"
IN_USE = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
    "already in-use by another pod"
)


def gce(name: str, *, reads: bool = False) -> JsonObject:
    return {"name": "v", "gcePersistentDisk": {"pdName": name, "readOnly": reads}}


def ebs(name: str, *, reads: bool = False) -> JsonObject:
    return {"name": "v", "awsElasticBlockStore": {"volumeID": name, "readOnly": reads}}


def rbd(image: str, *monitors: str, reads: bool = False) -> JsonObject:
    return {"name": "v", "rbd": {"image": image, "monitors": list(monitors), "readOnly": reads}}


def iscsi(name: str, *, reads: bool = False) -> JsonObject:
    return {"name": "v", "iscsi": {"iqn": name, "readOnly": reads}}


@pytest.mark.parametrize(
    ("held", "wanted", "clash"),
    [
        (gce("d"), gce("d"), True),
        (gce("d"), gce("e"), False),
        (gce("d", reads=True), gce("d", reads=True), False),
        (gce("d", reads=True), gce("d"), True),
        (ebs("d", reads=True), ebs("d", reads=True), True),
        (gce("d"), ebs("d"), False),
        (rbd("i", "m1", "m2"), rbd("i", "m2"), True),
        (rbd("i", "m1"), rbd("i", "m2"), False),
        (rbd("i", "m1"), rbd("j", "m1"), False),
        (rbd("i", "m1", reads=True), rbd("i", "m1", reads=True), False),
        (iscsi("q"), iscsi("q"), True),
        (iscsi("q", reads=True), iscsi("q", reads=True), False),
    ],
)
def test_disks_that_one_node_cannot_mount_twice(held: JsonObject, wanted: JsonObject, clash: bool) -> None:
    found = cluster(node("n1"), node("n2"), pods=[pod(volumes=[held], on="n1")])
    verdict = found.verdict(pod(volumes=[wanted]))
    assert verdict.feasible_nodes == (("n2",) if clash else ("n1", "n2"))
    assert verdict.reasons == ({BUSY: 1} if clash else {})
    assert verdict.refused_by == ({"VolumeRestrictions": 1} if clash else {})


@pytest.mark.parametrize(("mode", "fits"), [("ReadWriteOncePod", False), ("ReadWriteOnce", True)])
def test_a_claim_for_one_pod_only(mode: str, fits: bool) -> None:
    bound = claim(volume="v1", mode=mode)
    objects = {"persistentvolumeclaims": [bound], "persistentvolumes": [volume("v1")]}
    verdict = cluster(node("n1"), node("n2"), pods=[pod(volumes=using("data"), on="n1")], **objects).verdict(
        pod(name="second", volumes=using("data"))
    )
    assert verdict.fits is fits
    assert verdict.message == ("" if fits else f"0/2 nodes are available: 2 {IN_USE}.")


def test_a_claim_that_does_not_exist() -> None:
    verdict = cluster(node("n1")).verdict(pod(volumes=using("data")))
    assert verdict.message == '0/1 nodes are available: persistentvolumeclaim "data" not found.'
    assert verdict.refused_by == {"VolumeRestrictions": 1}
