"""Which changes Kubernetes refuses to make in place (data), so that the object must be replaced; diff asks it.

Source: pulumi-kubernetes provider/pkg/provider/diff.go, which follows the API server's validation.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from ndcops.provider.property_path import Path, parse_path
from ndcops.provider.settings import Settings
from ndcops.provider.wire import JsonObject

_ALWAYS: Final = ("metadata.name", "metadata.namespace", "apiVersion", "kind")

_CONTAINER: Final = tuple(
    f"spec.{containers}[*].{field}"
    for containers in ("containers", "initContainers")
    for field in (
        "args",
        "command",
        "env",
        "envFrom",
        "imagePullPolicy",
        "lifecycle",
        "livenessProbe",
        "name",
        "ports",
        "readinessProbe",
        "resources",
        "securityContext",
        "startupProbe",
        "stdin",
        "stdinOnce",
        "terminationMessagePath",
        "terminationMessagePolicy",
        "tty",
        "volumeDevices",
        "volumeMounts",
        "workingDir",
    )
)
_POD: Final = tuple(
    f"spec.{field}"
    for field in (
        "affinity",
        "automountServiceAccountToken",
        "dnsConfig",
        "dnsPolicy",
        "enableServiceLinks",
        "hostAliases",
        "hostIPC",
        "hostNetwork",
        "hostPID",
        "hostname",
        "imagePullSecrets",
        "nodeName",
        "nodeSelector",
        "overhead",
        "priority",
        "priorityClassName",
        "readinessGates",
        "restartPolicy",
        "runtimeClassName",
        "schedulerName",
        "securityContext",
        "serviceAccount",
        "serviceAccountName",
        "setHostnameAsFQDN",
        "shareProcessNamespace",
        "subdomain",
        "terminationGracePeriodSeconds",
        "topologySpreadConstraints",
        "volumes",
    )
)
_VOLUME_SOURCES: Final = tuple(
    f"spec.{source}"
    for source in (
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
        "csi",
        "fc",
        "flexVolume",
        "flocker",
        "gcePersistentDisk",
        "glusterfs",
        "hostPath",
        "iscsi",
        "local",
        "nfs",
        "photonPersistentDisk",
        "portworxVolume",
        "quobyte",
        "rbd",
        "scaleIO",
        "storageos",
        "vsphereVolume",
    )
)

_BY_KIND: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    ("", "Pod"): _POD + _CONTAINER,
    ("", "PersistentVolume"): _VOLUME_SOURCES,
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Service"): ("spec.clusterIP",),
    ("", "Secret"): ("type",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
}
"""Official rules by (group, kind)."""

_REFUSED_BY_THE_SERVER: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("node.k8s.io", "RuntimeClass"): ("handler",),
    ("scheduling.k8s.io", "PriorityClass"): ("value", "preemptionPolicy"),
    ("storage.k8s.io", "StorageClass"): ("reclaimPolicy", "volumeBindingMode"),
    ("storage.k8s.io", "VolumeAttributesClass"): ("driverName", "parameters"),
    ("snapshot.storage.k8s.io", "VolumeSnapshotClass"): (),
}
"""Ours: the official plugin tries these in place and the API server answers 422."""


def replacing_paths(document: JsonObject, changed: Iterable[Path], settings: Settings) -> list[Path]:
    """Those of the changed paths that need a replacement."""
    api_version, kind = str(document.get("apiVersion")), str(document.get("kind"))
    group = api_version.rpartition("/")[0]
    rules = _rules(group, kind) + _content_rules(document, group, kind, settings)
    return [path for path in changed if any(_touches(path, rule) for rule in rules)]


def _touches(path: Path, rule: Path) -> bool:
    """Whether the change is at the field, below it, or takes its whole parent away."""
    return all(wanted in ("*", part) for wanted, part in zip(rule, path, strict=False))


def _content_rules(document: JsonObject, group: str, kind: str, settings: Settings) -> tuple[Path, ...]:
    if group:
        return ()
    frozen = document.get("immutable") is True
    if kind == "ConfigMap" and (frozen or not settings.enable_config_map_mutable):
        return (("data",), ("binaryData",))
    if kind == "Secret" and (frozen or not settings.enable_secret_mutable):
        return (("data",), ("stringData",))
    return ()


@lru_cache(maxsize=256)
def _rules(group: str, kind: str) -> tuple[Path, ...]:
    texts = _ALWAYS + _BY_KIND.get((group, kind), ()) + _REFUSED_BY_THE_SERVER.get((group, kind), ())
    return tuple(parse_path(text) for text in texts)
