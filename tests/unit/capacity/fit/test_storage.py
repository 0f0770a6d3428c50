import pytest

from ndcops.capacity.plan.fit.pod_volumes import ClaimVolume, Disk, PodVolumes
from ndcops.capacity.plan.fit.storage import (
    MOST_LAYERS,
    Storage,
    capacity_bytes,
    claim_class,
    is_bound,
    requested_bytes,
)
from ndcops.model.record import JsonObject
from tests.unit.capacity.fit.builders import claim, storage_class, volume


def test_the_old_annotation_names_the_class_first() -> None:
    written = claim(storage_class="fast")
    assert claim_class(written) == "fast"
    written["metadata"]["annotations"] = {"volume.beta.kubernetes.io/storage-class": "slow"}
    assert claim_class(written) == "slow"
    assert claim_class({"metadata": {}, "spec": {}}) == ""


def test_a_claim_is_bound_when_the_controller_says_so() -> None:
    assert is_bound(claim(volume="v1"))
    assert not is_bound(claim())
    half = claim(volume="v1")
    half["metadata"]["annotations"] = {}
    assert not is_bound(half)


def test_sizes_in_bytes() -> None:
    assert requested_bytes(claim(size="2Gi")) == 2 * 2**30
    assert requested_bytes({"metadata": {}, "spec": {}}) is None
    assert capacity_bytes(volume("v1", size="3Ki")) == 3072
    assert capacity_bytes({"spec": {}}) == 0
    with pytest.raises(ValueError, match="huge"):
        requested_bytes(claim(size="huge"))


def test_volumes_are_free_or_kept_for_a_claim() -> None:
    kept = volume("v2")
    kept["spec"]["claimRef"] = {"namespace": "shop", "name": "data"}
    storage = Storage.of({"persistentvolumes": [volume("v1"), kept, volume("v3", storage_class="slow")]})
    assert [each["metadata"]["name"] for each in storage.free_volumes["fast"]] == ["v1"]
    assert [each["metadata"]["name"] for each in storage.kept_volumes[("shop", "data")]] == ["v2"]
    assert set(storage.volumes) == {"v1", "v2", "v3"}


@pytest.mark.parametrize(
    ("claims", "volumes", "expected"),
    [
        ([claim(volume="v1")], [volume("v1", driver="csi")], {("csi", "v1")}),
        ([claim()], [], {("csi.example.com", "claim/shop/data")}),
        ([claim(storage_class="nobody")], [], set()),
        ([claim(volume="v1")], [volume("v1")], set()),
        ([], [], set()),
    ],
)
def test_what_claims_attach(
    claims: list[JsonObject], volumes: list[JsonObject], expected: set[tuple[str, str]]
) -> None:
    objects = {"persistentvolumeclaims": claims, "persistentvolumes": volumes, "storageclasses": [storage_class()]}
    assert Storage.of(objects).attached_by("shop", PodVolumes((ClaimVolume("data"),))) == expected


def test_migrated_plugins_count_with_their_driver() -> None:
    gce = storage_class(provisioner="kubernetes.io/gce-pd")
    old = volume("v1")
    old["spec"]["gcePersistentDisk"] = {"pdName": "disk1"}
    found = {"storageclasses": [gce], "persistentvolumes": [old]}
    waiting = Storage.of({**found, "persistentvolumeclaims": [claim()]})
    bound = Storage.of({**found, "persistentvolumeclaims": [claim(volume="v1")]})
    inline = PodVolumes((), (Disk("gce", "disk1", frozenset(), False, "pd.csi.storage.gke.io"),))
    data = PodVolumes((ClaimVolume("data"),))
    assert waiting.attached_by("shop", data) == {("pd.csi.storage.gke.io", "claim/shop/data")}
    assert bound.attached_by("shop", data) == bound.attached_by("shop", inline)


def test_limits_and_attachments_of_a_node() -> None:
    drivers = [{"name": "csi", "allocatable": {"count": 3}}, {"name": "free"}]
    attachment = {"spec": {"nodeName": "n1", "attacher": "csi", "source": {"persistentVolumeName": "v1"}}}
    storage = Storage.of(
        {
            "csinodes": [{"metadata": {"name": "n1"}, "spec": {"drivers": drivers}}],
            "volumeattachments": [attachment],
            "persistentvolumes": [volume("v1", driver="csi")],
        }
    )
    assert storage.attach_limit("n1", "csi") == 3
    assert storage.attach_limit("n1", "other") is None
    assert storage.attach_limit("n2", "csi") is None
    assert storage.already_attached("n1") == {("csi", "v1")}
    assert storage.already_attached("n2") == frozenset()


def test_added_claims_stay_known_however_many_layers_there_are() -> None:
    first = Storage.of({"persistentvolumeclaims": [claim("data")]})
    storage = first
    for number in range(3 * MOST_LAYERS):
        storage = storage.also({("shop", f"c{number}"): claim(f"c{number}")})
    assert ("shop", "data") in storage.claims
    assert all(("shop", f"c{number}") in storage.claims for number in range(3 * MOST_LAYERS))
    assert set(first.claims) == {("shop", "data")}


def test_a_later_claim_of_one_name_hides_the_earlier_ones() -> None:
    storage = Storage.of({})
    for number in range(2 * MOST_LAYERS):
        storage = storage.also({("shop", "data"): claim(size=f"{number + 1}Gi")})
    assert requested_bytes(storage.claims[("shop", "data")]) == 2 * MOST_LAYERS * 2**30
