import pytest

from ndcops.capacity.plan.fit import Cluster, pod_shape
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, node, pod
from tests.unit.capacity.fit.builders import (
    claiming,
    device,
    device_claim,
    device_class,
    device_request,
    resource_slice,
)

RESOURCE = "example.com/gpu"


def two_nodes(*claims: JsonObject, **objects: list[JsonObject]) -> Cluster:
    """`n1` with two devices, `n2` with one."""
    found: dict[str, list[JsonObject]] = {
        "resourceslices": [resource_slice("n1", device("g0"), device("g1")), resource_slice("n2", device("g0"))],
        "deviceclasses": [device_class(extendedResourceName=RESOURCE)],
        "resourceclaims": list(claims),
    }
    return cluster(node("n1", labels={"host": "n1"}), node("n2", labels={"host": "n2"}), **{**found, **objects})


CLAIMANT = pod(resourceClaims=claiming("gpus"))


def from_template(claim: str | None, uid: str = "uid-web") -> JsonObject:
    statuses = [{"name": "r", "resourceClaimName": claim}] if claim else []
    entries = [{"name": "r", "resourceClaimTemplateName": "t"}]
    written = pod(resourceClaims=entries, status={"resourceClaimStatuses": statuses})
    written["metadata"]["uid"] = uid
    return written


def owned(uid: str) -> JsonObject:
    written = device_claim(device_request())
    written["metadata"]["ownerReferences"] = [{"kind": "Pod", "uid": uid, "controller": True}]
    return written


def leaving() -> JsonObject:
    written = device_claim(device_request())
    written["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return written


@pytest.mark.parametrize(
    ("claims", "wanted", "message"),
    [
        ([], CLAIMANT, 'could not find ResourceClaim "shop/gpus"'),
        ([leaving()], CLAIMANT, 'resourceclaim "gpus" is being deleted'),
        ([], from_template(None), 'pod "shop/web": ResourceClaim not created yet'),
        (
            [owned("another")],
            from_template("gpus"),
            "ResourceClaim shop/gpus was not created for Pod shop/web (Pod is not owner)",
        ),
        (
            [device_claim({"name": "r", "exactly": {"deviceClassName": "fpga"}})],
            CLAIMANT,
            "request r: device class fpga does not exist",
        ),
        (
            [device_claim({"name": "r", "firstAvailable": [{"name": "x", "deviceClassName": "fpga"}]})],
            CLAIMANT,
            "request r/x: device class fpga does not exist",
        ),
    ],
)
def test_claims_that_no_node_can_serve(claims: list[JsonObject], wanted: JsonObject, message: str) -> None:
    verdict = two_nodes(*claims).verdict(wanted)
    assert verdict.message == f"0/2 nodes are available: {message}."
    assert verdict.refused_by == {"DynamicResources": 2}
    assert not verdict.is_undecided


def test_a_claim_of_the_pods_own_template_fits() -> None:
    assert two_nodes(owned("uid-web")).verdict(from_template("gpus")).feasible_nodes == ("n1", "n2")


@pytest.mark.parametrize(("users", "fits"), [(255, True), (256, False)])
def test_a_claim_has_at_most_256_users(users: int, fits: bool) -> None:
    verdict = two_nodes(device_claim(device_request(), held=["g0"], pool="n1", users=users)).verdict(CLAIMANT)
    assert verdict.fits is fits
    assert verdict.message == ("" if fits else "0/2 nodes are available: resourceclaim in use.")


def test_one_of_the_256_users_may_go_on_using_it() -> None:
    found = two_nodes(device_claim(device_request(), held=["g0"], pool="n1", users=256))
    user = pod(resourceClaims=claiming("gpus"))
    user["metadata"]["uid"] = "u7"
    assert found.verdict(user).feasible_nodes == ("n1",)


def test_a_held_claim_binds_its_pods_to_where_it_is() -> None:
    verdict = two_nodes(device_claim(device_request(), held=["g0"], pool="n2")).verdict(CLAIMANT)
    assert verdict.feasible_nodes == ("n2",)
    assert verdict.reasons == {"resourceclaim not available on the node": 1}


def test_held_devices_are_not_free() -> None:
    other = device_claim(device_request(), name="other", held=["g0"], pool="n2")
    verdict = two_nodes(other, device_claim(device_request())).verdict(CLAIMANT)
    assert verdict.feasible_nodes == ("n1",)
    assert verdict.reasons == {"cannot allocate all claims": 1}


def test_an_extended_resource_is_served_by_its_device_class() -> None:
    found = two_nodes()
    assert found.verdict(pod(requests={RESOURCE: "1"})).feasible_nodes == ("n1", "n2")
    assert found.verdict(pod(requests={RESOURCE: "2"})).feasible_nodes == ("n1",)
    assert not found.verdict(pod(requests={RESOURCE: "3"})).fits


def test_a_node_whose_plugin_offers_the_resource_counts_it_itself() -> None:
    plugin = node("n1", extended={RESOURCE: "1"})
    found = cluster(plugin, deviceclasses=[device_class(extendedResourceName=RESOURCE)])
    assert found.verdict(pod(requests={RESOURCE: "1"})).fits
    lacking = found.verdict(pod(requests={RESOURCE: "2"}))
    assert lacking.message == f"0/1 nodes are available: 1 Insufficient {RESOURCE}."


def test_a_device_that_a_placed_pod_took_is_not_given_twice() -> None:
    first, second = (device_claim(device_request(), name=name) for name in ("a", "b"))
    found = two_nodes(first, second, resourceslices=[resource_slice("n1", device("g0"))])
    found.place(pod_shape(pod(resourceClaims=claiming("a"))), 0)
    assert not found.verdict(pod(name="second", resourceClaims=claiming("b"))).fits


def test_a_placed_pod_takes_the_devices_behind_its_extended_resource() -> None:
    found = two_nodes(resourceslices=[resource_slice("n1", device("g0"))])
    found.place(pod_shape(pod(requests={RESOURCE: "1"})), 0)
    assert not found.verdict(pod(name="second", requests={RESOURCE: "1"})).fits
