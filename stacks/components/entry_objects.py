"""How traffic comes into zones: gateway classes, one Gateway a zone, and who may reach it.

Pure; the network layer registers what it returns. Routes attach in their own zone only, so that no public
gateway leads into another zone; hostnames come with the routes (service_objects.py, compute layer).
"""

from ipaddress import IPv4Network

from ndcops.model.object_names import EXPOSED_LABEL, GATEWAY, GATEWAY_LABEL, gateway_class, zone_namespace
from ndcops.model.record import JsonObject
from ndcops.model.site import Site, Zone, ZoneKind
from stacks.components.manifest import Manifest, manifest, network_policy, policy_port

_GATEWAY_API = "gateway.networking.k8s.io/v1"
_HTTPS_PORT = 443
_CERTIFICATE_SECRET = "entry-tls"  # noqa: S105 - the name of an object that the site's own authority fills
_EVERYWHERE = "0.0.0.0/0"


def gateway_class_objects(site: Site) -> list[Manifest]:
    """The gateway classes that the site's zones use."""
    names = sorted({gateway_class(zone.kind) for zone in site.network.zones})
    body = {"spec": {"controllerName": site.network.gateway_controller}}
    return [manifest(_GATEWAY_API, "GatewayClass", name, body) for name in names]


def gateway_object(zone: Zone) -> Manifest:
    """The zone's Gateway: TLS ends here, with the certificate that the site's authority delivers."""
    listener = {
        "name": "https",
        "port": _HTTPS_PORT,
        "protocol": "HTTPS",
        "tls": {
            "mode": "Terminate",
            "certificateRefs": [{"group": "", "kind": "Secret", "name": _CERTIFICATE_SECRET}],
        },
        "allowedRoutes": {"namespaces": {"from": "Same"}},
    }
    body = {"spec": {"gatewayClassName": gateway_class(zone.kind), "listeners": [listener]}}
    return manifest(_GATEWAY_API, "Gateway", GATEWAY, body, namespace=zone_namespace(zone.name))


def gateway_policy(site: Site, zone: Zone) -> Manifest:
    """Who may call the zone's gateway, and that it may only call what has a route.

    A public zone is open to every address but the site's own ranges: those come in by flows.
    """
    if zone.kind is ZoneKind.PUBLIC:
        callers: JsonObject = {"cidr": _EVERYWHERE, "except": [str(network) for network in _own_ranges(site)]}
    else:
        callers = {"cidr": str(zone.cidr)}
    spec = {
        "podSelector": {"matchLabels": {GATEWAY_LABEL: GATEWAY}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"ipBlock": callers}], "ports": [policy_port(_HTTPS_PORT)]}],
        "egress": [{"to": [{"podSelector": {"matchLabels": {EXPOSED_LABEL: "true"}}}]}],
    }
    return network_policy("gateway", zone_namespace(zone.name), spec)


def _own_ranges(site: Site) -> list[IPv4Network]:
    network = site.network
    ranges = {network.pod_cidr, network.service_cidr, *network.extra_service_cidrs}
    return sorted(ranges | {zone.cidr for zone in network.zones})
