"""An agency's system at a site: a namespace that only its own groups enter and only authorised flows reach.

Pure; the agency's stack registers what it returns. The namespace carries its network zone's labels, so that the
zone's rules of admission hold in it; its classification limit is the system's own, never above the zone's.
"""

from collections.abc import Mapping

from ndcops.model.landing_zone import LandingZone, ZoneFlow, ZonePeer, ZoneSize, ZoneSystem
from ndcops.model.object_names import (
    AGENCY_LABEL,
    AGENCY_ROLE,
    CLASSIFICATION_LABEL,
    COST_CENTRE_LABEL,
    LIMIT_LABEL,
    OWN_PODS_POLICY,
    ROLE_LABEL,
    SERVICE_LABEL,
    ZONE_LABEL,
    bounded,
    flow_policy,
    storage_class,
    tenant_namespace,
    zone_labels,
    zone_namespace,
)
from ndcops.model.object_names import NAMESPACE_LABEL as NAMED
from ndcops.model.quantity import parse_quantity, quantity_of
from ndcops.model.record import JsonObject
from ndcops.model.site import Site
from stacks.components.manifest import Manifest, manifest, network_policy, policy_port
from stacks.components.zone_objects import base_policies, pod_security_labels

_RBAC = "rbac.authorization.k8s.io"
_CONTAINER_SHARE = 4
"""One container may take a quarter of the system's room at most: one slip must not starve the others."""
_DEFAULT_CPU, _DEFAULT_MEMORY = "250m", "512Mi"
_OBJECTS_A_POD = 4
"""Configurations, secrets, services and claims, each as many as this times the pods allowed."""


def system_labels(zone: LandingZone, system: ZoneSystem) -> dict[str, str]:
    """The labels of all objects of a system's part."""
    return {
        AGENCY_LABEL: zone.agency,
        SERVICE_LABEL: system.system,
        CLASSIFICATION_LABEL: system.classification.value,
        COST_CENTRE_LABEL: system.cost_centre,
        ROLE_LABEL: system.role,
    }


def tenant_namespace_object(site: Site, zone: LandingZone, system: ZoneSystem) -> Manifest:
    """The namespace. Pod Security is restricted whatever the zone declares: strangers work here."""
    declared = site.network.zone(zone.zone)
    labels = zone_labels(site.name, declared) if declared is not None else {}
    labels |= system_labels(zone, system) | {LIMIT_LABEL: system.classification.value}
    labels |= pod_security_labels("restricted")
    return manifest("v1", "Namespace", tenant_namespace(system.system), {}, labels=labels)


def tenant_objects(
    zone: LandingZone, system: ZoneSystem, network: JsonObject | None, storage: JsonObject | None
) -> list[Manifest]:
    """All that stands in the namespace. network, storage: outputs of these layers, once applied."""
    namespace, labels = tenant_namespace(system.system), system_labels(zone, system)
    return [
        *base_policies(namespace),
        *(_flow_policy(flow, namespace, labels, network) for flow in system.flows),
        _own_pods(namespace, labels),
        _quota(system.size, namespace, labels, storage),
        _limits(system.size, namespace, labels),
        *_bindings(system, namespace, labels),
        *_places(system, namespace, labels),
    ]


def _own_pods(namespace: str, labels: Mapping[str, str]) -> Manifest:
    """A system's own pods may talk to each other."""
    own: JsonObject = {"podSelector": {}}
    spec = {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [own]}],
        "egress": [{"to": [own]}],
    }
    return network_policy(OWN_PODS_POLICY, namespace, spec, labels)


def _flow_policy(
    flow: ZoneFlow, namespace: str, labels: Mapping[str, str], network: JsonObject | None
) -> Manifest:
    peers = [_peer(peer, network) for peer in flow.peers]
    ports = [policy_port(port) for port in flow.ports]
    way, end = ("Ingress", "from") if flow.direction == "in" else ("Egress", "to")  # Kubernetes' words
    spec = {"podSelector": {}, "policyTypes": [way], way.lower(): [{end: peers, "ports": ports}]}
    body = {"spec": spec}
    return manifest(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        flow_policy(flow.direction, flow.name),
        body,
        namespace=namespace,
        labels=labels,
        annotations={"ndc.gov.vn/authorised-by": flow.reason},
    )


def _peer(peer: ZonePeer, network: JsonObject | None) -> JsonObject:
    if peer.addresses is not None:
        return {"ipBlock": {"cidr": str(peer.addresses)}}
    if peer.system is not None:
        return {"namespaceSelector": {"matchLabels": {NAMED: tenant_namespace(peer.system)}}}
    if peer.service is None:
        return {"namespaceSelector": {"matchLabels": {ZONE_LABEL: peer.zone}}}
    return {
        "namespaceSelector": {"matchLabels": {NAMED: zone_namespace(peer.zone or "", network)}},
        "podSelector": {"matchLabels": {SERVICE_LABEL: peer.service}},
    }


def _quota(size: ZoneSize, namespace: str, labels: Mapping[str, str], storage: JsonObject | None) -> Manifest:
    objects = str(size.pods * _OBJECTS_A_POD)
    claimed_bytes = sum(int(parse_quantity(each)) for each in size.storage.values())
    hard = {
        "requests.cpu": str(size.cpu_cores),
        "limits.memory": size.memory,
        "requests.memory": size.memory,
        "pods": str(size.pods),
        "requests.storage": quantity_of(claimed_bytes),
        "services.loadbalancers": "0",
        "services.nodeports": "0",
        **{f"count/{kind}": objects for kind in ("configmaps", "secrets", "services", "persistentvolumeclaims")},
        **{
            f"{storage_class(tier, storage)}.storageclass.storage.k8s.io/requests.storage": claimed
            for tier, claimed in sorted(size.storage.items())
        },
    }
    return manifest(
        "v1", "ResourceQuota", "landing-zone", {"spec": {"hard": hard}}, namespace=namespace, labels=labels
    )


def _limits(size: ZoneSize, namespace: str, labels: Mapping[str, str]) -> Manifest:
    most_memory = quantity_of(int(parse_quantity(size.memory)) // _CONTAINER_SHARE)
    container = {
        "type": "Container",
        "defaultRequest": {"cpu": _DEFAULT_CPU, "memory": _DEFAULT_MEMORY},
        "default": {"memory": _DEFAULT_MEMORY},
        "max": {"memory": most_memory},
    }
    largest = max((int(parse_quantity(each)) for each in size.storage.values()), default=0)
    limits: list[JsonObject] = [container]
    if largest:
        limits.append({"type": "PersistentVolumeClaim", "max": {"storage": quantity_of(largest)}})
    body = {"spec": {"limits": limits}}
    return manifest("v1", "LimitRange", "landing-zone", body, namespace=namespace, labels=labels)


def _bindings(system: ZoneSystem, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
    """One for each group, named after it: a group that leaves takes its binding along."""
    role = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": AGENCY_ROLE}
    return [
        manifest(
            f"{_RBAC}/v1",
            "RoleBinding",
            bounded(f"group-{group}"),
            {"roleRef": role, "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": group}]},
            namespace=namespace,
            labels=labels,
        )
        for group in system.groups
    ]


def _places(system: ZoneSystem, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
    """Where each database will be, for those who move it in and for the pods that will use it."""
    return [
        manifest(
            "v1",
            "ConfigMap",
            bounded(f"database-{place.database}"),
            {
                "data": {
                    "ENGINE": place.engine,
                    "TIER": place.tier,
                    "SIZE": place.size,
                    "MEMBERS_PER_SITE": str(place.members_per_site),
                    "ROLE": system.role,
                }
            },
            namespace=namespace,
            labels=labels,
        )
        for place in system.databases
    ]
