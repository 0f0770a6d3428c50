import pytest

from ndcops.capacity.plan.fit import Verdict
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, node, pod
from tests.unit.capacity.fit.builders import claim, storage_class, using, volume

NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind"
NO_SPACE = "node(s) did not have enough free storage"
NO_ZONE = "node(s) had no available volume zone"
LOCAL = storage_class(provisioner="kubernetes.io/no-provisioner")
ZONE = "topology.kubernetes.io/zone"
OLD_ZONE = "failure-domain.beta.kubernetes.io/zone"


def asked(*claims: JsonObject, wanted: JsonObject | None = None, **objects: list[JsonObject]) -> Verdict:
    """Whether a pod that uses the claims fits on `n1` or `n2`, labelled with their names and zones."""
    nodes = (node("n1", labels={"host": "n1", ZONE: "a"}), node("n2", labels={"host": "n2", ZONE: "b"}))
    found = cluster(*nodes, persistentvolumeclaims=claims, **objects)
    return found.verdict(wanted or pod(volumes=using(*(each["metadata"]["name"] for each in claims))))


def with_status(phase: str) -> JsonObject:
    return claim(volume="gone") | {"status": {"phase": phase}}


def leaving() -> JsonObject:
    written = claim()
    written["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return written


@pytest.mark.parametrize(
    ("written", "classes", "message"),
    [
        (claim(), [], "pod has unbound immediate PersistentVolumeClaims"),
        (
            claim(),
            [storage_class(volumeBindingMode="Immediate")],
            "pod has unbound immediate PersistentVolumeClaims",
        ),
        (leaving(), [storage_class()], 'persistentvolumeclaim "data" is being deleted'),
        (
            with_status("Lost"),
            [],
            'persistentvolumeclaim "data" bound to non-existent persistentvolume "gone"',
        ),
        (claim(volume="gone"), [], 'persistentvolume "gone" not found'),
    ],
)
def test_claims_that_no_node_can_serve(written: JsonObject, classes: list[JsonObject], message: str) -> None:
    assert asked(written, storageclasses=classes).message == f"0/2 nodes are available: {message}."


def test_a_class_without_binding_mode_is_an_error_of_the_plugin() -> None:
    verdict = asked(claim(), storageclasses=[storage_class(volumeBindingMode=None)])
    assert verdict.message == 'VolumeBindingMode not set for StorageClass "fast"'


EPHEMERAL = pod(volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": {}}}])


@pytest.mark.parametrize(
    ("owner", "message"),
    [
        (None, 'waiting for ephemeral volume controller to create the persistentvolumeclaim "web-v"'),
        ("another", "PVC shop/web-v was not created for pod shop/web (pod is not owner)"),
        ("uid-web", ""),
    ],
)
def test_generic_ephemeral_volumes_wait_for_a_claim_of_their_own(owner: str | None, message: str) -> None:
    made = claim("web-v")
    made["metadata"]["ownerReferences"] = [{"controller": True, "uid": owner}]
    verdict = asked(*([made] if owner else []), wanted=EPHEMERAL, storageclasses=[storage_class()])
    assert verdict.message == (f"0/2 nodes are available: {message}." if message else "")


def test_a_bound_volume_is_reached_from_where_it_is() -> None:
    verdict = asked(claim(volume="v1"), persistentvolumes=[volume("v1", hosts=["n2"])])
    assert verdict.feasible_nodes == ("n2",)
    assert (verdict.reasons, verdict.refused_by) == ({NODE_CONFLICT: 1}, {"VolumeBinding": 1})
    assert asked(claim(volume="v1"), persistentvolumes=[volume("v1")]).feasible == 2


def test_two_bound_volumes_must_meet() -> None:
    apart = [volume("v1", hosts=["n1"]), volume("v2", hosts=["n2"])]
    verdict = asked(claim("a", volume="v1"), claim("b", volume="v2"), persistentvolumes=apart)
    assert verdict.message == f"0/2 nodes are available: 2 {NODE_CONFLICT}."


@pytest.mark.parametrize(
    ("claims", "volumes", "feasible"),
    [
        ([claim()], [volume("v1", hosts=["n1"])], ("n1",)),
        ([claim(size="2Gi")], [volume("v1", hosts=["n1"])], ()),
        ([claim("a"), claim("b")], [volume("v1", hosts=["n1"])], ()),
        ([claim("a"), claim("b")], [volume("v1"), volume("v2", hosts=["n2"])], ("n2",)),
        # The small claim takes the small volume and leaves the large one.
        ([claim("a", size="2Gi"), claim("b")], [volume("v1", size="2Gi"), volume("v2")], ("n1", "n2")),
        ([claim(storage_class="fast")], [volume("v1", storage_class="slow")], ()),
        ([claim(mode="ReadWriteMany")], [volume("v1")], ()),
        ([claim()], [], ()),
    ],
)
def test_waiting_claims_find_free_volumes(
    claims: list[JsonObject], volumes: list[JsonObject], feasible: tuple[str, ...]
) -> None:
    verdict = asked(*claims, storageclasses=[LOCAL], persistentvolumes=volumes)
    assert verdict.feasible_nodes == feasible
    assert verdict.reasons == ({BIND_CONFLICT: 2 - len(feasible)} if len(feasible) < 2 else {})


def topology(key: str, *values: str) -> list[JsonObject]:
    return [{"matchLabelExpressions": [{"key": key, "values": list(values)}]}]


def test_a_class_makes_volumes_in_its_topologies_only() -> None:
    assert asked(claim(), storageclasses=[storage_class()]).feasible == 2
    bounded = storage_class(allowedTopologies=topology("host", "n2", "n3"))
    verdict = asked(claim(), storageclasses=[bounded])
    assert (verdict.feasible_nodes, verdict.reasons) == (("n2",), {BIND_CONFLICT: 1})


def test_drivers_that_publish_capacities_need_enough() -> None:
    def capacity(host: str, **sizes: str) -> JsonObject:
        return {"storageClassName": "fast", "nodeTopology": {"matchLabels": {"host": host}}, **sizes}

    driver = {"metadata": {"name": "csi.example.com"}, "spec": {"storageCapacity": True}}
    objects = {
        "storageclasses": [storage_class()],
        "csidrivers": [driver],
        "csistoragecapacities": [
            capacity("n1", capacity="10Gi"),
            capacity("n2", capacity="20Gi", maximumVolumeSize="4Gi"),
        ],
    }
    assert asked(claim(size="4Gi"), **objects).feasible == 2
    verdict = asked(claim(size="5Gi"), **objects)
    assert (verdict.feasible_nodes, verdict.reasons) == (("n1",), {NO_SPACE: 1})
    assert not asked(claim(size="11Gi"), **objects).fits


@pytest.mark.parametrize(
    ("label", "feasible"),
    [
        ({ZONE: "a"}, ("n1",)),
        ({ZONE: "a__b"}, ("n1", "n2")),
        ({OLD_ZONE: "b"}, ("n2",)),
        ({ZONE: "c"}, ()),
        ({ZONE: ""}, ("n1", "n2")),
        ({"other": "c"}, ("n1", "n2")),
    ],
)
def test_zone_labels_of_bound_volumes(label: dict[str, str], feasible: tuple[str, ...]) -> None:
    verdict = asked(claim(volume="v1"), persistentvolumes=[volume("v1", labels=label)])
    assert verdict.feasible_nodes == feasible
    assert verdict.reasons == ({NO_ZONE: 2 - len(feasible)} if len(feasible) < 2 else {})


def test_nodes_without_zone_labels_are_let_through() -> None:
    found = cluster(
        node("n1"),
        persistentvolumeclaims=[claim(volume="v1")],
        persistentvolumes=[volume("v1", labels={ZONE: "a"})],
    )
    assert found.verdict(pod(volumes=using("data"))).fits


def test_a_migrated_volume_is_found_by_its_drivers_topology() -> None:
    old = volume("v1", labels={ZONE: "a"})
    old["spec"]["gcePersistentDisk"] = {"pdName": "d"}
    migrated = {"storage.alpha.kubernetes.io/migrated-plugins": "kubernetes.io/gce-pd"}
    nodes = (node("n1", labels={ZONE: "a", "topology.gke.io/zone": "a"}), node("n2", labels={ZONE: "a"}))
    found = cluster(
        *nodes,
        persistentvolumeclaims=[claim(volume="v1")],
        persistentvolumes=[old],
        csinodes=[{"metadata": {"name": each, "annotations": migrated}} for each in ("n1", "n2")],
    )
    assert found.verdict(pod(volumes=using("data"))).feasible_nodes == ("n1",)
