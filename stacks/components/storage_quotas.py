"""How much of each tier a zone may claim: the demand declared first, then a share of what is left.

Pure; the storage layer registers what it returns. Invariant: over all zones, no tier is promised beyond its
usable bytes, counting the databases that live outside the cluster.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from ndcops.model.errors import InvalidInput
from ndcops.model.object_names import storage_class, zone_namespace
from ndcops.model.quantity import parse_quantity
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.site import Site, ZoneKind
from stacks.components.manifest import Manifest, manifest

_KIB = 2**10
_GIB = 2**30
_SHARE: Final = {
    ZoneKind.DATA: 50,
    ZoneKind.AGENCY: 25,
    ZoneKind.SOC: 10,
    ZoneKind.PUBLIC: 10,
    ZoneKind.MANAGEMENT: 5,
}
"""Percent of the undemanded part: data weighs most, management least; normalised over the site's zones."""
_LARGEST_BYTES = (2**63 - 1) // 1000 // _GIB * _GIB
"""Kubernetes checks a class's quota in thousandths, as a 64-bit number: above about 8 PiB it refuses."""
_OUTSIDE = ""
"""Stands for the hosts of Patroni databases: they take from a tier without a claim in the cluster."""


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


def zone_limits_bytes(site: Site, services: Sequence[Service]) -> dict[str, dict[str, int]]:
    """Bytes by zone and tier, whole GiB but for declared demand."""
    demand = _demand_bytes(services)
    weight = sum(_SHARE[zone.kind] for zone in site.network.zones)
    limits: dict[str, dict[str, int]] = {zone.name: {} for zone in site.network.zones}
    for tier in site.tiers:
        usable_bytes = int(parse_quantity(tier.usable))
        needed = demand[tier.name]
        left_bytes = usable_bytes - sum(needed.values())
        if left_bytes < 0:
            raise InvalidInput(
                f"site '{site.name}', tier '{tier.name}': systems need more than its {tier.usable}",
                details=[f"{zone or 'databases on hosts'}: {quantity_of(size)}" for zone, size in needed.items()],
                resolution="enlarge the tier or move systems, then: ndcops inventory validate",
            )
        for zone in site.network.zones:
            needed_bytes = needed.get(zone.name, 0)
            if needed_bytes > _LARGEST_BYTES:
                raise InvalidInput(
                    f"site '{site.name}', tier '{tier.name}': zone '{zone.name}' claims more than a quota holds",
                    details=[f"{quantity_of(needed_bytes)}; Kubernetes counts to {quantity_of(_LARGEST_BYTES)}"],
                    resolution="put the systems into two zones or two tiers, then: ndcops inventory validate",
                )
            share_bytes = left_bytes * _SHARE[zone.kind] // weight // _GIB * _GIB
            limits[zone.name][tier.name] = min(needed_bytes + share_bytes, _LARGEST_BYTES)
    return limits


def _demand_bytes(services: Sequence[Service]) -> dict[str, dict[str, int]]:
    # A standby counts in full: after a failover its replicas claim what they claimed at home.
    demand: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for service in services:
        for workload in service.workloads:
            if workload.volume:
                size_bytes = _whole_kib(workload.volume.size) * workload.replicas
                demand[workload.volume.tier][service.zone] += size_bytes
        if service.database:
            holder = _OUTSIDE if service.database.engine == "patroni" else service.zone
            size_bytes = _whole_kib(service.database.size) * service.database.members_per_site
            demand[service.database.tier][holder] += size_bytes
    return demand


def _whole_kib(size: str) -> int:
    # Rounded up, so that quantity_of always finds a binary suffix.
    return -(-int(parse_quantity(size)) // _KIB) * _KIB


def quantity_of(size_bytes: int) -> str:
    """Bytes as Kubernetes writes them back: the largest binary suffix that keeps the number whole."""
    for suffix, power in (("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)):
        if size_bytes and size_bytes % 2**power == 0:
            return f"{size_bytes >> power}{suffix}"
    return str(size_bytes)
