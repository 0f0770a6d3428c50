"""How much of each tier a zone may claim, as quotas; pure, the storage layer registers what it returns."""

from collections.abc import Sequence

from ndcops.model.object_names import storage_class, zone_namespace
from ndcops.model.quantity import quantity_of
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.site import Site
from ndcops.model.storage_shares import zone_limits_bytes
from stacks.components.manifest import Manifest, manifest


def quota_objects(
    site: Site, services: Sequence[Service], network_outputs: JsonObject | None = None
) -> list[Manifest]:
    """A ResourceQuota for each zone, by storage class and in all.

    Raises InvalidInput when the systems declared need more of a tier than it has.
    """
    limits = zone_limits_bytes(site, services)
    objects = []
    for zone in site.network.zones:
        per_tier = limits[zone.name]
        hard = {
            f"{storage_class(tier)}.storageclass.storage.k8s.io/requests.storage": quantity_of(size_bytes)
            for tier, size_bytes in per_tier.items()
        }
        hard["requests.storage"] = quantity_of(sum(per_tier.values()))
        namespace = zone_namespace(zone.name, network_outputs)
        objects.append(manifest("v1", "ResourceQuota", "storage", {"spec": {"hard": hard}}, namespace=namespace))
    return objects
