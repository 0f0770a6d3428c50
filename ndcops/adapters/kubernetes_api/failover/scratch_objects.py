"""What the isolated copy of a service consists of: its own objects, cut loose from production. Pure.

One replica of each workload, of the lowest priority, so that a real failover takes its place at any time; volumes
are empty ones that die with the pod, so that nothing of them can be left behind; nobody outside is talked to but
the database's own replica, and that only to clone it.
"""

from collections.abc import Iterable
from typing import Any, Final

from ndcops.model.object_names import (
    DOMAIN,
    EXPOSED_LABEL,
    NAME_LABEL,
    ROLE_LABEL,
    SERVICE_LABEL,
    bounded,
    priority_class,
)
from ndcops.model.record import JsonObject
from ndcops.model.service import Grade, Service

DRILL_LABEL: Final = f"{DOMAIN}/drill"
DRILL_SERVICE_LABEL: Final = f"{DOMAIN}/drill-service"
_POD_SECURITY: Final = "pod-security.kubernetes.io/"
_POSTGRES_PORT: Final = 5432
_LIVE_ONLY: Final = ("clusterIP", "clusterIPs", "healthCheckNodePort")


def scratch_namespace(service: Service, drill: str) -> str:
    """The namespace of the copy."""
    return bounded(f"drill-{drill}-{service.id}")


def namespace_object(service: Service, drill: str, zone_labels: JsonObject) -> JsonObject:
    """The namespace: as strict about pods as the zone's, and of no zone, so that no flow leads there."""
    strict = {key: value for key, value in zone_labels.items() if key.startswith(_POD_SECURITY)}
    labels = {**strict, DRILL_LABEL: drill, DRILL_SERVICE_LABEL: service.id}
    metadata = {"name": scratch_namespace(service, drill), "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def isolation(service: Service, drill: str, clone_from: str) -> JsonObject:
    """Pods of the copy reach each other; a cloned database also its origin, in namespace `clone_from`, a name
    server to find that, and its operator, who asks its instances how they are (port 8000).
    """
    inside: JsonObject = {"podSelector": {}}
    ingress, egress = [{"from": [inside]}], [{"to": [inside]}]
    if clone_from:
        origin = {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": clone_from}},
            "podSelector": {"matchLabels": {SERVICE_LABEL: service.id}},
        }
        names = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
        operator = {"namespaceSelector": {}, "podSelector": {"matchLabels": {NAME_LABEL: "cloudnative-pg"}}}
        egress.append({"to": [origin], "ports": [{"port": _POSTGRES_PORT, "protocol": "TCP"}]})
        egress.append({"to": [names], "ports": [{"port": 53, "protocol": each} for each in ("UDP", "TCP")]})
        ingress.append({"from": [operator], "ports": [{"port": 8000, "protocol": "TCP"}]})
    spec = {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": egress,
    }
    metadata = {"name": "isolation", "namespace": scratch_namespace(service, drill)}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def copied(live: JsonObject, kind: str, api_version: str, service: Service, drill: str) -> JsonObject:
    """An object of the service as it stands in the copy, under the same name."""
    metadata = {
        "name": live["metadata"]["name"],
        "namespace": scratch_namespace(service, drill),
        "labels": {**_labels(live["metadata"].get("labels") or {}, service), DRILL_LABEL: drill},
    }
    document: JsonObject = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    for field in ("data", "binaryData", "type", "automountServiceAccountToken", "immutable"):
        if field in live:
            document[field] = live[field]
    if "spec" in live:
        document["spec"] = _spec(live["spec"], kind, service)
    if kind == "ConfigMap" and "NDC_ROLE" in document.get("data", {}):
        document["data"] = document["data"] | {"NDC_ROLE": "drill"}
    return document


def cluster_clone(live: JsonObject, service: Service, drill: str) -> JsonObject:
    """A CloudNativePG Cluster of its own, cloned from the replica that stands on this site."""
    name, space = live["metadata"]["name"], live["metadata"]["namespace"]
    origin = {
        "name": "origin",
        "connectionParameters": {
            "host": f"{name}-r.{space}.svc",
            "user": "streaming_replica",
            "sslmode": "verify-full",
            "dbname": "postgres",
        },
        "sslKey": {"name": f"{name}-replication", "key": "tls.key"},
        "sslCert": {"name": f"{name}-replication", "key": "tls.crt"},
        "sslRootCert": {"name": f"{name}-ca", "key": "ca.crt"},
    }
    kept = {key: live["spec"][key] for key in ("storage", "imageName", "imageCatalogRef") if key in live["spec"]}
    spec = kept | {
        "instances": 1,
        "bootstrap": {"pg_basebackup": {"source": "origin"}},
        "externalClusters": [origin],
    }
    metadata = {
        "name": name,
        "namespace": scratch_namespace(service, drill),
        "labels": {DRILL_LABEL: drill, NAME_LABEL: name},
    }
    return {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": metadata, "spec": spec}


def secret_names(workloads: Iterable[JsonObject], database: JsonObject | None) -> set[str]:
    """Secrets that the workloads' pods cannot start without, and those that a clone of the database needs."""
    name = "" if database is None else database["metadata"]["name"]
    found: set[str] = {f"{name}-replication", f"{name}-ca"} if name else set()
    for live in workloads:
        pod = live["spec"]["template"]["spec"]
        for container in (*(pod.get("initContainers") or ()), *pod["containers"]):
            sources = [each.get("secretRef") for each in container.get("envFrom") or ()]
            sources += [(each.get("valueFrom") or {}).get("secretKeyRef") for each in container.get("env") or ()]
            found |= {source["name"] for source in sources if source}
        for volume in pod.get("volumes") or ():
            if "secret" in volume:
                found.add(volume["secret"]["secretName"])
        found |= {each["name"] for each in pod.get("imagePullSecrets") or ()}
    return found


def _spec(spec: JsonObject, kind: str, service: Service) -> JsonObject:
    changed: JsonObject = _renamed(spec, service)
    if kind == "Service":
        headless = changed.get("clusterIP") == "None"
        changed = {key: value for key, value in changed.items() if key not in _LIVE_ONLY}
        return changed | ({"clusterIP": "None"} if headless else {})
    pod = changed["template"]["spec"]
    claims = changed.pop("volumeClaimTemplates", None) or []
    changed.pop("persistentVolumeClaimRetentionPolicy", None)
    kept = [each for each in pod.get("volumes") or () if "persistentVolumeClaim" not in each]
    lost = [each["name"] for each in pod.get("volumes") or () if "persistentVolumeClaim" in each]
    names = [*lost, *(claim["metadata"]["name"] for claim in claims)]
    pod["volumes"] = [*kept, *({"name": name, "emptyDir": {}} for name in names)]
    pod["priorityClassName"] = priority_class(Grade.D)
    pod.pop("priority", None)  # the admission fills it in from the class
    pod.pop("preemptionPolicy", None)
    (changed["template"]["metadata"].get("labels") or {}).pop(EXPOSED_LABEL, None)
    return changed | {"replicas": 1}


def _labels(labels: JsonObject, service: Service) -> JsonObject:
    kept = {key: value for key, value in labels.items() if key not in (ROLE_LABEL, EXPOSED_LABEL)}
    renamed: JsonObject = _renamed(kept, service)
    return renamed


def _renamed(value: Any, service: Service) -> Any:
    """The value with the service's label changed everywhere: nothing that looks for the service finds the copy."""
    if isinstance(value, dict):
        return {
            key: bounded(f"{service.id}-drill") if key == SERVICE_LABEL else _renamed(item, service)
            for key, item in value.items()
        }
    return [_renamed(item, service) for item in value] if isinstance(value, list) else value
