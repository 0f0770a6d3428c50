"""The objects of one small service as a site's cluster has them; contract and live tests of drivers share them."""

from typing import Any

from ndcops.model.object_names import NAME_LABEL, SERVICE_LABEL
from ndcops.model.service import Service

NAMESPACE = "ndc-contract"
LABELS = {SERVICE_LABEL: "trial"}
PATHS = {
    "Deployment": "/apis/apps/v1/namespaces/ndc-contract/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/ndc-contract/statefulsets",
    "Pod": "/api/v1/namespaces/ndc-contract/pods",
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1/namespaces/ndc-contract/httproutes",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/ndc-contract/ingresses",
    "VolumeReplication": "/apis/replication.storage.openshift.io/v1alpha1/namespaces/ndc-contract"
    "/volumereplications",
    "Cluster": "/apis/postgresql.cnpg.io/v1/namespaces/ndc-contract/clusters",
    "NetworkFence": "/apis/csiaddons.openshift.io/v1alpha1/networkfences",
    "NetworkFenceClass": "/apis/csiaddons.openshift.io/v1alpha1/networkfenceclasses",
}


def service(**changes: Any) -> Service:
    workload = {
        "name": "web",
        "image": "registry.ndc.gov.vn/trial/web:1",
        "replicas": 2,
        "pool": "general",
        "cpu": 1,
        "memory": "1Gi",
        "port": 8443,
        "probe": {"path": "/ready"},
    }
    document = {
        "id": "trial",
        "title": {"vi": "Thử", "en": "Trial"},
        "owner": "tests",
        "grade": "B",
        "classification": "internal",
        "zone": "contract",
        "home": "ndc1",
        "standby": "ndc3",
        "rpo_s": 60,
        "rto_s": 600,
        "workloads": [workload, workload | {"name": "store", "stateful": True}],
        "dns_names": ["trial.ndc.gov.vn"],
    }
    return Service.model_validate(document | changes)


def _pod_spec() -> dict[str, Any]:
    return {"containers": [{"name": "web", "image": "registry.ndc.gov.vn/trial/web:1"}]}


def _object(api_version: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {**LABELS, NAME_LABEL: name}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def deployment(name: str = "trial-web", replicas: int = 2) -> dict[str, Any]:
    labels = {**LABELS, NAME_LABEL: name}
    template = {"metadata": {"labels": dict(labels)}, "spec": _pod_spec()}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return _object("apps/v1", "Deployment", name, spec)


def stateful_set(name: str = "trial-store", replicas: int = 1) -> dict[str, Any]:
    found = deployment(name, replicas)
    found["spec"]["serviceName"] = name
    return found | {"kind": "StatefulSet"}


def pod(name: str, workload: str, phase: str = "Running") -> dict[str, Any]:
    found = _object("v1", "Pod", name, _pod_spec()) | {"status": {"phase": phase}}
    found["metadata"]["labels"][NAME_LABEL] = workload
    return found


def http_route(weights: tuple[int | None, ...] = (None, 9)) -> dict[str, Any]:
    backends = [
        {"name": f"trial-{index}", "port": 8443} | ({} if weight is None else {"weight": weight})
        for index, weight in enumerate(weights)
    ]
    spec = {
        "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "entry"}],
        "hostnames": ["trial.ndc.gov.vn"],
        "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": backends}],
    }
    return _object("gateway.networking.k8s.io/v1", "HTTPRoute", "trial", spec)


def ingress(name: str | None = "nginx") -> dict[str, Any]:
    backend = {"service": {"name": "trial-web", "port": {"number": 8443}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    spec: dict[str, Any] = {"rules": [{"host": "trial.ndc.gov.vn", "http": {"paths": paths}}]}
    return _object("networking.k8s.io/v1", "Ingress", "trial", spec | ({"ingressClassName": name} if name else {}))


def volume_replication(name: str = "trial-data", role: str = "primary") -> dict[str, Any]:
    spec = {
        "volumeReplicationClass": "ndc-block",
        "replicationState": role,
        "dataSource": {"apiGroup": "", "kind": "PersistentVolumeClaim", "name": "data-trial-store-0"},
    }
    return _object("replication.storage.openshift.io/v1alpha1", "VolumeReplication", name, spec)


def cluster(
    site: str = "ndc1", primary: str = "ndc1", others: tuple[str, ...] = ("ndc2", "ndc3")
) -> dict[str, Any]:
    replica = {"self": site, "primary": primary, "source": next(o for o in (primary, *others) if o != site)}
    spec = {
        "instances": 1,
        "storage": {"size": "1Gi"},
        "replica": replica,
        "externalClusters": [{"name": each} for each in sorted({site, primary, *others})],
    }
    return _object("postgresql.cnpg.io/v1", "Cluster", "trial", spec)


def fence_class() -> dict[str, Any]:
    found = _object(
        "csiaddons.openshift.io/v1alpha1", "NetworkFenceClass", "ndc-block", {"provisioner": "block.csi.example"}
    )
    del found["metadata"]["namespace"]
    return found


def path_of(document: dict[str, Any]) -> str:
    return f"{PATHS[document['kind']]}/{document['metadata']['name']}"
