"""How many more pods the quotas of a namespace allow, by tables."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.capacity.plan.admission import QuotaRoom, admit, quota_room
from tests.unit.capacity.admission_samples import CLASSES, NAMESPACE, SANDBOXED, container, pod, quota

Json = dict[str, Any]
OBJECTS = {"priorityclasses": CLASSES, "runtimeclasses": [SANDBOXED]}
SIZED = pod(container(requests={"cpu": "500m", "memory": "1Gi"}, limits={"memory": "2Gi"}))
CROSSING = {"topologyKey": "zone", "labelSelector": {}, "namespaceSelector": {}}


def room(asked: Json, *quotas: Json, **more: Any) -> QuotaRoom:
    return quota_room(admit(asked, OBJECTS), {"resourcequotas": list(quotas)}, **more)


def scoped(name: str, operator: str = "Exists", *values: str) -> Json:
    return {"matchExpressions": [{"scopeName": name, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("hard", "used", "pods", "resource"),
    [
        ({"pods": "10"}, {"pods": "4"}, 6, "pods"),
        ({"count/pods": "3"}, {"count/pods": "5"}, 0, "count/pods"),
        ({"requests.cpu": "2"}, {"requests.cpu": "600m"}, 2, "requests.cpu"),
        ({"cpu": "2", "limits.memory": "3Gi"}, {"cpu": "0", "limits.memory": "0"}, 1, "limits.memory"),
        ({"services": "1"}, {"services": "1"}, None, ""),
        ({"requests.example.com/gpu": "1"}, {"requests.example.com/gpu": "1"}, None, ""),
    ],
)
def test_the_scarcest_resource_decides(hard: Json, used: Json, pods: int | None, resource: str) -> None:
    found = room(SIZED, quota(hard, used))
    assert (found.pods, found.resource) == (pods, resource)


def test_refuses_the_next_pod_in_the_api_servers_words() -> None:
    found = room(SIZED, quota({"requests.cpu": "2", "pods": "9"}, {"requests.cpu": "600m", "pods": "1"}))
    assert found.message == (
        'pods "one" is forbidden: exceeded quota: share, requested: requests.cpu=500m, '
        "used: requests.cpu=1600m, limited: requests.cpu=2"
    )


def test_containers_must_name_what_a_quota_counts() -> None:
    found = room(pod(container("a", {"cpu": "1"}), container("b")), quota({"cpu": "9", "limits.memory": "9Gi"}))
    said = 'pods "one" is forbidden: failed quota: share: must specify cpu for: b; limits.memory for: a,b'
    assert (found.pods, found.message) == (0, said)


def test_a_quota_without_usage_refuses() -> None:
    found = room(SIZED, quota({"pods": "9", "cpu": "9"}, {"pods": "0"}))
    said = 'pods "one" is forbidden: status unknown for quota: share, resources: cpu,pods'
    assert (found.pods, found.message) == (0, said)


@pytest.mark.parametrize(
    ("asked", "spec", "is_meant"),
    [
        (pod(), {"scopes": ["BestEffort"]}, True),
        (SIZED, {"scopes": ["BestEffort"]}, False),
        (SIZED, {"scopes": ["NotBestEffort", "NotTerminating"]}, True),
        (pod(activeDeadlineSeconds=5), {"scopes": ["Terminating"]}, True),
        (pod(activeDeadlineSeconds=5), {"scopes": ["NotTerminating"]}, False),
        (pod(priorityClassName="gold"), {"scopeSelector": scoped("PriorityClass", "In", "gold")}, True),
        (pod(priorityClassName="gold"), {"scopeSelector": scoped("PriorityClass", "NotIn", "gold")}, False),
        (pod(), {"scopeSelector": scoped("PriorityClass", "In", "gold")}, False),
        (pod(), {"scopeSelector": scoped("PriorityClass", "DoesNotExist")}, True),
        (pod(), {"scopeSelector": scoped("CrossNamespacePodAffinity")}, False),
        (
            pod(affinity={"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [CROSSING]}}),
            {"scopeSelector": scoped("CrossNamespacePodAffinity")},
            True,
        ),
    ],
)
def test_scopes(asked: Json, spec: Json, is_meant: bool) -> None:
    assert room(asked, quota({"pods": "3"}, **spec)).pods == (3 if is_meant else None)


def test_overhead_is_charged() -> None:
    asked = pod(*SIZED["spec"]["containers"], runtimeClassName="sandboxed")
    assert room(asked, quota({"requests.cpu": "1500m"})).pods == 2


def test_claims_are_charged_by_class() -> None:
    claim = {
        "metadata": {"name": "data", "namespace": NAMESPACE},
        "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}},
    }
    hard = {"fast.storageclass.storage.k8s.io/requests.storage": "25Gi", "persistentvolumeclaims": "9"}
    found = room(SIZED, quota(hard), claims=[claim])
    assert (found.pods, found.resource) == (2, "fast.storageclass.storage.k8s.io/requests.storage")
    assert found.message.startswith('persistentvolumeclaims "data" is forbidden: exceeded quota: share')


def test_promised_pods_come_first() -> None:
    admitted = admit(SIZED, OBJECTS)
    assert room(SIZED, quota({"pods": "5"}), promised=[(admitted, 3)]).pods == 2


@settings(deadline=None)
@given(st.integers(0, 20), st.integers(0, 40), st.integers(0, 20))
def test_room_is_never_negative_and_just_fits(hard: int, used: int, promised: int) -> None:
    admitted = admit(SIZED, OBJECTS)
    share = quota({"requests.cpu": str(hard)}, {"requests.cpu": f"{used * 250}m"})
    found = quota_room(admitted, {"resourcequotas": [share]}, promised=[(admitted, promised)])
    assert found.pods is not None
    assert found.pods >= 0
    taken_millicores = used * 250 + (promised + found.pods) * 500
    assert found.pods == 0 or taken_millicores <= hard * 1000
    assert taken_millicores + 500 > hard * 1000
