import pytest

from ndcops.capacity.plan.fit import pod_shape
from ndcops.capacity.plan.fit.pod_shape import DeviceClaim, HostPort
from ndcops.capacity.plan.fit.pod_volumes import ClaimVolume, Disk, PodVolumes
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import container, pod


def test_a_pod_without_wishes() -> None:
    shape = pod_shape({"spec": {}})
    assert (shape.namespace, shape.requests, shape.priority, shape.may_preempt) == ("default", {}, 0, True)
    assert not shape.selects_nodes
    assert not shape.volumes
    assert not shape.is_terminating
    assert (shape.gates, shape.ports, shape.spread, shape.claims) == ((), (), (), ())


def test_requests_leave_out_zeros_and_what_nobody_counts() -> None:
    asked = {"cpu": "1", "memory": "0", "storage": "1Gi", "nvidia.com/gpu": "2"}
    assert pod_shape(pod(requests=asked)).requests == {"cpu": 1000, "nvidia.com/gpu": 2}


def test_shapes_are_compared_by_identity() -> None:
    assert pod_shape(pod()) != pod_shape(pod())


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ([{"containerPort": 80}], ()),
        ([{"containerPort": 80, "hostPort": 0}], ()),
        ([{"containerPort": 80, "hostPort": 8080}], (HostPort("0.0.0.0", "TCP", 8080),)),
        (
            [{"hostPort": 53, "protocol": "UDP", "hostIP": "10.0.0.1"}],
            (HostPort("10.0.0.1", "UDP", 53),),
        ),
    ],
)
def test_host_ports(ports: list[JsonObject], expected: tuple[HostPort, ...]) -> None:
    assert pod_shape(pod(containers=[container(ports=ports)])).ports == expected


def test_sidecars_hold_host_ports_and_init_containers_do_not() -> None:
    init = [
        container("mesh", ports=[{"hostPort": 1}], restartPolicy="Always"),
        container("wait", ports=[{"hostPort": 2}]),
    ]
    assert [port.port for port in pod_shape(pod(initContainers=init)).ports] == [1]


def test_only_hard_spread_counts() -> None:
    soft = {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}
    hard = {
        "topologyKey": "rack",
        "maxSkew": 2,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
        "matchLabelKeys": ["hash", "absent"],
        "minDomains": 3,
        "nodeAffinityPolicy": "Ignore",
        "nodeTaintsPolicy": "Honor",
    }
    shape = pod_shape(pod(labels={"app": "web", "hash": "7"}, topologySpreadConstraints=[soft, hard]))
    (rule,) = shape.spread
    assert (rule.key, rule.max_skew, rule.min_domains) == ("rack", 2, 3)
    assert (rule.honours_affinity, rule.honours_taints) == (False, True)
    assert rule.selector.matches({"app": "web", "hash": "7"})
    assert not rule.selector.matches({"app": "web", "hash": "8"})


@pytest.mark.parametrize(
    ("more", "namespaces", "is_everywhere"),
    [
        ({}, {"shop"}, False),
        ({"namespaces": ["bank"]}, {"bank"}, False),
        ({"namespaceSelector": {}}, set(), True),
        ({"namespaces": ["bank"], "namespaceSelector": {"matchLabels": {"a": "b"}}}, {"bank"}, False),
    ],
)
def test_namespaces_of_pod_terms(more: JsonObject, namespaces: set[str], is_everywhere: bool) -> None:
    term = {"topologyKey": "rack", "labelSelector": {}, **more}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    (found,) = pod_shape(pod(affinity=affinity)).affinity
    assert found.namespaces == namespaces
    assert found.namespace_selector.is_everything is is_everywhere


def test_device_claims_named_made_waiting_and_not_needed() -> None:
    entries = [
        {"name": "own", "resourceClaimName": "gpus"},
        {"name": "made", "resourceClaimTemplateName": "t"},
        {"name": "waiting", "resourceClaimTemplateName": "t"},
        {"name": "unneeded", "resourceClaimTemplateName": "t"},
    ]
    statuses = [{"name": "made", "resourceClaimName": "web-made"}, {"name": "unneeded"}]
    shape = pod_shape(pod(resourceClaims=entries, status={"resourceClaimStatuses": statuses}))
    assert shape.claims == (
        DeviceClaim("own", "gpus", False),
        DeviceClaim("made", "web-made", True),
        DeviceClaim("waiting", None, True),
    )


@pytest.mark.parametrize(
    ("owner", "expected"), [("DaemonSet", True), ("Node", True), ("ReplicaSet", False), ("", False)]
)
def test_who_belongs_to_a_node(owner: str, expected: bool) -> None:
    assert pod_shape(pod(owner=owner)).belongs_to_node is expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, set()),
        ({"hostNetwork": True, "hostUsers": False}, {"UserNamespacesHostNetworkSupport"}),
        ({"hostNetwork": True}, set()),
        (
            {"containers": [container(restartPolicyRules=[{"action": "RestartAllContainers"}])]},
            {"RestartAllContainersOnContainerExits"},
        ),
        ({"initContainers": [container(restartPolicyRules=[{"action": "Restart"}])]}, set()),
    ],
)
def test_features_that_a_node_must_declare(spec: JsonObject, expected: set[str]) -> None:
    assert pod_shape(pod(**spec)).features == expected


def test_a_terminating_pod_that_never_preempts_and_waits() -> None:
    written = pod(preemptionPolicy="Never", priority=7, schedulingGates=[{"name": "quota"}])
    written["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    shape = pod_shape(written)
    assert (shape.may_preempt, shape.priority, shape.gates, shape.is_terminating) == (False, 7, ("quota",), True)


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({"name": "v", "emptyDir": {}}, PodVolumes()),
        ({"name": "v", "persistentVolumeClaim": {"claimName": "data"}}, PodVolumes((ClaimVolume("data"),))),
        ({"name": "v", "ephemeral": {}}, PodVolumes()),
        ({"name": "v", "ephemeral": {"a": 1}}, PodVolumes((ClaimVolume("web-v", pod="web"),))),
        (
            {"name": "v", "rbd": {"image": "i", "monitors": ["m"]}},
            PodVolumes((), (Disk("rbd", "rbd/i", frozenset({"m"}), False),)),
        ),
        (
            {"name": "v", "cinder": {"volumeID": "c1"}},
            PodVolumes((), (Disk("", "c1", frozenset(), False, "cinder.csi.openstack.org"),)),
        ),
    ],
)
def test_volumes_that_matter(volume: JsonObject, expected: PodVolumes) -> None:
    assert pod_shape(pod(volumes=[volume])).volumes == expected


@pytest.mark.parametrize(
    "broken", [{}, {"spec": {"resourceClaims": [{}]}}, {"spec": {"volumes": [{"rbd": {"pool": "p"}}]}}]
)
def test_what_no_api_server_would_store_is_an_error(broken: JsonObject) -> None:
    with pytest.raises(KeyError):
        pod_shape(broken)
