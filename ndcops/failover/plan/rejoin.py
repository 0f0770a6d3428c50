"""A site that was lost and answers again: what it holds is stopped and catches up before the fence is lifted."""

from collections.abc import Sequence
from datetime import datetime

from ndcops.failover.plan.chains import Chain
from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.location import locate, old_roles
from ndcops.failover.plan.moves import Move, steady_ttl_s
from ndcops.failover.plan.objections import coordination_objections
from ndcops.failover.plan.order import Objection, Order
from ndcops.failover.steps import (
    AwaitMember,
    ClaimService,
    FailoverWorld,
    MoveNames,
    RejoinCluster,
    RejoinVolumes,
    ServiceStep,
    SilenceWorkloads,
    UnfenceSite,
)
from ndcops.model.errors import Refused
from ndcops.workflow.plan import Plan


def returned_sites(facts: FailoverFacts) -> tuple[str, ...]:
    """Sites that answer and still hold a role that another site took over, or are still fenced off."""
    sites = {fence.victim for fence in facts.fences if fence.fenced and facts.is_reachable(fence.victim)}
    for found in facts.services:
        here = locate(facts, found).site
        if here:
            sites |= {site for site in _old_roles(facts, found, here) if facts.is_reachable(site)}
    return tuple(sorted(sites))


def plan_rejoin(facts: FailoverFacts, site: str, order: Order, *, now: datetime) -> Plan[FailoverWorld]:
    """For every service that left the site while it was lost; the fences against it fall last.

    Raises Refused with every reason: a run that did not end may still rely on the fence, and a service whose place
    is not known may be primary behind it.
    """
    own = [f for f in facts.services if site in (f.service.home, f.service.standby)]
    moving = frozenset(found.service.id for found in own)
    against = [*coordination_objections(facts, moving, now), *_unplaced(facts, own)]
    refused = [o for o in against if not (o.risk and order.accepts(o.risk))]
    if refused:
        raise Refused(
            f"failover rejoin {site} is refused for {len(refused)} reasons; nothing was touched",
            details=[str(objection) for objection in refused],
            resolution="ndcops failover status",
        )
    steps: list[ServiceStep] = []
    for found in facts.services:
        here = locate(facts, found).site
        if here and here != site and site in _old_roles(facts, found, here):
            move = Move(service=found.service.id, source=here, target=site, planned=True)
            steps += _rejoin_chain(Chain(facts, found, move))
    rejoined = tuple(step.key for step in steps)
    for fence in facts.fences:
        if fence.victim == site and fence.fenced:
            away = {found.service.id: locate(facts, found).site != site for found in own}
            guarded = tuple(name for name, is_away in away.items() if is_away)
            staying = tuple(name for name, is_away in away.items() if not is_away)
            steps.append(UnfenceSite(site, rejoined, fence.site, site, guarded, staying))
    return Plan("failover", facts.target.value, f"failover rejoin {site}", tuple(steps), {"site": site})


def _unplaced(facts: FailoverFacts, own: Sequence[ServiceFacts]) -> list[Objection]:
    found = []
    for service in own:
        place = locate(facts, service)
        if not place.site:
            reason = f"where it is cannot be told: {'; '.join(place.doubts)}"
            found.append(Objection(subject=service.service.id, reason=reason))
        for unknown in service.unknown:
            reason = f"{unknown.what} at {unknown.site} is not known: {unknown.reason}"
            found.append(Objection(subject=service.service.id, reason=reason))
    return found


def _rejoin_chain(chain: Chain) -> list[ServiceStep]:
    name, found, site, primary = chain.name, chain.found, chain.move.target, chain.move.source
    claim = chain.add(ClaimService(name, (), chain.claimed_sites, chain.servers))
    needs = (claim,)
    running = tuple(state.ref.name for state in found.workloads_at(site) if state.replicas or state.pods)
    if running:
        needs = (chain.add(SilenceWorkloads(name, needs, site, running)),)
    if found.volumes_at(site):
        chain.add(RejoinVolumes(name, needs, site))
    if found.cluster_at(site) is not None:
        chain.add(RejoinCluster(name, needs, site, primary))
    if found.database is not None:
        chain.add(AwaitMember(name, needs, site))
    if found.names and locate(chain.facts, found).is_split:
        known = tuple(entry for entry in (one.entry for one in chain.facts.sites) if entry)
        ttl_s = steady_ttl_s(found)
        chain.add(MoveNames(name, (claim,), chain.servers, known, chain.facts.entry(primary), ttl_s))
    return chain.steps


def _old_roles(facts: FailoverFacts, found: ServiceFacts, here: str) -> Sequence[str]:
    """Sites beside `here` where something still believes that it serves, or a server that leads callers astray."""
    data = old_roles(found, here)
    pods = [w.ref.site for w in found.workloads if w.replicas > 0]
    led = {site.entry for site in facts.sites if site.entry} - {facts.entry(here)}
    servers = [a.site for name in found.names for a in name.answers if set(a.addresses) & led]
    return sorted({site for site in (*data, *pods, *servers) if site != here})
