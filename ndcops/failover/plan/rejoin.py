"""A site that was lost and answers again: what it holds is stopped and catches up before the fence is lifted."""

from collections.abc import Sequence
from datetime import datetime

from ndcops.failover.plan.chains import Chain
from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.finishing import (
    finish_service,
    half_promoted,
    is_promotion_missing,
    is_unfinished,
    rejoin_cluster,
    rejoin_volumes,
)
from ndcops.failover.plan.location import locate, old_roles
from ndcops.failover.plan.moves import Move
from ndcops.failover.plan.objections import coordination_objections
from ndcops.failover.plan.order import Objection, Order
from ndcops.failover.plan.superseding import superseding_objections
from ndcops.failover.steps import (
    AwaitMember,
    AwaitStandby,
    ClaimService,
    FailoverWorld,
    FenceSite,
    FollowCluster,
    MoveNames,
    OpenRoute,
    RestoreTtl,
    ServiceStep,
    SilenceWorkloads,
    StartWorkloads,
    UnfenceSite,
    VerifyService,
    WarmWorkloads,
)
from ndcops.model.errors import Refused
from ndcops.workflow.plan import Plan

_OF_THE_SERVICE = (
    AwaitStandby,
    FollowCluster,
    MoveNames,
    OpenRoute,
    RestoreTtl,
    StartWorkloads,
    VerifyService,
    WarmWorkloads,
)
"""Steps that make a service whole elsewhere: the fence does not stand for them."""


def returned_sites(facts: FailoverFacts) -> tuple[str, ...]:
    """Sites that answer and still hold a role that another site took over, or are still fenced off."""
    sites = {fence.victim for fence in facts.fences if fence.fenced and facts.is_reachable(fence.victim)}
    for found in facts.services:
        here = locate(facts, found).site
        if here:
            sites |= {site for site in _old_roles(facts, found, here) if facts.is_reachable(site)}
    return tuple(sorted(sites))


def services_of(facts: FailoverFacts, site: str) -> list[ServiceFacts]:
    """Services that may stand at the site, and others whose callers something there leads astray."""
    return [
        found
        for found in facts.services
        if site in (found.service.home, found.service.standby)
        or ((here := locate(facts, found).site) and site in _old_roles(facts, found, here))
    ]


def plan_rejoin(facts: FailoverFacts, site: str, order: Order, *, now: datetime) -> Plan[FailoverWorld]:
    """For every service that left the site while it was lost; the fences against it fall last.

    What a replaced run had left half-way is finished too. Raises Refused with every reason: a run that did not end
    may still rely on the fence, and a service whose place is not known may be primary behind it.
    """
    own = services_of(facts, site)
    moving = frozenset(found.service.id for found in own)
    against = [
        *coordination_objections(facts, moving, now),
        *superseding_objections(facts, order, moving),
        *_unplaced(facts, own),
        *_half_promoted(facts, own, site),
    ]
    refused = [o for o in against if not (o.risk and order.accepts(o.risk))]
    if refused:
        raise Refused(
            f"failover rejoin {site} is refused for {len(refused)} reasons; nothing was touched",
            details=[str(objection) for objection in refused],
            resolution="ndcops failover status",
        )
    left = {found.service.id: locate(facts, found).site for found in own}
    behind = {f.service.id: left[f.service.id] for f in own if site in (f.service.home, f.service.standby)}
    fences = {
        here: FenceSite(site, (), here, site, tuple(behind))
        for found in own
        if (here := left[found.service.id]) != site and _needs_fence(facts, found, here, site)
    }
    steps: list[ServiceStep] = [*fences.values()]
    for found in own:
        here = left[found.service.id]
        if here != site and site in _old_roles(facts, found, here):
            move = Move(service=found.service.id, source=site, target=here, planned=False)
            standing = (fences[here].key,) if here in fences else ()
            steps += _rejoin_chain(Chain(facts, found, move), standing)
    rejoined = tuple(step.key for step in steps if not isinstance(step, _OF_THE_SERVICE))
    for fence in facts.fences:
        if fence.victim == site and fence.fenced:
            guarded = tuple(name for name, here in behind.items() if here != site)
            staying = tuple(name for name, here in behind.items() if here == site)
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


def _half_promoted(facts: FailoverFacts, own: Sequence[ServiceFacts], site: str) -> list[Objection]:
    """Fenced off, the last primary of some data cannot hand it over; what it did not send would be lost."""
    found = []
    for service in own:
        here, name = locate(facts, service).site, service.service.id
        last = half_promoted(service, here, site)
        if here not in ("", site) and last and _is_fenced(facts, here, site):
            runs = [one.run for one in facts.open_runs if name in one.services]
            first = f"resume {runs[-1]} first, or accept that" if runs else "accept that"
            reason = f"{', '.join(last)} is still primary at {site}, its copy at {here} was never promoted"
            reason = f"{reason}: {first} the rejoin promotes it without what {site} had not sent"
            found.append(Objection(subject=name, reason=reason, risk=f"half-promoted:{name}"))
    return found


def _needs_fence(facts: FailoverFacts, found: ServiceFacts, here: str, site: str) -> bool:
    """Whether something of it is to be promoted behind the fence that stands; a resumed run raises it anew."""
    return _is_fenced(facts, here, site) and is_promotion_missing(found, here, site)


def _is_fenced(facts: FailoverFacts, here: str, site: str) -> bool:
    return any((f.site, f.victim) == (here, site) and f.fenced for f in facts.fences)


def _rejoin_chain(chain: Chain, fences: tuple[str, ...]) -> list[ServiceStep]:
    name, found, site, here = chain.name, chain.found, chain.move.source, chain.move.target
    claim = (chain.add(ClaimService(name, (), chain.claimed_sites, chain.servers)),)
    needs = claim
    running = tuple(state.ref.name for state in found.workloads_at(site) if state.replicas or state.pods)
    if running:
        needs = (chain.add(SilenceWorkloads(name, needs, site, running)),)
    promoted = (*rejoin_volumes(chain, needs, fences), *rejoin_cluster(chain, needs, fences))
    if found.database is not None:
        chain.add(AwaitMember(name, needs, site))
    if promoted or is_unfinished(chain.facts, found, here):
        finish_service(chain, claim, promoted)
    return chain.steps


def _old_roles(facts: FailoverFacts, found: ServiceFacts, here: str) -> Sequence[str]:
    """Sites beside `here` where something still believes that it serves, or a server that leads callers astray."""
    data = old_roles(found, here)
    pods = [w.ref.site for w in found.workloads if w.replicas > 0]
    led = {site.entry for site in facts.sites if site.entry} - {facts.entry(here)}
    servers = [a.site for name in found.names for a in name.answers if set(a.addresses) & led]
    return sorted({site for site in (*data, *pods, *servers) if site != here})
