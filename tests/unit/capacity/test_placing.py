import pytest

from ndcops.capacity.plan.fit import pod_shape
from ndcops.capacity.plan.placing import Placer, Taste
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, container, demand, node, pod, pods_on
from tests.unit.capacity.fit.builders import (
    claim,
    claiming,
    device,
    device_claim,
    device_class,
    device_request,
    resource_slice,
    storage_class,
    volume,
)

TWO = (node("n1", "4"), node("n2", "8"))


@pytest.mark.parametrize(("taste", "expected"), [(Taste.SCORED, {"n2": 1}), (Taste.FULLEST, {"n1": 1})])
def test_tastes(taste: Taste, expected: dict[str, int]) -> None:
    assert Placer(cluster(*TWO), taste).place(demand(pod("2", "0"), 1)).nodes == expected


def test_chance_comes_from_its_seed() -> None:
    def nodes(seed: int) -> dict[str, int]:
        return Placer(cluster(*TWO), Taste.ANY, seed).place(demand(pod("1m"), 8)).nodes

    assert nodes(3) == nodes(3)
    assert len({str(nodes(seed)) for seed in range(6)}) > 1


def test_what_found_a_place_stays_and_the_rest_says_why() -> None:
    base = cluster(*TWO)
    placement = Placer(base).place(demand(pod("3", "0"), 5))
    assert (placement.placed, placement.wanted, placement.is_whole) == (3, 5, False)
    assert placement.nodes == {"n1": 1, "n2": 2}
    assert placement.message == "0/2 nodes are available: 2 Insufficient cpu."
    assert placement.reasons == {"Insufficient cpu": 2}
    assert placement.requests == {"cpu": 3000}
    assert pods_on(base) == {"n1": 0, "n2": 0}


def test_pods_that_move_find_places_as_new_ones_do() -> None:
    shape = pod_shape(pod("3", "0", name="web"))
    assert Placer(cluster(*TWO)).move(shape, 5) == Placer(cluster(*TWO)).place(demand(pod("3", "0"), 5))


def test_one_demand_leaves_less_for_the_next() -> None:
    placer = Placer(cluster(node("n1")))
    assert placer.place(demand(pod("3"), 1)).is_whole
    assert not placer.place(demand(pod("2"), 1)).is_whole


def test_slots_are_room_too() -> None:
    placement = Placer(cluster(node("n1", pods=2))).place(demand(pod("1m", "0"), 3))
    assert (placement.placed, placement.reasons) == (2, {"Too many pods": 1})


def test_rules_between_pods_of_one_demand_hold() -> None:
    port = pod("1m", containers=[container(ports=[{"hostPort": 80}])])
    placement = Placer(cluster(*TWO)).place(demand(port, 3))
    assert placement.nodes == {"n1": 1, "n2": 1}


@pytest.mark.parametrize(
    ("wanted", "message", "is_undecided"),
    [
        (pod(schedulingGates=[{"name": "quota"}]), "waiting for scheduling gates: [quota]", False),
        (pod(resourceClaims=claiming("gpus")), "request r: more than whole devices is asked", True),
    ],
)
def test_pods_that_no_node_may_take(wanted: JsonObject, message: str, is_undecided: bool) -> None:
    admin = device_claim(device_request(adminAccess=True))
    placement = Placer(cluster(node("n1"), deviceclasses=[device_class()], resourceclaims=[admin])).place(
        demand(wanted, 4)
    )
    assert (placement.placed, placement.message, placement.is_undecided) == (0, message, is_undecided)
    assert placement.reasons == {message: 4}


def test_claims_made_anew_are_provisioned_for_each_pod() -> None:
    base = cluster(node("n1"), storageclasses=[storage_class()])
    template = {"metadata": {"name": "data"}, "spec": claim()["spec"]}
    assert Placer(base).place(demand(pod(), 3, claims=[template])).is_whole
    assert not base.state.storage.claims


def test_a_volume_is_given_to_one_claim_only() -> None:
    local = storage_class(provisioner="kubernetes.io/no-provisioner")
    base = cluster(node("n1"), storageclasses=[local], persistentvolumes=[volume("v1")])
    template = {"metadata": {"name": "data"}, "spec": claim()["spec"]}
    assert Placer(base).place(demand(pod(), 3, claims=[template])).placed == 1


def test_devices_behind_an_extended_resource_run_out() -> None:
    base = cluster(
        node("n1"),
        resourceslices=[resource_slice("n1", device("g0"))],
        deviceclasses=[device_class(extendedResourceName="example.com/gpu")],
    )
    assert Placer(base).place(demand(pod(requests={"example.com/gpu": "1"}), 2)).placed == 1
