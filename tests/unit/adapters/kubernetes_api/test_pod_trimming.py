"""What of a pod decides where it and others run, and which pods count as equal."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.adapters.kubernetes_api.pod_groups import PodGroups
from ndcops.adapters.kubernetes_api.pod_trimming import trim_pod

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
HOSTNAME_TERM = {"labelSelector": {"matchLabels": {"app": "portal"}}, "topologyKey": "kubernetes.io/hostname"}
REQUESTS = {"cpu": "500m", "memory": "1Gi"}


def pod(name: str = "portal-1", node: str = "n1", **spec: Any) -> dict[str, Any]:
    """A pod as a live API gives it, with all that scheduling does not read."""
    return {
        "metadata": {
            "name": name,
            "namespace": "portal",
            "uid": f"uid-of-{name}",
            "resourceVersion": "7",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app": "portal"},
            "annotations": {"checksum": name},
            "ownerReferences": [
                {
                    "kind": "ReplicaSet",
                    "name": "portal-6d",
                    "uid": "u",
                    "controller": True,
                    "apiVersion": "apps/v1",
                }
            ],
            "managedFields": [{"manager": "kubelet"}],
        },
        "spec": {
            "containers": [
                {
                    "name": "main",
                    "image": f"registry/{name}",
                    "env": [{"name": "SECRET", "value": "s3cr3t"}],
                    "resources": {"requests": REQUESTS},
                    "ports": [{"containerPort": 8080}],
                }
            ],
            "volumes": [{"name": f"kube-api-access-{name}", "projected": {"sources": []}}],
            "schedulerName": "default-scheduler",
            "priority": 0,
            "nodeName": node,
            **spec,
        },
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.1",
            "startTime": "2026-01-01T00:00:00Z",
            "containerStatuses": [{"name": "main", "containerID": name, "restartCount": 3}],
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        },
    }


def trimmed(**spec: Any) -> dict[str, Any]:
    found: dict[str, Any] = trim_pod(pod(**spec))["spec"]
    return found


def test_a_template_holds_what_the_scheduler_reads_and_nothing_else() -> None:
    assert trim_pod(pod()) == {
        "metadata": {
            "namespace": "portal",
            "labels": {"app": "portal"},
            "ownerReferences": [{"kind": "ReplicaSet", "controller": True}],
        },
        "spec": {"containers": [{"name": "main", "resources": {"requests": REQUESTS}}], "priority": 0},
        "status": {"phase": "Running"},
    }


def test_the_pod_itself_is_left_as_it_is() -> None:
    original = pod(affinity={"podAntiAffinity": {REQUIRED: [HOSTNAME_TERM]}})
    before = copy.deepcopy(original)
    trim_pod(original)
    assert original == before


@pytest.mark.parametrize(
    "kept",
    [
        {"nodeSelector": {"pool": "gpu"}},
        {"tolerations": [{"operator": "Exists"}]},
        {"overhead": {"cpu": "250m"}},
        {"resources": {"requests": {"cpu": "2"}}},
        {"priorityClassName": "grade-a"},
        {"preemptionPolicy": "Never"},
        {"resourceClaims": [{"name": "gpu", "resourceClaimName": "one"}]},
        {"schedulingGates": [{"name": "example.org/wait"}]},
        {"schedulerName": "other-scheduler"},
        {"affinity": {"podAntiAffinity": {REQUIRED: [HOSTNAME_TERM]}}},
        {"topologySpreadConstraints": [{"whenUnsatisfiable": "DoNotSchedule", "topologyKey": "zone"}]},
        {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-0"}}]},
        {"volumes": [{"name": "disk", "awsElasticBlockStore": {"volumeID": "v"}}]},
        {"volumes": [{"name": "inline", "csi": {"driver": "d"}}]},
        {"volumes": [{"name": "odd", "aSourceOfTomorrow": {}}]},
        {"initContainers": [{"name": "proxy", "restartPolicy": "Always", "resources": {"requests": REQUESTS}}]},
    ],
    ids=lambda kept: next(iter(kept)),
)
def test_what_a_filter_reads_is_kept(kept: dict[str, Any]) -> None:
    assert trimmed(**kept).items() >= kept.items()


@pytest.mark.parametrize(
    "dropped",
    [
        {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]}}},
        {"topologySpreadConstraints": [{"whenUnsatisfiable": "ScheduleAnyway", "topologyKey": "zone"}]},
        {"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "configMap": {"name": "c"}}]},
        {"serviceAccountName": "portal", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst"},
        {"tolerations": [], "nodeSelector": {}, "overhead": None},
    ],
)
def test_what_never_refuses_a_pod_is_left_out(dropped: dict[str, Any]) -> None:
    assert trimmed(**dropped) == trimmed()


def test_host_ports_are_kept_and_other_ports_are_not() -> None:
    container = {
        "name": "main",
        "ports": [{"containerPort": 1}, {"hostPort": 53, "protocol": "UDP", "name": "dns"}],
    }
    assert trimmed(containers=[container])["containers"] == [
        {"name": "main", "ports": [{"hostPort": 53, "protocol": "UDP"}]}
    ]


def daemon(node: str, *, bound: bool = True) -> dict[str, Any]:
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [term]}}}
    return pod(name=f"agent-{node}", node=node if bound else "", affinity=affinity)


def test_the_pin_of_a_bound_daemon_pod_does_not_make_a_template_of_its_own() -> None:
    assert trim_pod(daemon("n1")) == trim_pod(daemon("n2"))
    assert trim_pod(daemon("n1", bound=False)) != trim_pod(daemon("n2", bound=False))


def test_an_ephemeral_volume_of_a_bound_pod_is_its_claim() -> None:
    ephemeral = {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}
    assert trimmed(name="web-0", volumes=[ephemeral])["volumes"] == [
        {"name": "scratch", "persistentVolumeClaim": {"claimName": "web-0-scratch"}}
    ]
    assert trimmed(name="web-0", node="", volumes=[ephemeral])["volumes"] == [ephemeral]


def with_status(**status: Any) -> dict[str, Any]:
    changed = pod()
    changed["status"] |= status
    found: dict[str, Any] = trim_pod(changed)["status"]
    return found


def container_status(requests: dict[str, str], allocated: dict[str, str]) -> dict[str, Any]:
    return {"name": "main", "resources": {"requests": requests}, "allocatedResources": allocated, "ready": True}


def test_a_size_as_the_spec_has_it_is_not_repeated() -> None:
    assert with_status(containerStatuses=[container_status(REQUESTS, REQUESTS)]) == {"phase": "Running"}


@pytest.mark.parametrize("which", ["resources", "allocatedResources"])
def test_a_size_in_the_middle_of_a_resize_is_kept(which: str) -> None:
    larger = {"cpu": "2", "memory": "1Gi"}
    sizes = {"resources": REQUESTS, "allocatedResources": REQUESTS} | {which: larger}
    found = with_status(
        containerStatuses=[container_status(sizes["resources"], sizes["allocatedResources"])],
        conditions=[{"type": "PodResizePending", "status": "True", "reason": "Infeasible", "message": "m"}],
    )
    assert found == {
        "phase": "Running",
        "containerStatuses": [
            {
                "name": "main",
                "resources": {"requests": sizes["resources"]},
                "allocatedResources": sizes["allocatedResources"],
            }
        ],
        "conditions": [{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}],
    }


def test_device_claims_of_the_status_are_kept() -> None:
    claims = [{"name": "gpu", "resourceClaimName": "portal-gpu-x"}]
    assert with_status(resourceClaimStatuses=claims)["resourceClaimStatuses"] == claims


def test_a_nomination_counts_only_while_the_pod_waits() -> None:
    waiting = pod(node="")
    waiting["status"]["nominatedNodeName"] = "n7"
    assert trim_pod(waiting)["status"]["nominatedNodeName"] == "n7"
    assert "nominatedNodeName" not in with_status(nominatedNodeName="n7")


def test_equal_pods_are_counted_by_node_and_ended_ones_not_at_all() -> None:
    groups = PodGroups()
    ended = pod("job-1")
    ended["status"]["phase"] = "Succeeded"
    for each in (pod("a", "n2"), pod("b", "n1"), pod("c", "n2"), pod("d", ""), ended):
        groups.add(each)
    (group,) = groups.groups()
    assert group.nodes == {"": 1, "n1": 1, "n2": 2}
    assert list(group.nodes) == ["", "n1", "n2"]
    assert group.pods == 4
    assert group.template == trim_pod(pod())


KINDS_OF_PODS = st.sampled_from(
    [
        pod("a", "n1"),
        pod("b", "n2"),
        pod("c", "n1", priority=7),
        pod("d", "", nodeSelector={"a": "1", "b": "2"}),
        pod("e", "n1", nodeSelector={"b": "2", "a": "1"}),
        daemon("n1"),
        daemon("n2"),
    ]
)


@given(st.lists(KINDS_OF_PODS, max_size=30), st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_and_lose_no_pod(pods: list[dict[str, Any]], order: Any) -> None:
    shuffled = order.sample(pods, len(pods))
    first, second = PodGroups(), PodGroups()
    for each in pods:
        first.add(each)
    for each in shuffled:
        second.add(each)
    assert first.groups() == second.groups()
    assert sum(group.pods for group in first.groups()) == len(pods)
