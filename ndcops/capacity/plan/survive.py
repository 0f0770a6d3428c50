"""Does a lost centre fit in the others: its services placed on their standby sites, in recovery order.

Home and standby of a service are never one site (the inventory refuses that: a standby that dies with its home
would make every loss look free). What stands at the other sites stays; nothing is evicted.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ndcops.capacity.plan.admission import AdmissionRefused
from ndcops.capacity.plan.admitted import Door
from ndcops.capacity.plan.demand import in_recovery_order, service_demands
from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.placing import Placement, Placer, Taste
from ndcops.capacity.plan.shortfall import Shortfall, shortfall_of
from ndcops.model.quantity import parse_quantity
from ndcops.model.service import Grade, Service
from ndcops.model.site import Site


@dataclass(frozen=True)
class ServiceFate:
    """What becomes of one service: `placements` by workload; a `problem` says why it could not even be asked."""

    service: str
    grade: Grade
    site: str
    placements: tuple[Placement, ...]
    problem: str = ""

    @property
    def placed(self) -> int:
        """Pods that found a place."""
        return sum(each.placed for each in self.placements)

    @property
    def wanted(self) -> int:
        """Pods that want one."""
        return sum(each.wanted for each in self.placements)

    @property
    def survives(self) -> bool:
        """Whether all of it runs again."""
        return not self.problem and all(each.is_whole for each in self.placements)


@dataclass(frozen=True)
class TierFate:
    """Bytes of a storage tier at a standby site that the lost site's services need, and what it has."""

    site: str
    tier: str
    needed_bytes: int
    usable_bytes: int

    @property
    def survives(self) -> bool:
        """Whether the tier holds them."""
        return self.needed_bytes <= self.usable_bytes


@dataclass(frozen=True)
class Survival:
    """The loss of one site. `limiting` names what lacks most, with how much of it; None when all survives."""

    lost: str
    fates: tuple[ServiceFate, ...]
    tiers: tuple[TierFate, ...] = ()
    shortfalls: tuple[Shortfall, ...] = field(default_factory=tuple)

    @property
    def survives(self) -> bool:
        """Whether every service runs again and every tier holds."""
        return all(each.survives for each in self.fates) and all(each.survives for each in self.tiers)

    @property
    def limiting(self) -> Shortfall | None:
        """The resource whose lack keeps most pods out."""
        return max(self.shortfalls, key=lambda each: each.pods, default=None)


def survive(
    sites: Mapping[str, Site],
    clusters: Mapping[str, Cluster],
    services: Sequence[Service],
    lost: str,
    tastes: Sequence[Taste] = (Taste.SCORED,),
) -> Survival:
    """The loss of a site. A service survives when it finds its place whatever the tastes are.

    Raises KeyError for a standby site without facts: an unknown site is never full nor empty. Raises ValueError
    when no taste is given.
    """
    if not tastes:
        raise ValueError("no taste is played: nothing would be asked, and all would seem to survive")
    moving = in_recovery_order([each for each in services if each.home == lost])
    outcomes = [_play(sites, clusters, moving, taste) for taste in tastes]
    fates = tuple(min(each, key=lambda fate: (fate.survives, fate.placed)) for each in zip(*outcomes, strict=True))
    return Survival(
        lost=lost,
        fates=fates,
        tiers=tuple(_tiers(sites, services, moving)),
        shortfalls=_shortfalls(fates),
    )


def _play(
    sites: Mapping[str, Site], clusters: Mapping[str, Cluster], moving: Sequence[Service], taste: Taste
) -> list[ServiceFate]:
    standbys = {each.standby for each in moving}
    placers = {name: Placer(clusters[name], taste) for name in standbys}
    doors = {name: Door(clusters[name].objects) for name in standbys}
    fates = []
    for service in moving:
        site = sites[service.standby]
        try:
            demands = [doors[site.name].let_in(demand) for demand in service_demands(site, service)]
        except (LookupError, AdmissionRefused) as error:
            fates.append(ServiceFate(service.id, service.grade, service.standby, (), _words(error)))
            continue
        placer = placers[service.standby]
        placements = tuple(placer.place(demand) for demand in demands)
        fates.append(ServiceFate(service.id, service.grade, service.standby, placements))
    return fates


def _words(error: LookupError | AdmissionRefused) -> str:
    return error.message if isinstance(error, AdmissionRefused) else str(error.args[0])


def _tiers(sites: Mapping[str, Site], services: Sequence[Service], moving: Sequence[Service]) -> list[TierFate]:
    """Storage that a standby must hold: its own services' and, always, the copies that it stands by for."""
    standbys = {each.standby for each in moving}
    needed: dict[tuple[str, str], int] = defaultdict(int)
    for service in services:
        for site in {service.home, service.standby} & standbys:
            for tier, size in _tier_bytes(service).items():
                needed[(site, tier)] += size
    fates = []
    for (site, name), size in sorted(needed.items()):
        found = sites[site].tier(name)
        usable = int(parse_quantity(found.usable)) if found is not None else 0
        fates.append(TierFate(site, name, size, usable))
    return fates


def _tier_bytes(service: Service) -> Counter[str]:
    """Bytes that one site's copy of a service needs, by tier."""
    total: Counter[str] = Counter()
    for workload in service.workloads:
        if workload.volume is not None:
            total[workload.volume.tier] += workload.replicas * int(parse_quantity(workload.volume.size))
    if service.database is not None:
        total[service.database.tier] += service.database.members_per_site * int(
            parse_quantity(service.database.size)
        )
    return total


def _shortfalls(fates: Sequence[ServiceFate]) -> tuple[Shortfall, ...]:
    missing: dict[str, list[Placement]] = defaultdict(list)
    for fate in fates:
        missing[fate.site] += [each for each in fate.placements if not each.is_whole]
    found = (shortfall_of(site, each) for site, each in sorted(missing.items()))
    return tuple(each for shortfalls in found for each in shortfalls)
