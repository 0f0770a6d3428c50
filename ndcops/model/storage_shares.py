"""How much of each tier a zone may claim: the demand declared first, then a share of what is left.

Pure; the storage layer writes quotas by it, onboarding fits landing zones into it. Invariant: over all zones, no
tier is promised beyond its usable bytes, counting the databases that live outside the cluster.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from ndcops.model.errors import InvalidInput
from ndcops.model.quantity import parse_quantity, quantity_of
from ndcops.model.service import Service
from ndcops.model.site import Site, Zone, ZoneKind

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


def zone_limits_bytes(site: Site, services: Sequence[Service]) -> dict[str, dict[str, int]]:
    """Bytes by zone and tier that its namespace may claim, whole GiB but for declared demand.

    A zone that hosts agencies keeps what its services need; its share of the rest is for their landing zones.
    Raises InvalidInput when the systems declared need more of a tier than it has.
    """
    limits: dict[str, dict[str, int]] = {zone.name: {} for zone in site.network.zones}
    for zone, tier, needed_bytes, share_bytes in _parts(site, services):
        own_bytes = needed_bytes if zone.hosts_agencies else needed_bytes + share_bytes
        limits[zone.name][tier] = min(own_bytes, _LARGEST_BYTES)
    return limits


def tenant_limits_bytes(site: Site, services: Sequence[Service], zone_name: str) -> dict[str, int]:
    """Bytes by tier that all landing zones of a zone may claim together, databases outside the cluster included.

    Raises InvalidInput as above.
    """
    return {
        tier: min(share_bytes, _LARGEST_BYTES)
        for zone, tier, _, share_bytes in _parts(site, services)
        if zone.name == zone_name and zone.hosts_agencies
    }


def _parts(site: Site, services: Sequence[Service]) -> Iterator[tuple[Zone, str, int, int]]:
    """Each zone and tier: what its services need, and its share of what is left."""
    demand = _demand_bytes(services)
    weight = sum(_SHARE[zone.kind] for zone in site.network.zones)
    for tier in site.tiers:
        needed = demand[tier.name]
        left_bytes = int(parse_quantity(tier.usable)) - sum(needed.values())
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
            yield zone, tier.name, needed_bytes, left_bytes * _SHARE[zone.kind] // weight // _GIB * _GIB


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
