"""An agency's landing zone at a site: one namespace for each of its systems; `stacks/agency` runs it."""

import pulumi

from ndcops.model.errors import InvalidInput
from ndcops.model.landing_zone import LandingZone
from ndcops.model.object_names import tenant_namespace
from ndcops.model.record import JsonObject
from ndcops.model.stack_input import StackInput
from stacks.components.landing_zone_objects import tenant_namespace_object, tenant_objects
from stacks.components.registration import cluster_provider, register, register_all


class AgencyZone(pulumi.ComponentResource):
    """Everything that an agency's stack puts into a site's cluster."""

    def __init__(self, given: StackInput) -> None:
        zone = _zone(given)
        options = pulumi.ResourceOptions(providers=[cluster_provider(given)])
        super().__init__("ndcops:agency:LandingZone", f"{zone.site}.{zone.agency}", None, options)
        network, storage = given.upstream.get("network"), given.upstream.get("storage")
        for system in zone.systems:
            namespace = register(tenant_namespace_object(given.site, zone, system), self)
            register_all(tenant_objects(zone, system, network, storage), self, after=[namespace])
        self.register_outputs({})


def agency_outputs(given: StackInput) -> JsonObject:
    """What those read who move systems in: each system's namespace, and its databases' places."""
    systems = _zone(given).systems
    return {
        "namespaces": {system.system: tenant_namespace(system.system) for system in systems},
        "databases": {
            place.database: place.model_dump(mode="json") for system in systems for place in system.databases
        },
    }


def _zone(given: StackInput) -> LandingZone:
    if given.landing_zone is None or given.landing_zone.site != given.site.name:
        raise InvalidInput(
            "Pulumi config 'ndcops:site' holds no landing zone of this site",
            resolution="ndcops agency provision AGENCY writes it from the dossier",
        )
    return given.landing_zone
