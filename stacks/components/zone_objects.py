"""A zone as Kubernetes has it: namespace, refusal of all traffic, name service, and the flows declared.

Pure; the network layer registers what it returns. Between two zones passes what a flow declares, nothing
else; inside a zone a system's own policy allows what it depends on (service_traffic.py, compute layer).
"""

from ndcops.model.errors import InvalidInput
from ndcops.model.object_names import (
    DENY_POLICY,
    DNS_POLICY,
    NAMESPACE_LABEL,
    ZONE_LABEL,
    flow_policies,
    zone_labels,
    zone_namespace,
)
from ndcops.model.record import JsonObject
from ndcops.model.site import Flow, Site, Zone
from stacks.components.manifest import Manifest, manifest, network_policy, policy_port

POD_SECURITY_VERSION = "v1.36"
"""Pinned: a cluster upgrade must not change what a zone admits before somebody has looked."""
_DNS_PORT = 53


def zone_namespace_object(site: Site, zone: Zone) -> Manifest:
    """The namespace of a zone, with its Pod Security level in all three modes."""
    labels = zone_labels(site.name, zone) | pod_security_labels(zone.pod_security)
    return manifest("v1", "Namespace", zone_namespace(zone.name), {}, labels=labels)


def pod_security_labels(level: str) -> dict[str, str]:
    """A namespace's Pod Security level in all three modes."""
    labels = {}
    for mode in ("enforce", "audit", "warn"):
        labels[f"pod-security.kubernetes.io/{mode}"] = level
        labels[f"pod-security.kubernetes.io/{mode}-version"] = POD_SECURITY_VERSION
    return labels


def base_policies(namespace: str) -> list[Manifest]:
    """Nothing in, nothing out; then names may be asked for."""
    deny: JsonObject = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    name_service = {
        "namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports = [policy_port(_DNS_PORT, "UDP"), policy_port(_DNS_PORT)]
    dns: JsonObject = {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": [name_service], "ports": ports}],
    }
    return [network_policy(DENY_POLICY, namespace, deny), network_policy(DNS_POLICY, namespace, dns)]


def flow_objects(site: Site) -> list[tuple[str, Manifest]]:
    """Two policies for each flow, each with the zone whose namespace holds it.

    The other end is the other zone's pods and, for machines outside Kubernetes, the other zone's addresses.
    Raises InvalidInput for a flow of an unknown zone and for a flow that is declared twice.
    """
    objects: list[tuple[str, Manifest]] = []
    seen: set[tuple[str, ...]] = set()
    for flow in site.network.flows:
        source, destination = _ends(site, flow)
        egress_name, ingress_name = flow_policies(flow)
        identity = (flow.source, egress_name, flow.destination)
        if identity in seen:
            raise InvalidInput(
                f"site '{site.name}': the flow from '{flow.source}' to '{flow.destination}' is declared twice",
                details=[flow.reason],
                resolution="ndcops inventory validate",
            )
        seen.add(identity)
        ports = [policy_port(port.port, port.protocol) for port in flow.ports]
        egress: JsonObject = {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [{"to": _peers(destination), "ports": ports}],
        }
        ingress: JsonObject = {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": _peers(source), "ports": ports}],
        }
        objects.append((source.name, network_policy(egress_name, zone_namespace(source.name), egress)))
        objects.append((destination.name, network_policy(ingress_name, zone_namespace(destination.name), ingress)))
    return objects


def _ends(site: Site, flow: Flow) -> tuple[Zone, Zone]:
    source, destination = site.network.zone(flow.source), site.network.zone(flow.destination)
    if source is None or destination is None:
        unknown = flow.source if source is None else flow.destination
        raise InvalidInput(
            f"site '{site.name}': a flow names zone '{unknown}', which is not declared",
            details=[flow.reason],
            resolution="ndcops inventory validate",
        )
    return source, destination


def _peers(zone: Zone) -> list[JsonObject]:
    return [
        {"namespaceSelector": {"matchLabels": {ZONE_LABEL: zone.name}}},
        {"ipBlock": {"cidr": str(zone.cidr)}},
    ]
