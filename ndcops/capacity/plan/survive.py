"""Does a lost centre fit in the others: its services placed on their standby sites, in recovery order.

Home and standby of a service are never one site (the inventory refuses that: a standby that dies with its home
would make every loss look free). What stands at the other sites stays; nothing is evicted.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ndcops.capacity.plan.admission import AdmissionRefused
from ndcops.capacity.plan.admitted import Door
from ndcops.capacity.plan.certainty import is_certain
from ndcops.capacity.plan.demand import Demand, in_recovery_order, service_demands
from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.placing import Placement, Placer, Taste
from ndcops.capacity.plan.shortfall import Shortfall, shortfall_of
from ndcops.model.quantity import parse_quantity
from ndcops.model.service import Grade, Service
from ndcops.model.site import Site


@dataclass(frozen=True)
class Play:
    """One way the scheduler could choose; `seed` is of its luck, None takes the first of equals."""

    taste: Taste
    seed: int | None = None


PLAYS = (Play(Taste.SCORED), Play(Taste.FULLEST), *(Play(Taste.SCORED, seed) for seed in range(1, 7)))
"""Which of several feasible nodes the scheduler takes is chance: ties, and which nodes it stops at."""


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
    plays: Sequence[Play] = PLAYS,
) -> Survival:
    """The loss of a site. A service survives when it finds its place whichever nodes the scheduler takes.

    At a standby site where the first play places everything and counting proves that no other choice of nodes
    could fail, the first play is enough; elsewhere all are played and the worst is believed.
    Raises KeyError for a standby site without facts: an unknown site is never full nor empty. Raises ValueError
    when no play is given.
    """
    if not plays:
        raise ValueError("nothing is played: nothing would be asked, and all would seem to survive")
    moving = in_recovery_order([each for each in services if each.home == lost])
    found: dict[str, ServiceFate] = {}
    for standby in sorted({each.standby for each in moving}):
        arriving = [each for each in moving if each.standby == standby]
        for fate in _at_standby(sites[standby], clusters[standby], arriving, plays):
            found[fate.service] = fate
    fates = tuple(found[each.id] for each in moving)
    return Survival(
        lost=lost,
        fates=fates,
        tiers=tuple(_tiers(sites, services, moving)),
        shortfalls=_shortfalls(fates),
    )


def _at_standby(
    site: Site, cluster: Cluster, arriving: Sequence[Service], plays: Sequence[Play]
) -> list[ServiceFate]:
    """What becomes of the services that one site takes over, in the worst of the plays."""
    door = Door(cluster.objects)
    asking = [_Arrival(service, *_admitted(site, service, door)) for service in arriving]
    worst: list[ServiceFate] = []
    for play in plays:
        placer = Placer(cluster, play.taste, play.seed)
        fates = [each.placed_by(placer) for each in asking]
        worst = [min(pair, key=_rank) for pair in zip(worst or fates, fates, strict=True)]
        if all(fate.survives for fate in fates) and is_certain(cluster.state, placer.asked):
            break
    return worst


def _rank(fate: ServiceFate) -> tuple[bool, int]:
    return fate.survives, fate.placed


@dataclass(frozen=True)
class _Arrival:
    """A service as the standby site's API server would let it in, or why it would not."""

    service: Service
    demands: tuple[Demand, ...]
    problem: str = ""

    def placed_by(self, placer: Placer) -> ServiceFate:
        """Its fate in one play."""
        placements = tuple(placer.place(demand) for demand in self.demands)
        return ServiceFate(
            self.service.id, self.service.grade, self.service.standby, placements, problem=self.problem
        )


def _admitted(site: Site, service: Service, door: Door) -> tuple[tuple[Demand, ...], str]:
    try:
        return tuple(door.let_in(demand) for demand in service_demands(site, service)), ""
    except (LookupError, AdmissionRefused) as error:
        return (), _words(error)


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
