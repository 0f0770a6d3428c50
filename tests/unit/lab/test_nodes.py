"""The lab's nodes: numbers, names, racks, resources, changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.lab.nodes import is_ready, node_changes, node_name, node_object, pool_sizes, site_nodes
from ndcops.model.errors import InvalidInput
from tests.unit.lab.samples import sample_pool, sample_site


@pytest.mark.parametrize(
    ("scale", "expected"), [(1.0, [80, 20, 1]), (0.5, [40, 10, 1]), (0.1, [8, 2, 1]), (0.001, [1, 1, 1])]
)
def test_scale_shrinks_every_pool_but_keeps_one_node(scale: float, expected: list[int]) -> None:
    site = sample_site(1, sample_pool("a", 80), sample_pool("b", 20), sample_pool("c", 1))
    assert list(pool_sizes(site, scale=scale).values()) == expected


@given(weights=st.lists(st.integers(1, 10_000), min_size=1, max_size=8), extra=st.integers(0, 5_000))
def test_nodes_per_site_is_met_exactly_with_one_a_pool(weights: list[int], extra: int) -> None:
    site = sample_site(1, *(sample_pool(f"p{index}", count) for index, count in enumerate(weights)))
    sizes = pool_sizes(site, nodes_per_site=len(weights) + extra)
    assert sum(sizes.values()) == len(weights) + extra
    assert min(sizes.values()) >= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"scale": 0.0},
        {"scale": -1.0},
        {"scale": 1.5},
        {"scale": float("nan")},
        {"nodes_per_site": 1},
        {"nodes_per_site": 0},
        {"scale": 0.5, "nodes_per_site": 10},
    ],
)
def test_impossible_numbers_are_refused(wrong: dict[str, float]) -> None:
    site = sample_site(1, sample_pool("a"), sample_pool("b"))
    with pytest.raises(InvalidInput):
        pool_sizes(site, **wrong)  # type: ignore[arg-type]


def test_a_node_says_where_it_stands_and_what_it_holds() -> None:
    pool = sample_pool(
        "gpu",
        8,
        racks=3,
        pods=64,
        gpu={"count": 8, "model": "H100 SXM"},
        labels={"tier": "ai"},
        taints=[{"key": "nvidia.com/gpu", "effect": "NoSchedule"}],
    )
    node = node_object(sample_site(1, pool), pool, 4)
    assert node["metadata"]["name"] == "ndc1-gpu-005"
    assert node["metadata"]["labels"] == {
        "tier": "ai",
        "kubernetes.io/hostname": "ndc1-gpu-005",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": "ndc1",
        "topology.kubernetes.io/zone": "hall-a",
        "ndc.gov.vn/site": "ndc1",
        "ndc.gov.vn/hall": "hall-a",
        "ndc.gov.vn/rack": "hall-a-r002",
        "ndc.gov.vn/pool": "gpu",
    }
    assert node["metadata"]["annotations"]["kwok.x-k8s.io/node"] == "fake"
    assert node["spec"]["taints"] == [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]
    assert node["status"]["allocatable"] == {"cpu": "64", "memory": "512Gi", "pods": "64", "nvidia.com/gpu": "8"}


def test_nodes_go_round_the_racks() -> None:
    site = sample_site(1, sample_pool("a", 8, racks=4))
    racks = [node["metadata"]["labels"]["ndc.gov.vn/rack"] for node in site_nodes(site, {"a": 8})]
    assert {rack: racks.count(rack) for rack in racks} == {f"hall-a-r00{index}": 2 for index in (1, 2, 3, 4)}


def test_a_name_too_long_for_a_host_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at most 63"):
        node_name("ndc1", "p" * 60, 0)


def test_only_what_differs_is_changed_and_foreign_nodes_stay() -> None:
    before = sample_site(1, sample_pool("a", 3), sample_pool("b", 1))
    after = sample_site(1, sample_pool("a", 2), sample_pool("b", 2, cpu_cores=128))
    present = [*site_nodes(before, {"a": 3, "b": 1}), {"metadata": {"name": "visitor"}}]
    remove, create = node_changes(site_nodes(after, {"a": 2, "b": 2}), present)
    assert remove == ["ndc1-a-003", "ndc1-b-001"]
    assert [node["metadata"]["name"] for node in create] == ["ndc1-b-001", "ndc1-b-002"]


def test_a_second_up_changes_no_node() -> None:
    nodes = site_nodes(sample_site(), {"general": 10})
    assert node_changes(nodes, nodes) == ([], [])


@pytest.mark.parametrize(
    ("node", "ready"),
    [
        ({}, False),
        ({"status": {"conditions": None}, "spec": {"taints": None}}, False),
        ({"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}, False),
        ({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}, True),
        (
            {
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
                "spec": {"taints": [{"key": "nvidia.com/gpu"}]},
            },
            True,
        ),
        (
            {
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
                "spec": {"taints": [{"key": "node.kubernetes.io/not-ready"}]},
            },
            False,
        ),
    ],
)
def test_ready_means_that_pods_can_be_placed(node: dict[str, object], ready: bool) -> None:
    assert is_ready(node) is ready
