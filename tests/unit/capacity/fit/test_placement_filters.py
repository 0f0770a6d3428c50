import pytest

from ndcops.capacity.plan.fit import Verdict
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, container, node, pod

TAINTED = node("n1", taints=[{"key": "gpu", "value": "h100", "effect": "NoSchedule"}])
CORDONED = node("n1", cordoned=True)
TOLERATE_CORDON = [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"}]


def affinity(*terms: JsonObject) -> JsonObject:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


def named(*names: str) -> JsonObject:
    return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]} for name in names]}


def on_one(written: JsonObject, wanted: JsonObject) -> Verdict:
    return cluster(written).verdict(wanted)


@pytest.mark.parametrize(
    ("written", "wanted", "plugin", "reason"),
    [
        (CORDONED, pod(), "NodeUnschedulable", "node(s) were unschedulable"),
        (TAINTED, pod(), "TaintToleration", "node(s) had untolerated taint(s)"),
        (
            TAINTED,
            pod(tolerations=[{"key": "gpu", "value": "a100"}]),
            "TaintToleration",
            "node(s) had untolerated taint(s)",
        ),
        (node("n1"), pod(on="n2"), "NodeName", "node(s) didn't match the requested node name"),
        (
            node("n1", labels={"disk": "hdd"}),
            pod(nodeSelector={"disk": "ssd"}),
            "NodeAffinity",
            "node(s) didn't match Pod's node affinity/selector",
        ),
        (
            node("n1"),
            pod(affinity=affinity({"matchExpressions": [{"key": "disk", "operator": "Exists"}]})),
            "NodeAffinity",
            "node(s) didn't match Pod's node affinity/selector",
        ),
        (
            node("n1"),
            pod(affinity=affinity(named("n2"))),
            "NodeAffinity",
            "node(s) didn't satisfy plugin(s) [NodeAffinity]",
        ),
        (
            node("n1"),
            pod(hostNetwork=True, hostUsers=False),
            "NodeDeclaredFeatures",
            "node(s) didn't match Pod's required features",
        ),
    ],
)
def test_refusals_name_plugin_and_reason(
    written: JsonObject, wanted: JsonObject, plugin: str, reason: str
) -> None:
    verdict = on_one(written, wanted)
    assert verdict.refused_by == {plugin: 1}
    assert verdict.message == f"0/1 nodes are available: 1 {reason}."


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (CORDONED, pod(tolerations=TOLERATE_CORDON)),
        (CORDONED, pod(tolerations=[{"operator": "Exists"}])),
        (TAINTED, pod(tolerations=[{"key": "gpu", "value": "h100", "effect": "NoSchedule"}])),
        (node("n1", taints=[{"key": "gpu", "effect": "PreferNoSchedule"}]), pod()),
        (node("n1"), pod(on="n1")),
        (node("n1", labels={"disk": "ssd"}), pod(nodeSelector={"disk": "ssd"})),
        (node("n1"), pod(affinity=affinity(named("n1")))),
        (
            node("n1", features=["UserNamespacesHostNetworkSupport"]),
            pod(hostNetwork=True, hostUsers=False),
        ),
    ],
)
def test_nodes_that_are_let_through(written: JsonObject, wanted: JsonObject) -> None:
    assert on_one(written, wanted).feasible_nodes == ("n1",)


def test_terms_that_contradict_themselves_refuse_before_any_node() -> None:
    verdict = on_one(node("n1"), pod(affinity=affinity(named("n1", "n2"))))
    assert verdict.message == "0/1 nodes are available: pod affinity terms conflict."


def with_port(port: int, address: str = "", protocol: str = "TCP", on: str = "") -> JsonObject:
    ports = [{"hostPort": port, "hostIP": address, "protocol": protocol}]
    return pod(containers=[container(ports=ports)], on=on)


@pytest.mark.parametrize(
    ("held", "wanted", "fits"),
    [
        (with_port(80, on="n1"), with_port(80), False),
        (with_port(80, on="n1"), with_port(81), True),
        (with_port(80, on="n1"), with_port(80, protocol="UDP"), True),
        (with_port(80, on="n1"), with_port(80, "10.0.0.1"), False),
        (with_port(80, "10.0.0.1", on="n1"), with_port(80), False),
        (with_port(80, "10.0.0.1", on="n1"), with_port(80, "10.0.0.1"), False),
        (with_port(80, "10.0.0.1", on="n1"), with_port(80, "10.0.0.2"), True),
    ],
)
def test_a_host_port_is_taken_once_for_each_address(held: JsonObject, wanted: JsonObject, fits: bool) -> None:
    verdict = cluster(node("n1"), pods=[held]).verdict(wanted)
    assert verdict.fits is fits
    reason = "node(s) didn't have free ports for the requested pod ports"
    assert verdict.reasons == ({} if fits else {reason: 1})
