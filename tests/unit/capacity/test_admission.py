"""What the API server does to a pod, by tables; the live test holds the same samples against the real one."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.capacity.plan.admission import AdmissionRefused, admit, admit_claim
from ndcops.capacity.plan.admission.amounts import amount_of
from ndcops.capacity.plan.admission.pod_totals import total_limits, total_requests
from tests.unit.capacity.admission_samples import OBJECTS, PODS, container, limit_range, pod, priority

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("below the least", "minimum memory usage per Container is 64Mi, but request is 32Mi"),
        (
            "above the most",
            "[maximum cpu usage per Container is 4, but limit is 6, "
            "maximum memory usage per Container is 8Gi, but limit is 9Gi]",
        ),
        ("out of ratio", "memory max limit to request ratio per Container is 4, but provided ratio is 10.240000"),
        ("two that are too much", "maximum memory usage per Pod is 10Gi, but limit is 12Gi"),
        ("unknown class", "no PriorityClass with name lead was found"),
        (
            "number of its own",
            "the integer value of priority (7) must not be provided in pod spec; "
            "priority admission controller computed 0 from the given PriorityClass name",
        ),
        ("unknown runtime", 'pod rejected: RuntimeClass "lead" not found'),
        (
            "other sandbox",
            "conflict: runtimeClass.scheduling.nodeSelector[sandbox] = yes; pod.spec.nodeSelector[sandbox] = no",
        ),
        (
            "overhead of its own",
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ),
        ("other overhead", "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"),
    ],
)
def test_refuses_in_the_api_servers_words(name: str, reason: str) -> None:
    with pytest.raises(AdmissionRefused) as refused:
        admit(PODS[name], OBJECTS)
    assert refused.value.message == f'pods "one" is forbidden: {reason}'


def test_a_request_above_a_default_limit_is_invalid() -> None:
    with pytest.raises(AdmissionRefused) as refused:
        admit(PODS["request above a default"], OBJECTS)
    path = "spec.containers[0].resources.requests"
    said = (
        f'Pod "one" is invalid: {path}: Invalid value: "1Gi": must be less than or equal to memory limit of 512Mi'
    )
    assert refused.value.message == said


@pytest.mark.parametrize(
    ("name", "resources"),
    [
        (
            "bare",
            {"limits": {"cpu": "4", "memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
        ),
        ("limits only", {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}}),
    ],
)
def test_containers_get_defaults(name: str, resources: Json) -> None:
    assert admit(PODS[name], OBJECTS)["spec"]["containers"][0]["resources"] == resources


@pytest.mark.parametrize(
    ("name", "value", "policy"),
    [("bare", 0, "PreemptLowerPriority"), ("gold", 1000, "PreemptLowerPriority"), ("patient", 10, "Never")],
)
def test_a_class_becomes_a_priority(name: str, value: int, policy: str) -> None:
    spec = admit(PODS[name], OBJECTS)["spec"]
    assert (spec["priority"], spec["preemptionPolicy"]) == (value, policy)


def test_of_two_default_classes_the_lower_counts() -> None:
    classes = [priority("high", 9, globalDefault=True), priority("low", 3, globalDefault=True)]
    spec = admit(pod(), {"priorityclasses": classes})["spec"]
    assert (spec["priorityClassName"], spec["priority"]) == ("low", 3)


def test_a_runtime_class_gives_overhead_nodes_and_tolerations() -> None:
    spec = admit(PODS["sandboxed"], OBJECTS)["spec"]
    assert spec["overhead"] == {"cpu": "250m", "memory": "128Mi"}
    assert spec["nodeSelector"] == {"disk": "ssd", "sandbox": "yes"}
    assert [each["key"] for each in spec["tolerations"]][-1] == "sandbox"


def test_label_keys_become_requirements() -> None:
    spec = admit(PODS["label keys"], OBJECTS)["spec"]
    rules = spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert rules[0]["labelSelector"]["matchExpressions"] == [
        {"key": "version", "operator": "In", "values": ["2"]},
        {"key": "tenant", "operator": "NotIn", "values": ["a"]},
    ]
    spread = spec["topologySpreadConstraints"][0]["labelSelector"]["matchExpressions"]
    assert spread == [{"key": "version", "operator": "In", "values": ["2"]}]


def test_pod_level_requests_follow_containers_then_limits() -> None:
    asked = pod(container(requests={"cpu": "300m"}), resources={"limits": {"cpu": "2", "memory": "2Gi"}})
    assert admit(asked, {})["spec"]["resources"]["requests"] == {"cpu": "300m", "memory": "2Gi"}


def test_host_network_ports_are_host_ports() -> None:
    ports = admit(PODS["host network"], OBJECTS)["spec"]["containers"][0]["ports"]
    assert ports == [{"containerPort": 8080, "protocol": "TCP", "hostPort": 8080}]


@pytest.mark.parametrize("quantity", ["1.5Gi2", "", "12 Mi"])
def test_a_quantity_that_is_none_is_said_so(quantity: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        admit(pod(container(requests={"memory": quantity})), OBJECTS)


@pytest.mark.parametrize(
    ("size", "reason"),
    [("1Gi", ""), ("1Mi", "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi")],
)
def test_claims_are_bounded_and_get_the_newest_default_class(size: str, reason: str) -> None:
    def storage(name: str, year: int) -> Json:
        annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
        return {
            "metadata": {"name": name, "annotations": annotations, "creationTimestamp": f"{year}-01-01T00:00:00Z"}
        }

    objects = {
        "limitranges": [limit_range({"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}})],
        "storageclasses": [storage("old", 2024), storage("new", 2025)],
    }
    claim = {
        "metadata": {"name": "data", "namespace": pod()["metadata"]["namespace"]},
        "spec": {"resources": {"requests": {"storage": size}}},
    }
    if reason:
        with pytest.raises(AdmissionRefused, match=reason):
            admit_claim(claim, objects)
    else:
        assert admit_claim(claim, objects)["spec"]["storageClassName"] == "new"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1500", "1500"),
        ("2000", "2k"),
        ("1.5Gi", "1536Mi"),
        ("512Ki", "512Ki"),
        ("1024Mi", "1Gi"),
        ("0.5Ki", "512"),
        ("0", "0"),
        ("1e3", "1e3"),
    ],
)
def test_quantities_are_written_as_kubernetes_does(written: str, text: str) -> None:
    assert str(amount_of(written)) == text


_quantities = st.sampled_from(["100m", "1", "2", "0.3", "64Mi", "1Gi", "3G"])
_resources = st.dictionaries(st.sampled_from(["cpu", "memory", "ephemeral-storage"]), _quantities)
_containers = st.builds(container, st.just("c"), _resources, _resources)


@settings(deadline=None, max_examples=50)
@given(st.lists(_containers, min_size=1, max_size=3), st.lists(_containers, max_size=2), st.booleans())
def test_admission_is_idempotent_and_leaves_its_input(main: list[Json], init: list[Json], sandboxed: bool) -> None:
    asked = pod(*main, initContainers=init, **({"runtimeClassName": "sandboxed"} if sandboxed else {}))
    before = copy.deepcopy(asked)
    try:
        once = admit(asked, OBJECTS)
    except AdmissionRefused:
        once = None
    assert asked == before
    if once is not None:
        assert admit(once, OBJECTS) == once


@settings(deadline=None, max_examples=50)
@given(st.lists(_containers, min_size=1, max_size=3), _resources)
def test_twice_admitted_asks_for_no_more(main: list[Json], own: Json) -> None:
    own.pop("ephemeral-storage", None)
    asked = pod(*main, resources={"limits": own})
    try:
        once = admit(asked, {})
    except AdmissionRefused:
        return
    twice = admit(once, {})
    assert total_requests(twice["spec"]) == total_requests(once["spec"])
    assert total_limits(twice["spec"]) == total_limits(once["spec"])
