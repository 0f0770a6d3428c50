"""Built-in kinds and their resource paths (data): spares discovery, so that a no-op `up` never needs the network.

Kinds that are not here (custom resources, newer built-ins) are found by `discovery`.
"""

from typing import Final

_NAMESPACED: Final = {
    "v1": (
        "ConfigMap=configmaps Endpoints=endpoints Event=events LimitRange=limitranges Pod=pods "
        "PodTemplate=podtemplates "
        "PersistentVolumeClaim=persistentvolumeclaims ReplicationController=replicationcontrollers "
        "ResourceQuota=resourcequotas Secret=secrets Service=services ServiceAccount=serviceaccounts"
    ),
    "apps/v1": (
        "ControllerRevision=controllerrevisions DaemonSet=daemonsets Deployment=deployments "
        "ReplicaSet=replicasets StatefulSet=statefulsets"
    ),
    "autoscaling/v1": "HorizontalPodAutoscaler=horizontalpodautoscalers",
    "autoscaling/v2": "HorizontalPodAutoscaler=horizontalpodautoscalers",
    "batch/v1": "CronJob=cronjobs Job=jobs",
    "coordination.k8s.io/v1": "Lease=leases",
    "discovery.k8s.io/v1": "EndpointSlice=endpointslices",
    "networking.k8s.io/v1": "Ingress=ingresses NetworkPolicy=networkpolicies",
    "policy/v1": "PodDisruptionBudget=poddisruptionbudgets",
    "rbac.authorization.k8s.io/v1": "Role=roles RoleBinding=rolebindings",
    "resource.k8s.io/v1": "ResourceClaim=resourceclaims ResourceClaimTemplate=resourceclaimtemplates",
    "storage.k8s.io/v1": "CSIStorageCapacity=csistoragecapacities",
}
_CLUSTER_WIDE: Final = {
    "v1": "Namespace=namespaces Node=nodes PersistentVolume=persistentvolumes",
    "admissionregistration.k8s.io/v1": (
        "MutatingWebhookConfiguration=mutatingwebhookconfigurations "
        "ValidatingAdmissionPolicy=validatingadmissionpolicies "
        "ValidatingAdmissionPolicyBinding=validatingadmissionpolicybindings "
        "ValidatingWebhookConfiguration=validatingwebhookconfigurations"
    ),
    "apiextensions.k8s.io/v1": "CustomResourceDefinition=customresourcedefinitions",
    "apiregistration.k8s.io/v1": "APIService=apiservices",
    "flowcontrol.apiserver.k8s.io/v1": (
        "FlowSchema=flowschemas PriorityLevelConfiguration=prioritylevelconfigurations"
    ),
    "networking.k8s.io/v1": "IngressClass=ingressclasses IPAddress=ipaddresses ServiceCIDR=servicecidrs",
    "node.k8s.io/v1": "RuntimeClass=runtimeclasses",
    "rbac.authorization.k8s.io/v1": "ClusterRole=clusterroles ClusterRoleBinding=clusterrolebindings",
    "resource.k8s.io/v1": "DeviceClass=deviceclasses ResourceSlice=resourceslices",
    "scheduling.k8s.io/v1": "PriorityClass=priorityclasses",
    "storage.k8s.io/v1": (
        "CSIDriver=csidrivers CSINode=csinodes StorageClass=storageclasses VolumeAttachment=volumeattachments "
        "VolumeAttributesClass=volumeattributesclasses"
    ),
}


def _table() -> dict[tuple[str, str], tuple[str, bool]]:
    table: dict[tuple[str, str], tuple[str, bool]] = {}
    for kinds, namespaced in ((_NAMESPACED, True), (_CLUSTER_WIDE, False)):
        for api_version, pairs in kinds.items():
            for pair in pairs.split():
                kind, _, plural = pair.partition("=")
                table[api_version, kind] = (plural, namespaced)
    return table


KNOWN_KINDS: Final = _table()
"""(apiVersion, kind) to (plural name in paths, whether it lives in a namespace)."""

_SUFFIX_OF_BUILT_IN_GROUPS: Final = ".k8s.io"
_CUSTOM_GROUPS_WITH_THAT_SUFFIX: Final = (
    "snapshot.storage.k8s.io",
    "groupsnapshot.storage.k8s.io",
    "gateway.networking.k8s.io",
    "metrics.k8s.io",
)


def is_built_in(api_version: str) -> bool:
    """Whether the group belongs to Kubernetes itself, so that its Go types decide how values are written."""
    group, separator, _ = api_version.partition("/")
    if not separator or "." not in group:
        return True
    return group.endswith(_SUFFIX_OF_BUILT_IN_GROUPS) and not group.endswith(_CUSTOM_GROUPS_WITH_THAT_SUFFIX)
