import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.capacity.plan.fit.pod_size import amounts, pod_requests
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import QUICKLY, container


def sized(cpu: str, **more: object) -> JsonObject:
    return container(f"c{cpu}", requests={"cpu": cpu}, **more)


def sidecar(cpu: str) -> JsonObject:
    return sized(cpu, restartPolicy="Always")


def cpu_of(**spec: object) -> int:
    return pod_requests({"spec": spec}, is_running=False).get("cpu", 0)


@pytest.mark.parametrize(
    ("init", "expected_cpu_m"),
    [
        ([], 3000),
        ([sized("2")], 3000),
        ([sized("5")], 5000),
        ([sized("4"), sized("5")], 5000),
        ([sidecar("1")], 4000),
        ([sidecar("1"), sized("5")], 6000),
        ([sized("5"), sidecar("1")], 5000),
        ([sidecar("1"), sidecar("2"), sized("4")], 7000),
        ([sidecar("1"), sized("4"), sidecar("2")], 6000),
    ],
)
def test_sidecars_add_up_and_init_containers_peak(init: list[JsonObject], expected_cpu_m: int) -> None:
    assert cpu_of(containers=[sized("1"), sized("2")], initContainers=init) == expected_cpu_m


def test_each_resource_peaks_for_itself() -> None:
    init = container("init", requests={"memory": "4Gi", "cpu": "1"})
    main = container(requests={"memory": "1Gi", "cpu": "2"})
    asked = pod_requests({"spec": {"containers": [main], "initContainers": [init]}}, is_running=False)
    assert asked == {"cpu": 2000, "memory": 4 * 2**30}


def test_overhead_comes_on_top_of_the_peak() -> None:
    assert cpu_of(containers=[sized("1")], initContainers=[sized("3")], overhead={"cpu": "250m"}) == 3250


def test_pod_level_requests_replace_those_of_containers() -> None:
    whole = {"requests": {"cpu": "4", "hugepages-2Mi": "4Mi", "nvidia.com/gpu": "9"}}
    main = container(requests={"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"})
    spec = {"containers": [main], "initContainers": [sized("8")], "resources": whole, "overhead": {"cpu": "1"}}
    assert pod_requests({"spec": spec}, is_running=False) == {
        "cpu": 5000,
        "memory": 2**30,
        "hugepages-2Mi": 4 * 2**20,
        "nvidia.com/gpu": 1,
    }


def test_a_pod_without_requests_asks_for_nothing() -> None:
    assert pod_requests({"spec": {"containers": [{"name": "main"}]}}, is_running=False) == {}


INFEASIBLE = {"conditions": [{"type": "PodResizePending", "reason": "Infeasible"}]}
DEFERRED = {"conditions": [{"type": "PodResizePending", "reason": "Deferred"}]}


@pytest.mark.parametrize(
    ("actuated", "allotted", "status", "expected_cpu_m"),
    [
        ("2", "2", {}, 2000),
        ("3", "2", {}, 3000),
        ("1", "4", {}, 4000),
        ("1", "1", {}, 2000),
        ("1", "1", DEFERRED, 2000),
        ("1", "1", INFEASIBLE, 1000),
    ],
)
def test_a_resize_counts_with_the_largest_of_asked_allotted_and_in_force(
    actuated: str, allotted: str, status: JsonObject, expected_cpu_m: int
) -> None:
    seen = {
        "name": "main",
        "resources": {"requests": {"cpu": actuated}},
        "allocatedResources": {"cpu": allotted},
    }
    pod = {
        "spec": {"containers": [container(requests={"cpu": "2"})]},
        "status": {"containerStatuses": [seen], **status},
    }
    assert pod_requests(pod, is_running=True)["cpu"] == expected_cpu_m
    assert pod_requests(pod, is_running=False)["cpu"] == 2000


def test_a_sidecars_resize_counts_and_an_init_containers_does_not() -> None:
    status = [{"name": name, "resources": {"requests": {"cpu": "9"}}} for name in ("c1", "c2")]
    spec = {"containers": [sized("3")], "initContainers": [sidecar("1"), sized("2")]}
    pod = {"spec": spec, "status": {"initContainerStatuses": status}}
    assert pod_requests(pod, is_running=True)["cpu"] == 12000


def test_a_resize_of_the_whole_pod() -> None:
    spec = {"containers": [sized("1")], "resources": {"requests": {"cpu": "2"}}}
    status = {"resources": {"requests": {"cpu": "3", "memory": "1Gi"}}, "allocatedResources": {"cpu": "4"}}
    pod = {"spec": spec, "status": status}
    assert pod_requests(pod, is_running=True) == {"cpu": 4000}
    assert pod_requests(pod, is_running=False) == {"cpu": 2000}


def test_a_status_without_resources_changes_nothing() -> None:
    pod = {"spec": {"containers": [sized("1")]}, "status": {"containerStatuses": [{"name": "c1"}]}}
    assert pod_requests(pod, is_running=True) == {"cpu": 1000}


def test_a_request_that_is_no_quantity_is_an_error() -> None:
    with pytest.raises(ValueError, match="'two'"):
        cpu_of(containers=[sized("two")])


def test_amounts_of_nothing() -> None:
    assert amounts(None) == {}


CONTAINERS = st.lists(st.builds(sized, st.integers(0, 9).map(str)), max_size=4)
INIT = st.lists(
    st.builds(sized, st.integers(0, 9).map(str)) | st.builds(sidecar, st.integers(0, 9).map(str)), max_size=4
)


@QUICKLY
@given(CONTAINERS, INIT, INIT)
def test_one_more_init_container_never_makes_a_pod_smaller(
    containers: list[JsonObject], first: list[JsonObject], more: list[JsonObject]
) -> None:
    assert cpu_of(containers=containers, initContainers=first) <= cpu_of(
        containers=containers, initContainers=first + more
    )
