"""The network layer of a site: zones, flows, entry, addresses and names; `stacks/network` runs it."""

import pulumi

from ndcops.model.object_names import GATEWAY, bounded, gateway_class, zone_namespace
from ndcops.model.record import JsonObject
from ndcops.model.site import Site
from ndcops.model.stack_input import StackInput
from stacks.components.entry_objects import gateway_class_objects, gateway_object, gateway_policy
from stacks.components.manifest import Manifest, manifest
from stacks.components.registration import cluster_provider, register, register_all
from stacks.components.zone_objects import base_policies, flow_objects, zone_namespace_object


class SiteNetwork(pulumi.ComponentResource):
    """Everything that the network layer puts into a site's cluster."""

    def __init__(self, given: StackInput) -> None:
        site = given.site
        options = pulumi.ResourceOptions(providers=[cluster_provider(given)])
        super().__init__("ndcops:site:Network", site.name, None, options)
        classes = register_all(gateway_class_objects(site), self)
        register_all(cluster_objects(site), self)
        flows = flow_objects(site)
        for zone in site.network.zones:
            namespace = register(zone_namespace_object(site, zone), self)
            inside = [*base_policies(zone_namespace(zone.name)), gateway_policy(site, zone)]
            inside += [policy for holder, policy in flows if holder == zone.name]
            register_all(inside, self, after=[namespace])
            register(gateway_object(zone), self, after=[namespace, *classes])
        self.register_outputs({})


def cluster_objects(site: Site) -> list[Manifest]:
    """The cluster's further service addresses, and where its name server asks for the centre's own names."""
    objects = [
        manifest(
            "networking.k8s.io/v1",
            "ServiceCIDR",
            # The range can never change, so the name says it.
            f"ndc-{str(cidr).replace('.', '-').replace('/', '-')}",
            {"spec": {"cidrs": [str(cidr)]}},
        )
        for cidr in site.network.extra_service_cidrs
    ]
    if site.dns.servers:
        servers = " ".join(site.dns.servers)
        block = f"{site.dns.zone}:53 {{\n    errors\n    cache 30\n    forward . {servers}\n}}\n"
        data = {bounded(site.dns.zone.rstrip(".")) + ".server": block}
        # CoreDNS deployments import *.server files of this ConfigMap into their own configuration.
        objects.append(manifest("v1", "ConfigMap", "coredns-custom", {"data": data}, namespace="kube-system"))
    return objects


def network_outputs(given: StackInput) -> JsonObject:
    """What the next layers read: each zone's namespace and gateway."""
    zones = given.site.network.zones
    return {
        "zones": {zone.name: zone_namespace(zone.name) for zone in zones},
        "gateways": {zone.name: {"name": GATEWAY, "class": gateway_class(zone.kind)} for zone in zones},
    }
