"""The stand-ins for storage fencing and for gateways."""

from tests.failover_objects import NAMESPACE, http_route
from tests.unit.lab.players.three_sites import ThreeSites, condition

FENCE = {
    "apiVersion": "csiaddons.openshift.io/v1alpha1",
    "kind": "NetworkFence",
    "metadata": {"name": "ndc-ndc1"},
    "spec": {"networkFenceClassName": "ndc-block", "fenceState": "Fenced", "cidrs": ["10.0.0.0/16"]},
}


def test_a_fence_tells_by_its_message_which_operation_is_over() -> None:
    world = ThreeSites()
    world.add("ndc2", FENCE)
    world.look(1)
    assert world.live("ndc2", FENCE)["status"] == {
        "result": "Succeeded",
        "message": "fencing operation successful",
    }
    world.annotate("ndc2", FENCE, fail="unfence")
    world.patch("ndc2", FENCE, fenceState="Unfenced")
    world.look(1)
    assert world.live("ndc2", FENCE)["status"]["result"] == "Failed"
    world.annotate("ndc2", FENCE, fail=None)
    world.look(1)
    assert world.live("ndc2", FENCE)["status"]["message"] == "unfencing operation successful"


def test_routes_are_accepted_at_their_generation_and_gateways_programmed() -> None:
    world, route = ThreeSites(), http_route()
    gateway = {"metadata": {"name": "entry", "namespace": NAMESPACE}, "spec": {"gatewayClassName": "ndc-public"}}
    place = f"/apis/gateway.networking.k8s.io/v1/namespaces/{NAMESPACE}/gateways/entry"
    world.servers["ndc1"].put(place, gateway)
    world.add("ndc1", route)
    world.look(1)
    assert condition(world.servers["ndc1"].objects[place], "Programmed")["status"] == "True"
    world.patch("ndc1", route, hostnames=["other.ndc.gov.vn"])
    for fault, expected in (("accept", "False"), (None, "True")):
        world.annotate("ndc1", route, fail=fault)
        world.look(1)
        live = world.live("ndc1", route)
        found = condition({"status": live["status"]["parents"][0]}, "Accepted")
        assert (found["status"], found["observedGeneration"]) == (expected, 2)
    before = live["metadata"]["resourceVersion"]
    world.look(5)
    assert world.live("ndc1", route)["metadata"]["resourceVersion"] == before
