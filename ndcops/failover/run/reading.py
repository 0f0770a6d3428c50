"""Reads every fact that a plan needs; what does not answer is told as unknown, never guessed."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts, SiteFacts, Unknown
from ndcops.failover.plan.moves import Move
from ndcops.failover.run.past import Past, read_past
from ndcops.failover.run.surroundings import Surroundings
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import CapacityVerdict, FenceState, Unreachable
from ndcops.model.service import Service
from ndcops.model.site import Site

Item = TypeVar("Item")
Result = TypeVar("Result")


def read_facts(given: Surroundings, services: Sequence[Service]) -> FailoverFacts:
    """Facts of these services, of all sites and of the store. Capacity is asked later, for the moves only."""
    taken_at = given.clock.now()
    sites = side_by_side(given, given.sites, lambda site: _read_site(given, site))
    reachable = frozenset(site.site for site in sites if site.reachable)
    status = given.coordination.status()
    past = _read_past(given)
    found = side_by_side(given, services, lambda one: _read_service(given, one, reachable, past))
    return FailoverFacts(
        target=given.target,
        taken_at=taken_at,
        coordination=status,
        sites=sites,
        declared=given.services,
        services=found,
        fences=_read_fences(given, sites),
        durations=past.durations,
        open_runs=past.open_runs,
        past_problem=past.problem,
    )


def with_capacity(given: Surroundings, facts: FailoverFacts, moves: Sequence[Move]) -> FailoverFacts:
    """The facts with a verdict for every target of the moves, as if all went there at once."""
    verdicts = []
    for site in sorted({move.target for move in moves if facts.is_reachable(move.target)}):
        ids = {move.service for move in moves if move.target == site}
        moving = [service for service in given.services if service.id in ids]
        try:
            verdicts.append(given.capacity.room_for(moving, site))
        except NdcopsError as error:
            verdicts.append(
                CapacityVerdict(site=site, fits=None, reasons=(error.message,), taken_at=facts.taken_at)
            )
    return facts.model_copy(update={"capacity": tuple(verdicts)})


def side_by_side(given: Surroundings, items: Sequence[Item], work: Callable[[Item], Result]) -> tuple[Result, ...]:
    """The work on every item, `width` at once, in the order of the items."""
    if given.width == 1 or len(items) < 2:
        return tuple(work(item) for item in items)
    with ThreadPoolExecutor(max_workers=given.width, thread_name_prefix="read") as pool:
        return tuple(pool.map(work, items))


def _read_past(given: Surroundings) -> Past:
    """Without a reply nothing is known of earlier runs, which is not the same as none: a plan is refused then."""
    try:
        return read_past(given.coordination)
    except Unreachable as error:
        return Past(problem=error.message)


def _read_site(given: Surroundings, site: Site) -> SiteFacts:
    tiers = tuple(tier.name for tier in site.tiers if tier.replication != "none")
    problem = ""
    try:
        given.reach.check(site.name)
    except NdcopsError as error:
        problem = error.message
    try:
        entry = given.drivers.names.entry(site.name)
    except Refused:
        entry = ""
    return SiteFacts(site=site.name, reachable=not problem, problem=problem, entry=entry, replicated_tiers=tiers)


def _read_fences(given: Surroundings, sites: Sequence[SiteFacts]) -> tuple[FenceState, ...]:
    """Every fence that a living site could raise or has raised against another."""
    fences = []
    for site in (one.site for one in sites if one.reachable):
        for victim in (one.site for one in sites if one.site != site):
            try:
                state = given.drivers.fences.read(site, victim)
            except NdcopsError:
                continue  # a fence that cannot be read cannot be relied on: objections miss it
            if state is not None:
                fences.append(state)
    return tuple(fences)


class _Reader:
    """Collects parts of one service; each failure is kept as an unknown."""

    def __init__(self) -> None:
        self.unknown: list[Unknown] = []

    def part(self, what: str, site: str, read: Callable[[], Result]) -> Result | None:
        try:
            return read()
        except NdcopsError as error:
            self.unknown.append(Unknown(what=what, site=site, reason=error.message))
            return None

    def at_sites(self, what: str, sites: Iterable[str], read: Callable[[str], Result]) -> list[Result]:
        parts = [self.part(what, site, lambda site=site: read(site)) for site in sites]  # type: ignore[misc]
        return [part for part in parts if part is not None]


def _read_service(given: Surroundings, service: Service, reachable: frozenset[str], past: Past) -> ServiceFacts:
    reader, drivers = _Reader(), given.drivers
    taken_at = given.clock.now()
    own = [service.home, service.standby]
    for site in own:
        if site not in reachable:
            reader.unknown.append(Unknown(what="its objects", site=site, reason="the site does not answer"))
    living = [site for site in own if site in reachable]
    engine = service.database.engine if service.database else ""
    has_volumes = any(workload.volume is not None for workload in service.workloads)
    workloads = reader.at_sites("workloads", living, lambda site: drivers.workloads.read(site, service))
    routes = reader.at_sites(
        "route", living if service.dns_names else (), lambda site: drivers.routes.read(site, service)
    )
    clusters = reader.at_sites(
        "CloudNativePG",
        sorted(reachable) if engine == "cloudnativepg" else (),
        lambda site: drivers.clusters.read(site, service),
    )
    volumes = reader.at_sites(
        "volumes", living if has_volumes else (), lambda site: drivers.volumes.read(site, service)
    )
    database = None
    if engine == "patroni":
        database = reader.part("database", "", lambda: drivers.databases.read(service))
    names = [reader.part("names", "", lambda name=name: drivers.names.read(name)) for name in service.dns_names]  # type: ignore[misc]
    probe = reader.part("probe", "", lambda: drivers.probes.read(service))
    return ServiceFacts(
        service=service,
        taken_at=taken_at,
        workloads=tuple(state for states in workloads for state in states),
        routes=tuple(route for route in routes if route is not None),
        database=database,
        clusters=tuple(cluster for cluster in clusters if cluster is not None),
        volumes=tuple(state for states in volumes for state in states),
        names=tuple(name for name in names if name is not None),
        probe=probe,
        last_drill=past.drills.get(service.id),
        unknown=tuple(reader.unknown),
    )
