import pytest

from ndcops.capacity.plan.fit import Cluster, pod_shape
from ndcops.capacity.plan.fit.attachments import NO_LIMIT
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, node, pod
from tests.unit.capacity.fit.builders import claim, storage_class, using, volume

CSI = "csi.example.com"
FULL = "node(s) exceed max volume count"


def disks(limit: int, *pods: JsonObject, **objects: list[JsonObject]) -> Cluster:
    """Two nodes that attach `limit` volumes each, four claims with volumes of their own."""
    names = ("a", "b", "c", "d")
    csi_nodes = [
        {"metadata": {"name": name}, "spec": {"drivers": [{"name": CSI, "allocatable": {"count": limit}}]}}
        for name in ("n1", "n2")
    ]
    return cluster(
        node("n1"),
        node("n2"),
        pods=pods,
        csinodes=csi_nodes,
        storageclasses=[storage_class()],
        persistentvolumeclaims=[claim(name, volume=f"v{name}") for name in names],
        persistentvolumes=[volume(f"v{name}", driver=CSI) for name in names],
        **objects,
    )


def wanting(*claims: str, on: str = "") -> JsonObject:
    return pod(volumes=using(*claims), on=on)


@pytest.mark.parametrize(
    ("standing", "wanted", "feasible"),
    [
        ([], wanting("a", "b"), ("n1", "n2")),
        ([], wanting("a", "b", "c"), ()),
        ([wanting("a", "b", on="n1")], wanting("c"), ("n2",)),
        ([wanting("a", "b", on="n1")], wanting("a"), ("n1", "n2")),
        ([wanting("a", "b", on="n1")], wanting("a", "c"), ("n2",)),
        ([wanting("a", on="n1"), wanting("a", on="n1")], wanting("b"), ("n1", "n2")),
        ([wanting("a", "b", on="n1"), wanting("a", "b", on="n2")], wanting("c"), ()),
        ([wanting("a", "b", on="n1")], pod(), ("n1", "n2")),
    ],
)
def test_a_node_attaches_each_volume_once_and_no_more_than_its_limit(
    standing: list[JsonObject], wanted: JsonObject, feasible: tuple[str, ...]
) -> None:
    verdict = disks(2, *standing).verdict(wanted)
    assert verdict.feasible_nodes == feasible
    assert verdict.reasons == ({} if len(feasible) == 2 else {FULL: 2 - len(feasible)})


def test_attachments_that_outlive_their_pods_count() -> None:
    attachment = {"spec": {"nodeName": "n1", "attacher": CSI, "source": {"persistentVolumeName": "va"}}}
    found = disks(1, volumeattachments=[attachment])
    assert found.verdict(wanting("b")).feasible_nodes == ("n2",)


def test_a_driver_without_a_limit_attaches_any_number() -> None:
    found = disks(1)
    assert found.state.attachments.limit("other").tolist() == [NO_LIMIT, NO_LIMIT]


def test_pods_that_go_free_what_nobody_else_holds() -> None:
    found = disks(1, wanting("a", on="n1"), wanting("b", on="n2"))
    second = pod_shape(wanting("a"))
    found.place(second, 0)
    assert not found.verdict(wanting("c")).fits
    found.place(second, 0, -1)
    assert not found.verdict(wanting("c")).fits
    first = next(group.shape for group in found.state.residents.groups() if group.counts.get(0))
    found.place(first, 0, -1)
    assert found.verdict(wanting("c")).feasible_nodes == ("n1",)


def test_a_copy_takes_volumes_away_without_touching_its_base() -> None:
    base = disks(1, wanting("a", on="n1"), wanting("b", on="n2"))
    what_if = base.copy().copy()
    first = next(group.shape for group in base.state.residents.groups() if group.counts.get(0))
    what_if.place(first, 0, -1)
    assert what_if.verdict(wanting("c")).feasible_nodes == ("n1",)
    assert not base.verdict(wanting("c")).fits
