import pytest

from ndcops.capacity.plan.fit import pod_shape
from ndcops.capacity.plan.fit.filters.chain import FILTERS
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, container, node, pod


def test_the_order_is_upstreams() -> None:
    assert [plugin for plugin, _ in FILTERS] == [
        "NodeUnschedulable",
        "NodeName",
        "TaintToleration",
        "NodeAffinity",
        "NodePorts",
        "NodeResourcesFit",
        "VolumeRestrictions",
        "NodeVolumeLimits",
        "VolumeBinding",
        "VolumeZone",
        "PodTopologySpread",
        "InterPodAffinity",
        "DynamicResources",
        "NodeDeclaredFeatures",
    ]


TAINT = [{"key": "gpu", "effect": "NoSchedule"}]
GREEDY = pod(
    "99", nodeSelector={"disk": "ssd"}, containers=[container(requests={"cpu": "99"}, ports=[{"hostPort": 80}])]
)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (node("n1", cordoned=True, taints=TAINT), "node(s) were unschedulable"),
        (node("n1", taints=TAINT), "node(s) had untolerated taint(s)"),
        (node("n1"), "node(s) didn't match Pod's node affinity/selector"),
        (node("n1", labels={"disk": "ssd"}), "node(s) didn't have free ports for the requested pod ports"),
    ],
)
def test_a_nodes_first_refusal_is_the_one_that_counts(written: JsonObject, reason: str) -> None:
    taken = pod(containers=[container(ports=[{"hostPort": 80}])], on="n1")
    assert cluster(written, pods=[taken]).verdict(GREEDY).reasons == {reason: 1}


def test_every_node_is_counted_by_one_plugin() -> None:
    nodes = (node("n1", cordoned=True), node("n2", taints=TAINT), node("n3", labels={"disk": "ssd"}), node("n4"))
    verdict = cluster(*nodes).verdict(GREEDY)
    assert verdict.refused_by == {
        "NodeUnschedulable": 1,
        "TaintToleration": 1,
        "NodeAffinity": 1,
        "NodeResourcesFit": 1,
    }


def test_gates_come_before_everything() -> None:
    gated = pod(
        schedulingGates=[{"name": "quota"}, {"name": "audit"}],
        volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "missing"}}],
    )
    verdict = cluster(node("n1")).verdict(gated)
    assert verdict.message == "0/1 nodes are available: waiting for scheduling gates: [quota audit]."
    assert verdict.refused_by == {"SchedulingGates": 1}


def test_only_the_nodes_asked_about_are_looked_at() -> None:
    found = cluster(node("n1"), node("n2"), node("n3", cordoned=True))
    among = found.state.nodes.nothing()
    among[[0, 2]] = True
    outcome = found.outcome(pod_shape(pod()), among)
    assert outcome.feasible.tolist() == [True, False, False]
    assert outcome.reasons == {"node(s) were unschedulable": 1}


def test_what_nodes_say_is_remembered_and_never_changed_by_who_asks() -> None:
    found = cluster(node("n1"), node("n2", taints=TAINT), node("n3"))
    first = found.outcome(pod_shape(pod("3")))
    first.feasible[:] = False
    first.reasons.clear()
    again = found.outcome(pod_shape(pod("5")))
    assert again.reasons == {"node(s) had untolerated taint(s)": 1, "Insufficient cpu": 2}
    assert found.outcome(pod_shape(pod("3"))).feasible.tolist() == [True, False, True]


def test_what_nodes_say_is_forgotten_when_some_are_lost() -> None:
    found = cluster(node("n1"), node("n2", taints=TAINT), node("n3"))
    what_if = found.copy()
    assert what_if.outcome(pod_shape(pod())).feasible.tolist() == [True, False, True]
    lost = found.state.nodes.nothing()
    lost[[0, 1]] = True
    what_if.state.lose(lost)
    outcome = what_if.outcome(pod_shape(pod()))
    assert (outcome.feasible.tolist(), outcome.reasons) == ([False, False, True], {})
    assert found.outcome(pod_shape(pod())).feasible.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("written", "wanted", "mendable"),
    [
        (node("n1"), pod("3"), True),
        (node("n1"), pod("5"), False),
        (node("n1", cordoned=True), pod("3"), False),
    ],
)
def test_which_refusals_evictions_may_mend(written: JsonObject, wanted: JsonObject, mendable: bool) -> None:
    found = cluster(written, pods=[pod("2", on="n1")])
    assert found.outcome(pod_shape(wanted)).mendable.tolist() == [mendable]
