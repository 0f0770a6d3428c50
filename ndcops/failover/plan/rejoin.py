"""A site that was lost and answers again: what it holds is stopped and catches up before the fence is lifted."""

from collections.abc import Sequence

from ndcops.failover.plan.chains import Chain
from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.location import locate
from ndcops.failover.plan.moves import Move
from ndcops.failover.steps import (
    AwaitMember,
    ClaimService,
    FailoverWorld,
    RejoinCluster,
    RejoinVolumes,
    ServiceStep,
    SilenceWorkloads,
    UnfenceSite,
)
from ndcops.workflow.plan import Plan


def returned_sites(facts: FailoverFacts) -> tuple[str, ...]:
    """Sites that answer and still hold a role that another site took over, or are still fenced off."""
    sites = {fence.victim for fence in facts.fences if fence.fenced and facts.is_reachable(fence.victim)}
    for found in facts.services:
        here = locate(facts, found).site
        if here:
            sites |= {site for site in _old_roles(found, here) if facts.is_reachable(site)}
    return tuple(sorted(sites))


def plan_rejoin(facts: FailoverFacts, site: str) -> Plan[FailoverWorld]:
    """For every service that left the site while it was lost; the fences against it fall last."""
    steps: list[ServiceStep] = []
    for found in facts.services:
        here = locate(facts, found).site
        if here and here != site and site in _old_roles(found, here):
            steps += _rejoin_chain(
                Chain(facts, found, Move(service=found.service.id, source=here, target=site, planned=True))
            )
    rejoined = tuple(step.key for step in steps)
    for fence in facts.fences:
        if fence.victim == site and fence.fenced:
            steps.append(UnfenceSite(site, rejoined, fence.site, site))
    return Plan("failover", facts.target.value, f"failover rejoin {site}", tuple(steps), {"site": site})


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
    return chain.steps


def _old_roles(found: ServiceFacts, here: str) -> Sequence[str]:
    """Sites beside `here` where something still believes that it serves."""
    clusters = [c.ref.site for c in found.clusters if c.primary == c.ref.site]
    volumes = [v.ref.site for v in found.volumes if v.wanted == "primary"]
    pods = [w.ref.site for w in found.workloads if w.replicas > 0]
    return sorted({site for site in (*clusters, *volumes, *pods) if site != here})
