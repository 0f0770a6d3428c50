"""What a hosted system may talk to inside its zone: itself, what it depends on, who depends on it.

Pure; the compute layer registers what it returns. Between zones the site's flows decide (zone_objects.py):
a dependency into another zone that no flow carries is denied, and listed by `blocked_dependencies`.
"""

from collections.abc import Sequence

from ndcops.model.object_names import GATEWAY, GATEWAY_LABEL, SERVICE_LABEL
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.site import Site
from stacks.components.manifest import Manifest, network_policy, policy_port
from stacks.components.service_objects import identity_labels

_POSTGRES_PORT = 5432
_CNPG_CLUSTER_LABEL = "cnpg.io/cluster"


def service_policy(site: Site, service: Service, services: Sequence[Service], namespace: str) -> Manifest:
    """The NetworkPolicy of a system; `services` are all that have this site as home or standby."""
    neighbours = [other for other in services if other.zone == service.zone and other.id != service.id]
    callers = [other.id for other in neighbours if service.id in other.depends_on]
    ingress = [{"from": [_pods_of(service.id)]}]
    if callers:
        ingress.append({"from": [_pods_of(caller) for caller in callers], "ports": _ports(service)})
    if service.dns_names:
        gateway = {"podSelector": {"matchLabels": {GATEWAY_LABEL: GATEWAY}}}
        ingress.append({"from": [gateway], "ports": [policy_port(service.workloads[0].port)]})
    egress = [{"to": [_pods_of(service.id)]}]
    for other in neighbours:
        if other.id in service.depends_on:
            egress.append({"to": [_pods_of(other.id)], "ports": _ports(other)})
    spec = {
        "podSelector": {"matchLabels": {SERVICE_LABEL: service.id}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": egress + _database_egress(site, service),
    }
    return network_policy(service.id, namespace, spec, identity_labels(site, service))


def blocked_dependencies(site: Site, services: Sequence[Service]) -> list[str]:
    """`system -> dependency` for each dependency into another zone of this site that no flow carries."""
    by_id = {service.id: service for service in services}
    blocked = []
    for service in services:
        for needed in (by_id[name] for name in service.depends_on if name in by_id):
            if needed.zone != service.zone and not _carried(site, service, needed):
                blocked.append(f"{service.id} -> {needed.id}")
    return blocked


def _carried(site: Site, service: Service, needed: Service) -> bool:
    open_ports = {
        port.port
        for flow in site.network.flows
        if (flow.source, flow.destination) == (service.zone, needed.zone)
        for port in flow.ports
        if port.protocol == "TCP"
    }
    return needed.workloads[0].port in open_ports


def _pods_of(service_id: str) -> JsonObject:
    return {"podSelector": {"matchLabels": {SERVICE_LABEL: service_id}}}


def _ports(service: Service) -> list[JsonObject]:
    return [policy_port(port) for port in sorted({workload.port for workload in service.workloads})]


def _database_egress(site: Site, service: Service) -> list[JsonObject]:
    if service.database is None:
        return []
    ports = [policy_port(_POSTGRES_PORT)]
    if service.database.engine == "cloudnativepg":
        cluster = {"podSelector": {"matchLabels": {_CNPG_CLUSTER_LABEL: service.id}}}
        return [{"to": [cluster], "ports": ports}]
    zone = site.network.zone(service.zone)
    return [{"to": [{"ipBlock": {"cidr": str(zone.cidr)}}], "ports": ports}] if zone else []
