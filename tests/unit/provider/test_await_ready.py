"""When each kind counts as ready."""

from typing import Any

import pytest

from ndcops.model.errors import InvalidInput
from ndcops.provider.await_ready.custom import judge_wait_for
from ndcops.provider.await_ready.kinds import JUDGES
from ndcops.provider.await_ready.verdict import Stage

WAITING, READY, FAILED = Stage.WAITING, Stage.READY, Stage.FAILED


class Neighbours:
    """The rest of the cluster."""

    def __init__(self, *objects: dict[str, Any]) -> None:
        self.objects = objects

    def related(self, api_version: str, kind: str, namespace: str, label_selector: str) -> list[dict[str, Any]]:
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        return next((each for each in self.objects if each["metadata"]["name"] == name), None)


def _live(
    spec: dict | None = None, status: dict | None = None, generation: int = 1, **more: Any
) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": "d", "generation": generation}
    return {"metadata": metadata, "spec": spec or {}, "status": status or {}, **more}


def _condition(kind: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status, **more}]}


ROLLED_OUT = {
    "observedGeneration": 1,
    "replicas": 2,
    "updatedReplicas": 2,
    "availableReplicas": 2,
    "readyReplicas": 2,
}
ON_NODES = {
    "observedGeneration": 1,
    "desiredNumberScheduled": 3,
    "numberAvailable": 3,
    "updatedNumberScheduled": 3,
}
LATE = {
    "name": "late",
    "metadata": {"name": "late"},
    "kind": "StorageClass",
    "volumeBindingMode": "WaitForFirstConsumer",
}
ADDRESS = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}


def _slice(ready: bool) -> dict[str, Any]:
    return {"kind": "EndpointSlice", "metadata": {"name": "s"}, "endpoints": [{"conditions": {"ready": ready}}]}


CASES = [
    ("apps", "Deployment", _live({"replicas": 2}, ROLLED_OUT), (), READY),
    ("apps", "Deployment", _live({"replicas": 2}, ROLLED_OUT, generation=2), (), WAITING),
    ("apps", "Deployment", _live({"replicas": 2}, {**ROLLED_OUT, "availableReplicas": 1}), (), WAITING),
    ("apps", "Deployment", _live({"replicas": 2}, {**ROLLED_OUT, "replicas": 3}), (), WAITING),
    ("apps", "Deployment", _live({"replicas": 0}, {"observedGeneration": 1}), (), READY),
    (
        "apps",
        "Deployment",
        _live(
            {}, {"observedGeneration": 1, **_condition("Progressing", "False", reason="ProgressDeadlineExceeded")}
        ),
        (),
        FAILED,
    ),
    (
        "apps",
        "StatefulSet",
        _live({"replicas": 2}, {**ROLLED_OUT, "currentRevision": "a", "updateRevision": "a"}),
        (),
        READY,
    ),
    (
        "apps",
        "StatefulSet",
        _live({"replicas": 2}, {**ROLLED_OUT, "currentRevision": "a", "updateRevision": "b"}),
        (),
        WAITING,
    ),
    ("apps", "StatefulSet", _live({"replicas": 3}, ROLLED_OUT), (), WAITING),
    (
        "apps",
        "StatefulSet",
        _live({"replicas": 2, "updateStrategy": {"type": "OnDelete"}}, {**ROLLED_OUT, "updatedReplicas": 0}),
        (),
        READY,
    ),
    ("apps", "DaemonSet", _live({}, ON_NODES), (), READY),
    ("apps", "DaemonSet", _live({}, {**ON_NODES, "updatedNumberScheduled": 2}), (), WAITING),
    ("apps", "ReplicaSet", _live({"replicas": 2}, ROLLED_OUT), (), READY),
    ("", "ReplicationController", _live({"replicas": 3}, ROLLED_OUT), (), WAITING),
    ("", "Pod", _live({}, {"phase": "Running", **_condition("Ready")}), (), READY),
    ("", "Pod", _live({}, {"phase": "Succeeded"}), (), READY),
    ("", "Pod", _live({}, {"phase": "Pending"}), (), WAITING),
    ("", "Pod", _live({}, {"phase": "Failed"}), (), FAILED),
    ("batch", "Job", _live({}, _condition("Complete")), (), READY),
    ("batch", "Job", _live({}, _condition("Failed", reason="BackoffLimitExceeded")), (), FAILED),
    ("batch", "Job", _live({}, {"active": 1}), (), WAITING),
    ("batch", "Job", _live({"suspend": True}, {}), (), READY),
    ("", "PersistentVolumeClaim", _live({}, {"phase": "Bound"}), (), READY),
    ("", "PersistentVolumeClaim", _live({"storageClassName": "late"}, {"phase": "Pending"}), (LATE,), READY),
    ("", "PersistentVolumeClaim", _live({"storageClassName": "other"}, {"phase": "Pending"}), (LATE,), WAITING),
    ("", "PersistentVolumeClaim", _live({}, {"phase": "Lost"}), (), FAILED),
    ("", "PersistentVolume", _live({}, {"phase": "Available"}), (), READY),
    ("", "PersistentVolume", _live({}, {}), (), WAITING),
    ("", "Service", _live({"type": "ExternalName"}), (), READY),
    ("", "Service", _live({"selector": {"a": "b"}, "clusterIP": "None"}), (), READY),
    ("", "Service", _live({}), (), READY),
    ("", "Service", _live({"selector": {"a": "b"}}), (), WAITING),
    ("", "Service", _live({"selector": {"a": "b"}}), (_slice(False),), WAITING),
    ("", "Service", _live({"selector": {"a": "b"}}), (_slice(True),), READY),
    ("", "Service", _live({"selector": {"a": "b"}, "type": "LoadBalancer"}), (_slice(True),), WAITING),
    ("", "Service", _live({"selector": {"a": "b"}, "type": "LoadBalancer"}, ADDRESS), (_slice(True),), READY),
    ("networking.k8s.io", "Ingress", _live({}, ADDRESS), (), READY),
    ("networking.k8s.io", "Ingress", _live({}), (), WAITING),
    ("", "ResourceQuota", _live({"hard": {"pods": "1"}}, {"hard": {"pods": "1"}}), (), READY),
    ("", "ResourceQuota", _live({"hard": {"pods": "1"}}), (), WAITING),
    ("", "Secret", _live(type="kubernetes.io/service-account-token"), (), WAITING),
    ("", "Secret", _live(type="Opaque"), (), READY),
]


@pytest.mark.parametrize(("group", "kind", "live", "neighbours", "stage"), CASES)
def test_verdicts(group: str, kind: str, live: dict, neighbours: tuple, stage: Stage) -> None:
    verdict = JUDGES[group, kind](live, Neighbours(*neighbours))
    assert verdict.stage is stage
    assert bool(verdict.reasons) is (stage is not READY)


def test_a_failed_rollout_says_why_its_pods_are_not_ready() -> None:
    pod = {
        "kind": "Pod",
        "metadata": {"name": "x-1"},
        "status": {"containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]},
    }
    status = {"observedGeneration": 1, **_condition("Progressing", "False", reason="ProgressDeadlineExceeded")}
    live = _live({"selector": {"matchLabels": {"a": "b"}}}, status)
    verdict = JUDGES["apps", "Deployment"](live, Neighbours(pod))
    assert "Pod x-1: container c: ImagePullBackOff" in verdict.reasons


@pytest.mark.parametrize(
    ("expression", "stage"),
    [
        ("jsonpath={.status.phase}=Active", READY),
        ("jsonpath={.status.phase}='Active'", READY),
        ("jsonpath={.status.phase}=Gone", WAITING),
        ("jsonpath={.status.missing}", WAITING),
        ("jsonpath={.status.items[*].n}=1", WAITING),
        ("jsonpath={.status.items[0].n}=1", READY),
        ("condition=Ready", READY),
        ("condition=Ready=False", WAITING),
        ('["condition=Ready", "jsonpath={.status.phase}=Active"]', READY),
        ('["condition=Ready", "condition=Other"]', WAITING),
    ],
)
def test_wait_for_annotation(expression: str, stage: Stage) -> None:
    status = {"phase": "Active", "items": [{"n": 1}, {"n": 2}], **_condition("Ready")}
    assert judge_wait_for(_live({}, status), expression).stage is stage


@pytest.mark.parametrize("expression", ["", "ready", "jsonpath={.a[?(@.b)]}", "[1]", "[", "[]"])
def test_refuses_a_wait_for_that_cannot_be_read(expression: str) -> None:
    with pytest.raises(InvalidInput, match="waitFor"):
        judge_wait_for(_live(), expression)
