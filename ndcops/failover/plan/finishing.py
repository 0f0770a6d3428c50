"""What a run began for a service, was left, and nobody will take up again: finished at the side it leads to.

Safety: a part of the data that is primary at the returned site alone is the last of its data. It is never demoted
without its other copy being promoted: behind the site's fence without its consent, else by handing it over.
"""

from ndcops.failover.plan.chains import Chain, Keys, move_names, prepare, tidy
from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.location import locate, waits_for
from ndcops.failover.steps import (
    DemoteCluster,
    DemoteVolumes,
    ForcePromoteCluster,
    ForcePromoteVolumes,
    PromoteCluster,
    PromoteVolumes,
    RejoinCluster,
    RejoinVolumes,
    StartWorkloads,
)
from ndcops.model.object_names import workload_object


def half_promoted(found: ServiceFacts, here: str, site: str) -> tuple[str, ...]:
    """Copies of the service's data that are primary at `site`, while theirs at `here` was never promoted."""
    last = [
        str(c.ref) for c in found.clusters if c.ref.site == site == c.primary and not _cluster_leads(found, here)
    ]
    led = {v.ref.name for v in found.volumes_at(here) if v.wanted == "primary"}
    last += [str(v.ref) for v in found.volumes_at(site) if v.wanted == "primary" and v.ref.name not in led]
    return tuple(last)


def is_promotion_missing(found: ServiceFacts, here: str, site: str) -> bool:
    """Whether a copy at `here` has still to be promoted before the one at `site` may be given up."""
    has_idle_volumes = any(volume.wanted != "primary" for volume in found.volumes_at(here))
    return bool(half_promoted(found, here, site)) or (has_idle_volumes and bool(found.volumes_at(site)))


def is_unfinished(facts: FailoverFacts, found: ServiceFacts, here: str) -> bool:
    """Whether the service is not whole where its data is: pods are missing, or some server leads elsewhere."""
    replicas = {state.ref.name: state.replicas for state in found.workloads_at(here)}
    wanted = {workload_object(found.service, w): w.replicas for w in found.service.workloads}
    missing = any(replicas.get(name, 0) < count for name, count in wanted.items())
    return missing or locate(facts, found).is_split


def rejoin_cluster(chain: Chain, needs: Keys, fences: Keys) -> Keys:
    """The returned site's cluster follows the other, which is promoted first where it is no primary yet.

    Returns the keys of the promotion.
    """
    name, site, here = chain.name, chain.move.source, chain.move.target
    own, heir = chain.found.cluster_at(site), chain.found.cluster_at(here)
    if own is None:
        return ()
    promoted: Keys = ()
    if not _cluster_leads(chain.found, here) and (own.primary == site or waits_for(own, heir)):
        if own.primary != site or not fences:
            demoted = chain.add(DemoteCluster(name, needs, site, here))
            return (chain.add(PromoteCluster(name, (demoted,), site, here)),)
        promoted = (chain.add(ForcePromoteCluster(name, (*needs, *fences), site, here)),)
    chain.add(RejoinCluster(name, (*needs, *promoted), site, here))
    return promoted


def rejoin_volumes(chain: Chain, needs: Keys, fences: Keys) -> Keys:
    """The returned site's volumes become secondary, those of the other side primary where they are not yet."""
    name, site, here = chain.name, chain.move.source, chain.move.target
    if not chain.found.volumes_at(site):
        return ()
    promoted: Keys = ()
    if any(volume.wanted != "primary" for volume in chain.found.volumes_at(here)):
        if not fences:
            demoted = chain.add(DemoteVolumes(name, needs, site, here))
            return (chain.add(PromoteVolumes(name, (demoted,), site, here)),)
        promoted = (chain.add(ForcePromoteVolumes(name, (*needs, *fences), site, here)),)
    chain.add(RejoinVolumes(name, (*needs, *promoted), site))
    return promoted


def finish_service(chain: Chain, claim: Keys, promoted: Keys) -> None:
    """Pods, names and bystanders where the data is. Nothing of the rejoin waits for these."""
    started = (*prepare(chain, claim), *promoted)
    writers = chain.replicas(with_volumes=True)
    if writers:
        started = (chain.add(StartWorkloads(chain.name, started, chain.move.target, writers)),)
    tidy(chain, move_names(chain, started))


def _cluster_leads(found: ServiceFacts, site: str) -> bool:
    cluster = found.cluster_at(site)
    return cluster is not None and cluster.primary == site
