"""A hosted system at one site: account, settings, workloads, their Services and disruption budgets, route.

Pure; the compute layer registers what it returns. The standby site gets the same objects with no replicas:
bringing a system up there is a change of numbers, nothing has to be invented in an emergency.
"""

from collections.abc import Mapping
from typing import Final

from ndcops.model.errors import InvalidInput
from ndcops.model.object_names import (
    GATEWAY,
    HOME,
    ROLE_LABEL,
    SERVICE_LABEL,
    STANDBY,
    storage_class,
    workload_object,
)
from ndcops.model.record import JsonObject
from ndcops.model.service import Grade, Service
from ndcops.model.site import Site
from ndcops.model.workload_pod import Placed, pod_template
from stacks.components.manifest import Manifest, manifest

_LONGEST_AWAY: Final[Mapping[Grade, int | str]] = {Grade.A: 1, Grade.B: 1, Grade.C: "25%", Grade.D: "50%"}
"""How many replicas a drain may take at once, by grade."""
_KEPT_REVISIONS = 3
_SKIP_AWAIT: Final = {"pulumi.com/skipAwait": "true"}
"""For Services: the provider would wait for ready pods, which the standby has none of, and which the workload
itself is waited for already; Services that wait first take all of the engine's parallel steps from it.
"""


def role_at(site: Site, service: Service) -> str:
    """Whether the site is the system's home or its standby."""
    return HOME if service.home == site.name else STANDBY


def identity_labels(site: Site, service: Service) -> dict[str, str]:
    """The labels of all objects of a system at a site."""
    return {SERVICE_LABEL: service.id, ROLE_LABEL: role_at(site, service)}


def placed_workloads(site: Site, service: Service) -> list[Placed]:
    """The system's workloads with their pools; the first one is what its names lead to.

    Raises InvalidInput for a pool that the site lacks and for accelerators that a pool lacks.
    """
    placed = []
    for index, workload in enumerate(service.workloads):
        pool = site.pool(workload.pool)
        if pool is None or (workload.gpus and pool.gpu is None):
            missing = f"pool '{workload.pool}'" if pool is None else f"accelerator in pool '{pool.name}'"
            raise InvalidInput(
                f"service '{service.id}', workload '{workload.name}': site '{site.name}' has no {missing}",
                resolution="ndcops inventory validate",
            )
        is_exposed = index == 0 and bool(service.dns_names)
        placed.append(Placed(site, service, workload, pool, is_exposed))
    return placed


def settings_objects(site: Site, service: Service, namespace: str) -> list[Manifest]:
    """What a system's pods run as and read: an account that holds no token, and where they are."""
    peer = service.standby if role_at(site, service) == HOME else service.home
    settings = {
        "NDC_SITE": site.name,
        "NDC_ROLE": role_at(site, service),
        "NDC_PEER_SITE": peer,
        "NDC_SERVICE": service.id,
        "NDC_DEPENDS_ON": ",".join(service.depends_on),
        "NDC_DNS_ZONE": site.dns.zone,
    }
    labels = identity_labels(site, service)
    account = {"automountServiceAccountToken": False}
    return [
        manifest("v1", "ServiceAccount", service.id, account, namespace=namespace, labels=labels),
        manifest("v1", "ConfigMap", service.id, {"data": settings}, namespace=namespace, labels=labels),
    ]


def companion_objects(placed: Placed, namespace: str) -> list[Manifest]:
    """The Service and the disruption budget of a workload."""
    labels = identity_labels(placed.site, placed.service)
    port = placed.workload.port
    service: JsonObject = {
        "type": "ClusterIP",
        "selector": {**placed.selector},
        "ports": [{"name": "http", "port": port, "targetPort": "http", "protocol": "TCP"}],
    }
    if placed.is_stateful and not placed.is_exposed:
        service["clusterIP"] = "None"
    budget = {
        "maxUnavailable": 1 if placed.is_stateful else _LONGEST_AWAY[placed.service.grade],
        "selector": {"matchLabels": {**placed.selector}},
        # A replica that is broken anyway must not hold up the drain of its node.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return [
        manifest(
            "v1",
            "Service",
            placed.name,
            {"spec": service},
            namespace=namespace,
            labels=labels,
            annotations=_SKIP_AWAIT,
        ),
        manifest(
            "policy/v1", "PodDisruptionBudget", placed.name, {"spec": budget}, namespace=namespace, labels=labels
        ),
    ]


def workload_manifest(placed: Placed, namespace: str, storage_outputs: JsonObject | None) -> Manifest:
    """The Deployment or StatefulSet of a workload: its replicas at home, none at the standby."""
    labels = identity_labels(placed.site, placed.service)
    spec: JsonObject = {
        "replicas": placed.workload.replicas if labels[ROLE_LABEL] == HOME else 0,
        "revisionHistoryLimit": _KEPT_REVISIONS,
        "selector": {"matchLabels": {**placed.selector}},
        "template": pod_template(placed),
    }
    if not placed.is_stateful:
        spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": _rolling(placed)}
        return manifest("apps/v1", "Deployment", placed.name, {"spec": spec}, namespace=namespace, labels=labels)
    spec["serviceName"] = placed.name
    spec["podManagementPolicy"] = "Parallel"
    spec["persistentVolumeClaimRetentionPolicy"] = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    volume = placed.workload.volume
    if volume:
        claim = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class(volume.tier, storage_outputs),
            "resources": {"requests": {"storage": volume.size}},
        }
        spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim}]
    return manifest("apps/v1", "StatefulSet", placed.name, {"spec": spec}, namespace=namespace, labels=labels)


def _rolling(placed: Placed) -> dict[str, int]:
    # Accelerators are never kept free for an update: there the old replica goes first.
    return {"maxSurge": 0, "maxUnavailable": 1} if placed.workload.gpus else {"maxSurge": 1, "maxUnavailable": 0}


def route_objects(site: Site, service: Service, namespace: str) -> list[Manifest]:
    """The way from the zone's gateway to the system's first workload, when the system has names."""
    if not service.dns_names:
        return []
    entry = service.workloads[0]
    backend = {
        "group": "",
        "kind": "Service",
        "name": workload_object(service, entry),
        "port": entry.port,
        "weight": 1,
    }
    spec = {
        "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": GATEWAY}],
        "hostnames": list(service.dns_names),
        "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": [backend]}],
    }
    labels = identity_labels(site, service)
    route = manifest(
        "gateway.networking.k8s.io/v1", "HTTPRoute", service.id, {"spec": spec}, namespace=namespace, labels=labels
    )
    return [route]
