"""The pod of a workload: restricted, placed on its pool, spread over racks.

Stacks apply it; capacity asks whether it fits. One template, so that the answer is about what will really run.
"""

from dataclasses import dataclass

from ndcops.model.object_names import (
    CLASSIFICATION_LABEL,
    EXPOSED_LABEL,
    NAME_LABEL,
    POOL_LABEL,
    RACK_LABEL,
    SERVICE_LABEL,
    SITE_LABEL,
    gpu_class,
    priority_class,
    workload_object,
)
from ndcops.model.record import JsonObject
from ndcops.model.service import Grade, Service, Workload
from ndcops.model.site import NodePool, Site

_SCRATCH_SIZE = "64Mi"
_GROUP_ID = 65532
"""Owns mounted volumes; images of the internal registry run as the user of this number."""


@dataclass(frozen=True)
class Placed:
    """A workload of a system in the pool of this site that carries it."""

    site: Site
    service: Service
    workload: Workload
    pool: NodePool
    is_exposed: bool

    @property
    def name(self) -> str:
        """What its objects are called."""
        return workload_object(self.service, self.workload)

    @property
    def is_stateful(self) -> bool:
        """Replicas with volumes, or with an order among them, need names that stay."""
        return self.workload.stateful or self.workload.volume is not None

    @property
    def selector(self) -> dict[str, str]:
        """The labels that no change of the system may ever change."""
        return {NAME_LABEL: self.name, SERVICE_LABEL: self.service.id}


def pod_template(placed: Placed) -> JsonObject:
    """The pod template of a Deployment or StatefulSet."""
    labels = {**placed.selector, CLASSIFICATION_LABEL: placed.service.classification.value}
    if placed.is_exposed:
        labels[EXPOSED_LABEL] = "true"
    pool = placed.pool
    spec: JsonObject = {
        "serviceAccountName": placed.service.id,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": priority_class(placed.service.grade),
        "nodeSelector": {SITE_LABEL: placed.site.name, POOL_LABEL: pool.name},
        "topologySpreadConstraints": _spread(placed),
        "securityContext": {
            "runAsNonRoot": True,
            "fsGroup": _GROUP_ID,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(placed)],
        "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": _SCRATCH_SIZE}}],
    }
    if pool.taints:
        spec["tolerations"] = pool_tolerations(pool)
    if placed.workload.gpus:
        spec["runtimeClassName"] = gpu_class(pool)
    return {"metadata": {"labels": labels}, "spec": spec}


def _spread(placed: Placed) -> list[JsonObject]:
    # Grade A rather waits for a rack than stands on one; the others take what there is.
    rule: JsonObject = {
        "maxSkew": 1,
        "topologyKey": RACK_LABEL,
        "whenUnsatisfiable": "DoNotSchedule" if placed.service.grade is Grade.A else "ScheduleAnyway",
        "labelSelector": {"matchLabels": {NAME_LABEL: placed.name}},
    }
    if not placed.is_stateful:
        # Pods of the version that goes out do not count against the one that comes in.
        rule["matchLabelKeys"] = ["pod-template-hash"]
    return [rule]


def _container(placed: Placed) -> JsonObject:
    workload = placed.workload
    requests = {"cpu": workload.cpu, "memory": workload.memory}
    limits = {"memory": workload.memory}
    if workload.gpus and placed.pool.gpu:
        requests[placed.pool.gpu.resource] = limits[placed.pool.gpu.resource] = str(workload.gpus)
    mounts = [{"name": "scratch", "mountPath": "/tmp"}]  # noqa: S108 - inside the container
    if workload.volume:
        mounts.append({"name": "data", "mountPath": workload.volume.mount})
    return {
        "name": workload.name,
        "image": workload.image,
        "ports": [{"name": "http", "containerPort": workload.port, "protocol": "TCP"}],
        "envFrom": [{"configMapRef": {"name": placed.service.id}}],
        "resources": {"requests": requests, "limits": limits},
        "readinessProbe": _probe(placed, patience=1),
        # A slow replica leaves its Service first; only a dead one is restarted.
        "livenessProbe": _probe(placed, patience=3),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }


def _probe(placed: Placed, *, patience: int) -> JsonObject:
    probe = placed.workload.probe
    return {
        "httpGet": {"path": probe.path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": probe.period_s,
        "failureThreshold": probe.failures * patience,
    }


def pool_tolerations(pool: NodePool) -> list[dict[str, str]]:
    """What a pod must tolerate to run in a pool."""
    return [
        {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}
        if taint.value
        else {"key": taint.key, "operator": "Exists", "effect": taint.effect}
        for taint in pool.taints
    ]
