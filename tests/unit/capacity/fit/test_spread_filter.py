import pytest

from ndcops.capacity.plan.fit import Cluster
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, group, node, pod

UNEVEN = "node(s) didn't match pod topology spread constraints"
WEB = {"app": "web"}
MATCHING = {"matchLabels": WEB}
NODES = (
    node("n1", labels={"rack": "r1", "disk": "ssd"}),
    node("n2", labels={"rack": "r2", "disk": "ssd"}),
    node("n3", labels={"rack": "r3"}, taints=[{"key": "gpu", "effect": "NoSchedule"}]),
    node("n4"),
)


def racks(**standing: int) -> Cluster:
    groups = [group(pod("1m", "1Mi", labels=WEB), **standing)] if standing else []
    return cluster(*NODES, groups=groups)


def spread(**rule: object) -> JsonObject:
    whole = {
        "topologyKey": "rack",
        "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": MATCHING,
        **rule,
    }
    return pod(labels=WEB, topologySpreadConstraints=[whole], tolerations=[{"key": "gpu", "operator": "Exists"}])


@pytest.mark.parametrize(
    ("standing", "wanted", "feasible"),
    [
        ({}, spread(), ("n1", "n2", "n3")),
        ({"n1": 1}, spread(), ("n2", "n3")),
        ({"n1": 1, "n2": 1}, spread(), ("n3",)),
        ({"n1": 1, "n2": 1}, spread(maxSkew=2), ("n1", "n2", "n3")),
        ({"n1": 1, "n2": 1, "n3": 1}, spread(), ("n1", "n2", "n3")),
        ({"n1": 1}, spread(minDomains=3), ("n2", "n3")),
        ({"n1": 1, "n2": 1, "n3": 1}, spread(minDomains=4), ()),
        ({"n1": 5}, spread(labelSelector=None), ("n1", "n2", "n3")),
        ({"n1": 5}, spread(labelSelector={"matchLabels": {"app": "db"}}), ("n1", "n2", "n3")),
        # Upstream counts no pod for an empty selector (countPodsMatchSelector).
        ({"n1": 5}, spread(labelSelector={}), ("n1", "n2", "n3")),
        ({"n1": 9}, spread(whenUnsatisfiable="ScheduleAnyway"), ("n1", "n2", "n3", "n4")),
    ],
)
def test_skew(standing: dict[str, int], wanted: JsonObject, feasible: tuple[str, ...]) -> None:
    assert racks(**standing).verdict(wanted).feasible_nodes == feasible


def test_reasons_tell_skew_from_a_missing_label() -> None:
    verdict = racks(n1=1).verdict(spread())
    assert verdict.reasons == {UNEVEN: 1, f"{UNEVEN} (missing required label)": 1}
    assert verdict.refused_by == {"PodTopologySpread": 2}


@pytest.mark.parametrize(("policy", "feasible"), [("Honor", ("n1", "n2")), ("Ignore", ())])
def test_racks_out_of_the_pods_reach_count_or_not(policy: str, feasible: tuple[str, ...]) -> None:
    wanted = spread(nodeAffinityPolicy=policy)
    wanted["spec"]["nodeSelector"] = {"disk": "ssd"}
    assert racks(n1=1, n2=1).verdict(wanted).feasible_nodes == feasible


@pytest.mark.parametrize(("policy", "feasible"), [("Honor", ("n1", "n2")), ("Ignore", ())])
def test_tainted_racks_count_or_not(policy: str, feasible: tuple[str, ...]) -> None:
    wanted = spread(nodeTaintsPolicy=policy)
    wanted["spec"]["tolerations"] = []
    assert racks(n1=1, n2=1).verdict(wanted).feasible_nodes == feasible


def test_pods_of_other_namespaces_do_not_count() -> None:
    found = cluster(*NODES, groups=[group(pod("1m", "1Mi", labels=WEB, namespace="bank"), n1=4)])
    assert found.verdict(spread()).feasible_nodes == ("n1", "n2", "n3")


def test_all_constraints_must_hold() -> None:
    wanted = spread()
    by_disk = {**wanted["spec"]["topologySpreadConstraints"][0], "topologyKey": "disk", "maxSkew": 5}
    wanted["spec"]["topologySpreadConstraints"].append(by_disk)
    assert racks(n1=1).verdict(wanted).feasible_nodes == ("n2",)
