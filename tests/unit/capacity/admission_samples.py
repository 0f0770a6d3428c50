"""Pods, ranges, classes and quotas for the tests of admission; the live test gives the same to the API server."""

from typing import Any

Json = dict[str, Any]
NAMESPACE = "admission-test"


def container(name: str = "main", requests: Json | None = None, limits: Json | None = None, **more: Any) -> Json:
    resources: Json = {}
    if requests is not None:
        resources["requests"] = requests
    if limits is not None:
        resources["limits"] = limits
    return {"name": name, "image": "image.invalid/one", "resources": resources, **more}


def pod(*containers: Json, labels: Json | None = None, **spec: Any) -> Json:
    metadata = {"name": "one", "namespace": NAMESPACE, "labels": labels or {"app": "shop", "version": "2"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": list(containers) or [container()], **spec},
    }


def limit_range(*items: Json, name: str = "bounds") -> Json:
    return {"metadata": {"name": name, "namespace": NAMESPACE}, "spec": {"limits": list(items)}}


def priority(name: str, value: int, **more: Any) -> Json:
    return {"metadata": {"name": name}, "value": value, **more}


def quota(hard: Json, used: Json | None = None, name: str = "share", **spec: Any) -> Json:
    status = {"hard": hard, "used": used if used is not None else dict.fromkeys(hard, "0")}
    return {"metadata": {"name": name, "namespace": NAMESPACE}, "spec": {"hard": hard, **spec}, "status": status}


SANDBOXED: Json = {
    "metadata": {"name": "sandboxed"},
    "handler": "sandboxed",
    "overhead": {"podFixed": {"cpu": "250m", "memory": "128Mi"}},
    "scheduling": {
        "nodeSelector": {"sandbox": "yes"},
        "tolerations": [{"key": "sandbox", "operator": "Exists", "effect": "NoSchedule"}],
    },
}
PLAIN: Json = {"metadata": {"name": "plain"}, "handler": "plain"}
CLASSES = [priority("gold", 1000), priority("patient", 10, preemptionPolicy="Never")]
BOUNDS = limit_range(
    {
        "type": "Container",
        "default": {"memory": "512Mi"},
        "defaultRequest": {"cpu": "100m", "memory": "256Mi"},
        "min": {"memory": "64Mi"},
        "max": {"cpu": "4", "memory": "8Gi"},
        "maxLimitRequestRatio": {"memory": "4"},
    },
    {"type": "Pod", "max": {"memory": "10Gi"}},
)
OBJECTS: dict[str, list[Json]] = {
    "limitranges": [BOUNDS],
    "runtimeclasses": [SANDBOXED, PLAIN],
    "priorityclasses": CLASSES,
}
_SELECTOR = {"matchLabels": {"app": "shop"}}
_TERM = {
    "topologyKey": "zone",
    "labelSelector": _SELECTOR,
    "matchLabelKeys": ["version"],
    "mismatchLabelKeys": ["tenant", "absent"],
}

PODS: dict[str, Json] = {
    "bare": pod(),
    "limits only": pod(container(limits={"cpu": "1", "memory": "1Gi"})),
    "fractions": pod(
        container(requests={"cpu": "0.5", "memory": "0.5Gi"}, limits={"cpu": "1500m", "memory": "1Gi"})
    ),
    "init and sidecar": pod(
        container(),
        initContainers=[
            container("mesh", {"cpu": "200m", "memory": "128Mi"}, restartPolicy="Always"),
            container("migrate", limits={"memory": "2Gi"}),
        ],
    ),
    "below the least": pod(container(requests={"memory": "32Mi"}, limits={"memory": "32Mi"})),
    "above the most": pod(container(limits={"cpu": "6", "memory": "9Gi"})),
    "out of ratio": pod(container(requests={"memory": "100Mi"}, limits={"memory": "1Gi"})),
    "two that are too much": pod(
        container("a", limits={"memory": "6Gi"}), container("b", limits={"memory": "6Gi"})
    ),
    "pod-level": pod(container(), resources={"limits": {"cpu": "2", "memory": "2Gi"}}),
    "pod-level and containers": pod(
        container(requests={"cpu": "300m"}), resources={"limits": {"cpu": "2", "memory": "2Gi"}}
    ),
    "pod-level enough": pod(
        container(requests={"cpu": "300m"}, limits={"cpu": "1"}),
        resources={"limits": {"cpu": "4", "memory": "8Gi"}},
    ),
    "request above a default": pod(container(requests={"memory": "1Gi"})),
    "requests above the pod": pod(
        container(requests={"cpu": "2"}, limits={"cpu": "2"}), resources={"requests": {"cpu": "1"}}
    ),
    "gold": pod(priorityClassName="gold"),
    "patient": pod(priorityClassName="patient"),
    "system": pod(priorityClassName="system-cluster-critical"),
    "unknown class": pod(priorityClassName="lead"),
    "number of its own": pod(priority=7),
    "policy of its own": pod(priorityClassName="gold", preemptionPolicy="Never"),
    "sandboxed": pod(runtimeClassName="sandboxed", nodeSelector={"disk": "ssd"}),
    "plain": pod(runtimeClassName="plain"),
    "unknown runtime": pod(runtimeClassName="lead"),
    "other sandbox": pod(runtimeClassName="sandboxed", nodeSelector={"sandbox": "no"}),
    "overhead of its own": pod(overhead={"cpu": "1"}),
    "other overhead": pod(runtimeClassName="sandboxed", overhead={"cpu": "1"}),
    "right overhead": pod(runtimeClassName="sandboxed", overhead={"cpu": "0.25", "memory": "128Mi"}),
    "tolerates all": pod(tolerations=[{"operator": "Exists"}]),
    "tolerates one": pod(
        tolerations=[
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"},
            {"key": "sandbox", "operator": "Equal", "value": "a", "effect": "NoSchedule"},
        ],
        runtimeClassName="sandboxed",
    ),
    "host network": pod(container(ports=[{"containerPort": 8080}]), hostNetwork=True),
    "label keys": pod(
        labels={"app": "shop", "version": "2", "tenant": "a"},
        affinity={
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [_TERM],
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": _TERM}],
            }
        },
        topologySpreadConstraints=[
            {
                "maxSkew": 1,
                "topologyKey": "zone",
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": _SELECTOR,
                "matchLabelKeys": ["version"],
            }
        ],
    ),
}
