"""The steps of one service's move and what each needs: planned, or after its site was lost.

Planned, a pause lasts from the first step on data to the last name: so all that can be done before it is, and what
only tidies up comes after it. Safety: nothing is promoted at the target before it was given up at the source, or
the source is fenced off.
"""

from dataclasses import dataclass, field, replace

from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.moves import LOW_TTL_S, Move, living_servers, old_ttl_s, steady_ttl_s
from ndcops.failover.steps import (
    AwaitStandby,
    ClaimService,
    CloseRoute,
    DemoteCluster,
    DemoteVolumes,
    FollowCluster,
    ForcePromoteCluster,
    ForcePromoteVolumes,
    LowerTtl,
    MoveNames,
    OpenRoute,
    PromoteCluster,
    PromoteVolumes,
    QuiesceWriters,
    RestoreTtl,
    RetireWorkloads,
    ServiceStep,
    StartWorkloads,
    SwitchLeader,
    TakeLeader,
    VerifyService,
    WarmWorkloads,
)
from ndcops.model.object_names import workload_object

Keys = tuple[str, ...]


@dataclass
class Chain:
    """Steps of one service as they are added; each returns its key, for those that need it."""

    facts: FailoverFacts
    found: ServiceFacts
    move: Move
    steps: list[ServiceStep] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The service's id."""
        return self.move.service

    def add(self, step: ServiceStep) -> str:
        """Add a step; returns its key. All need the first, the claim: a resumed run makes it anew before them."""
        if self.steps:
            first = self.steps[0].key
            step = replace(step, needs=(first, *(need for need in step.needs if need != first)))
        self.steps.append(step)
        return step.key

    @property
    def servers(self) -> tuple[str, ...]:
        """Authoritative servers to update."""
        return living_servers(self.facts, self.found)

    @property
    def engine(self) -> str:
        """Who keeps its database; empty for none."""
        return self.found.service.database.engine if self.found.service.database else ""

    def replicas(self, *, with_volumes: bool) -> tuple[tuple[str, int], ...]:
        """Object names and declared replicas of the workloads that keep replicated volumes, or of the others."""
        return tuple(
            (workload_object(self.found.service, w), w.replicas)
            for w in self.found.service.workloads
            if (w.volume is not None and bool(self.found.volumes)) == with_volumes
        )

    @property
    def claimed_sites(self) -> tuple[str, ...]:
        """Sites that answer and hold something of the service."""
        held = {s.ref.site for s in self.found.workloads}
        held |= {s.ref.site for s in self.found.clusters} | {s.ref.site for s in self.found.volumes}
        return tuple(sorted(site for site in held if self.facts.is_reachable(site)))


def planned_chain(chain: Chain, dependencies: Keys) -> list[ServiceStep]:
    """The source answers and gives up its role; dependencies: keys of steps of other services to wait for."""
    move, name = chain.move, chain.name
    claim = chain.add(ClaimService(name, (), chain.claimed_sites, chain.servers))
    before_pause = (*prepare(chain, (claim,)), *dependencies)
    quiesced = before_pause
    writers = chain.replicas(with_volumes=True)
    if writers:
        quiesced = (chain.add(QuiesceWriters(name, before_pause, move.source, writers)),)
    data = () if move.realign else (*_move_volumes(chain, quiesced), *_move_database(chain, quiesced))
    started = data or quiesced
    if writers:
        started = (chain.add(StartWorkloads(name, started, move.target, writers)),)
    verified = move_names(chain, started)
    tidy(chain, verified)
    if chain.replicas(with_volumes=False):
        closed = verified
        if chain.found.route_at(move.source) is not None:
            closed = chain.add(CloseRoute(name, (verified,), move.source))
        retired = chain.replicas(with_volumes=False)
        chain.add(RetireWorkloads(name, (closed,), move.source, retired, LOW_TTL_S if chain.found.names else 0))
    return chain.steps


def unplanned_chain(chain: Chain, dependencies: Keys, fences: Keys, *, without_standby: bool) -> list[ServiceStep]:
    """The source is lost. fences: keys of the steps that fence it off, empty when it was certified dark."""
    move, name = chain.move, chain.name
    claim = chain.add(ClaimService(name, (), chain.claimed_sites, chain.servers))
    fenced = (claim, *fences)
    data: list[str] = []
    if chain.engine == "patroni":
        data.append(chain.add(TakeLeader(name, (claim,), move.source, move.target, without_standby)))
    if chain.engine == "cloudnativepg":
        data.append(chain.add(ForcePromoteCluster(name, fenced, move.source, move.target)))
    if chain.found.volumes_at(move.target):
        data.append(chain.add(ForcePromoteVolumes(name, fenced, move.source, move.target)))
    started = (*prepare(chain, (claim, *dependencies)), *data)
    if chain.replicas(with_volumes=True):
        writers = chain.replicas(with_volumes=True)
        started = (chain.add(StartWorkloads(name, started, move.target, writers)),)
    tidy(chain, move_names(chain, started))
    return chain.steps


def prepare(chain: Chain, needs: Keys) -> Keys:
    """What can be done before the pause: low time to live, pods that need no volume, the way to them."""
    move, name, keys = chain.move, chain.name, list(needs)
    address = chain.facts.entry(move.source)
    is_whole = all(a.addresses == (address,) for n in chain.found.names for a in n.answers if not a.problem)
    # Names that an earlier run left half-way lead to both sites: there is nothing to gain, and none may go back.
    if chain.move.planned and is_whole and old_ttl_s(chain.found) > LOW_TTL_S:
        lower = LowerTtl(name, needs, chain.servers, address, old_ttl_s(chain.found), LOW_TTL_S)
        keys.append(chain.add(lower))
    warm = chain.replicas(with_volumes=False)
    if warm:
        keys.append(chain.add(WarmWorkloads(name, needs, move.target, warm)))
    if chain.found.route_at(move.target) is not None:
        keys.append(chain.add(OpenRoute(name, needs, move.target)))
    return tuple(keys)


def _move_volumes(chain: Chain, needs: Keys) -> Keys:
    move, name = chain.move, chain.name
    if not chain.found.volumes:
        return ()
    demoted = chain.add(DemoteVolumes(name, needs, move.source, move.target))
    return (chain.add(PromoteVolumes(name, (demoted,), move.source, move.target)),)


def _move_database(chain: Chain, needs: Keys) -> Keys:
    move, name = chain.move, chain.name
    if chain.engine == "patroni":
        return (chain.add(SwitchLeader(name, needs, move.source, move.target)),)
    if chain.engine != "cloudnativepg":
        return ()
    demoted = chain.add(DemoteCluster(name, needs, move.source, move.target))
    return (chain.add(PromoteCluster(name, (demoted,), move.source, move.target)),)


def move_names(chain: Chain, needs: Keys) -> str:
    """The names, then the look at it from outside; returns the key of that look."""
    move, name = chain.move, chain.name
    source, target = chain.facts.entry(move.source), chain.facts.entry(move.target)
    if chain.found.names:
        # A site that was lost may have kept its server's old answer: each of the service's own is known.
        own = (chain.facts.entry(site) for site in (chain.found.service.home, chain.found.service.standby))
        known = tuple(dict.fromkeys((source, *own)))
        needs = (chain.add(MoveNames(name, needs, chain.servers, known, target, LOW_TTL_S)),)
    return chain.add(VerifyService(name, needs, move.target, target, chain.servers))


def tidy(chain: Chain, verified: str) -> None:
    """After the pause: standbys and bystanders follow, the time to live of steady times."""
    move, name = chain.move, chain.name
    if chain.engine == "patroni":
        chain.add(AwaitStandby(name, (verified,), move.target))
    for cluster in chain.found.clusters:
        follows = (cluster.primary, cluster.source) == (move.target, move.target)
        is_bystander = cluster.ref.site not in (move.source, move.target)
        if is_bystander and not follows and chain.facts.is_reachable(cluster.ref.site):
            chain.add(FollowCluster(name, (verified,), cluster.ref.site, move.target, cluster.primary))
    if chain.found.names:
        ttl_s = steady_ttl_s(chain.found)
        target = chain.facts.entry(move.target)
        chain.add(RestoreTtl(name, (verified,), chain.servers, target, ttl_s, LOW_TTL_S))
