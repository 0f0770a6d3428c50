"""How many equal pods fit: the sum over nodes agrees with placing one after another."""

import random

import pytest

from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.plan.fit import Cluster
from ndcops.capacity.plan.fit.verdict import Undecidable
from ndcops.capacity.plan.how_many import how_many
from ndcops.capacity.plan.placing import Placer
from ndcops.model.record import JsonObject
from ndcops.model.snapshot import PodGroup

SELF = {"labelSelector": {"matchLabels": {"app": "asked"}}, "topologyKey": "kubernetes.io/hostname"}


def node(name: str, cpu: str = "4", memory: str = "16Gi", pods: str = "110", **more: str) -> JsonObject:
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {},
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": pods, **more}},
    }


def pod(requests: dict[str, str], **spec: object) -> JsonObject:
    container = {"name": "main", "resources": {"requests": requests}}
    return {
        "metadata": {"namespace": "default", "labels": {"app": "asked"}},
        "spec": {"containers": [container], **spec},
        "status": {"phase": "Running"},
    }


@pytest.mark.parametrize(
    ("nodes", "asked", "count"),
    [
        ([node("a"), node("b", cpu="2")], pod({"cpu": "1500m", "memory": "1Gi"}), 3),
        ([node("a", memory="10Gi")], pod({"cpu": "100m", "memory": "3Gi"}), 3),
        ([node("a", pods="7")], pod({}), 7),
        ([node("a", **{"nvidia.com/gpu": "2"}), node("b")], pod({"cpu": "1", "nvidia.com/gpu": "1"}), 2),
        ([node("a")], pod({"nvidia.com/gpu": "1"}), 0),
        ([node("a")], pod({"cpu": "5"}), 0),
        ([], pod({"cpu": "1"}), 0),
        ([node("a"), node("b")], pod({"cpu": "1"}, nodeName="b"), 4),
        ([node("a"), node("b")], pod({"cpu": "1"}, schedulingGates=[{"name": "wait"}]), 0),
        (
            [node("a"), node("b")],
            pod(
                {"cpu": "1"},
                affinity={"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [SELF]}},
            ),
            2,
        ),
        (
            [node("a"), node("b", cpu="2")],
            pod(
                {"cpu": "1"},
                topologySpreadConstraints=[{**SELF, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}],
            ),
            5,
        ),
    ],
    ids=["cpu", "memory", "slots", "gpu", "no-gpu", "big", "none", "named", "gated", "alone", "spread"],
)
def test_counts(nodes: list[JsonObject], asked: JsonObject, count: int) -> None:
    assert how_many(Cluster.of({"nodes": nodes}), asked) == count


def test_what_stands_there_counts() -> None:
    resident = PodGroup(template=pod({"cpu": "1", "memory": "1Gi"}), nodes={"a": 3, "b": 1})
    cluster = Cluster.of({"nodes": [node("a"), node("b")]}, [resident])
    assert how_many(cluster, pod({"cpu": "500m"})) == 2 + 6


def test_an_overcommitted_node_takes_nothing_from_the_sum() -> None:
    resident = PodGroup(template=pod({"cpu": "6"}), nodes={"a": 1})
    cluster = Cluster.of({"nodes": [node("a"), node("b")]}, [resident])
    assert how_many(cluster, pod({"cpu": "1"})) == 4


def test_asking_changes_nothing() -> None:
    cluster = Cluster.of({"nodes": [node("a")]})
    alone = pod(
        {"cpu": "1"}, topologySpreadConstraints=[{**SELF, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}]
    )
    assert [how_many(cluster, alone), how_many(cluster, alone)] == [4, 4]


@pytest.mark.parametrize(
    "asked",
    [
        pod({"cpu": "1"}, resourceClaims=[{"name": "card", "resourceClaimName": "the-card"}]),
        pod({"cpu": "1", "example.com/card": "1"}),
    ],
    ids=["claim", "extended-resource"],
)
def test_devices_are_not_counted(asked: JsonObject) -> None:
    card = {"metadata": {"name": "card"}, "spec": {"extendedResourceName": "example.com/card"}}
    with pytest.raises(Undecidable, match="devices"):
        how_many(Cluster.of({"nodes": [node("a")], "deviceclasses": [card]}), asked)


@pytest.mark.parametrize("seed", range(20))
def test_the_sum_is_what_placing_finds(seed: int) -> None:
    order = random.Random(seed)
    nodes = [
        node(
            f"n{number}",
            cpu=str(order.randint(1, 9)),
            memory=f"{order.randint(1, 40)}Gi",
            pods=str(order.randint(1, 12)),
        )
        for number in range(6)
    ]
    standing = PodGroup(
        template=pod({"cpu": "700m", "memory": "1500Mi"}), nodes={f"n{order.randrange(6)}": order.randint(1, 4)}
    )
    cluster = Cluster.of({"nodes": nodes}, [standing])
    asked = pod({"cpu": f"{order.randint(0, 2000)}m", "memory": f"{order.randint(0, 4000)}Mi"})
    assert how_many(cluster, asked) == Placer(cluster).place(Demand("asked", asked, 1000)).placed
