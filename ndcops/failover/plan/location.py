"""Where a service is: its data decides, then its names, then its pods. Two answers are no answer.

A site that was lost and is back still calls its old copy primary. While it is fenced off its word counts for
nothing; otherwise the claim of the newer epoch decides.
"""

from collections import Counter
from typing import NamedTuple

from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.model.document import Value
from ndcops.model.failover import ReplicaClusterState


class Location(Value):
    """site: where the service's data is, or without data its names or pods; empty when that is not known.

    names: where every server that answers leads; empty when they differ or there is none. astray: sites where some
    server leads although the data is elsewhere. doubts: why `site` is empty.
    """

    site: str
    names: str = ""
    astray: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def is_split(self) -> bool:
        """Whether callers are led to another site than the data: Patroni moved by itself, or a run was left."""
        return bool(self.site and self.astray)


class _Claim(NamedTuple):
    site: str
    what: str
    epoch: int = 0


def locate(facts: FailoverFacts, found: ServiceFacts) -> Location:
    """The one site that the service's data says; else that its replicas point to, its names, its pods say."""
    named = _names(facts, found)
    led = {claim.site for claim in named}
    names = named[0].site if len(led) == 1 else ""
    claims = (
        [c for c in (*_database(found), *_cluster(found), *_volumes(found)) if c.site not in facts.fenced]
        or [*_pointed_to(found, led), *_silent_volumes(facts, found)]
        or named
        or _pods(found)
    )
    newest = max((claim.epoch for claim in claims), default=0)
    sites = sorted({claim.site for claim in claims if claim.epoch == newest})
    if len(sites) > 1 and claims is named and not _keeps_data(found):
        sites = _most_led_to(facts, [claim.site for claim in claims if claim.epoch == newest])
    if len(sites) == 1:
        return Location(site=sites[0], names=names, astray=tuple(sorted(led - {sites[0]})))
    if not sites:
        return Location(site="", names=names, doubts=("nothing says where it is",))
    doubts = tuple(f"{claim.what} is at {claim.site}" for claim in claims)
    return Location(site="", names=names, doubts=doubts)


def old_roles(found: ServiceFacts, here: str) -> dict[str, str]:
    """Sites beside `here` that still call their copy of the data primary, and which copy."""
    roles = {c.ref.site: str(c.ref) for c in found.clusters if c.primary == c.ref.site}
    roles |= {v.ref.site: str(v.ref) for v in found.volumes if v.wanted == "primary"}
    return {site: what for site, what in roles.items() if site != here}


def _pointed_to(found: ServiceFacts, led: set[str]) -> list[_Claim]:
    """Where replicas get their data from, when no primary is to be seen.

    One that was demoted towards a site that did not take over holds the last of the data itself. Its names must
    say so too: they move after the data, so an older demotion than the last is not taken for it.
    """
    by_site = {cluster.ref.site: cluster for cluster in found.clusters}
    return [
        _Claim(c.ref.site, f"a demotion that nobody took up of {c.ref}")
        if led == {c.ref.site} and waits_for(c, by_site.get(c.primary))
        else _Claim(c.primary, f"the primary of {c.ref}")
        for c in found.clusters
        if c.primary != c.ref.site
    ]


def waits_for(cluster: ReplicaClusterState, heir: ReplicaClusterState | None) -> bool:
    """Whether it alone gave its role up, and the heir, which is seen, did not take it."""
    if heir is None or heir.primary == heir.ref.site:
        return False
    return _has_given_up(cluster, heir) and not _has_given_up(heir, cluster)


def _has_given_up(cluster: ReplicaClusterState, heir: ReplicaClusterState) -> bool:
    """Whether its last demotion is one that the heir did not take up; a token that was taken is an old one."""
    return cluster.switching or (cluster.demoted and cluster.demotion_token != heir.last_promotion_token)


def _keeps_data(found: ServiceFacts) -> bool:
    return found.service.database is not None or any(w.volume is not None for w in found.service.workloads)


def _most_led_to(facts: FailoverFacts, led: list[str]) -> list[str]:
    """Without data a service may well be at two sites while its names move: most servers say where, those that
    lead to a silent site only if all do. All of the first, when they are equally many."""
    counted = Counter([site for site in led if facts.is_reachable(site)] or led)
    most = max(counted.values())
    return sorted(site for site, count in counted.items() if count == most)


def _silent_volumes(facts: FailoverFacts, found: ServiceFacts) -> list[_Claim]:
    """Secondaries here, and the other of the service's two sites silent: the primaries are there."""
    seen = {v.ref.site for v in found.volumes}
    silent = {found.service.home, found.service.standby} - seen
    if not seen or len(silent) != 1 or facts.is_reachable(next(iter(silent))):
        return []
    return [_Claim(next(iter(silent)), "the volumes' other side", 0)]


def _database(found: ServiceFacts) -> list[_Claim]:
    """A leader key cannot be held twice, so its epoch does not matter: it counts as the newest of all."""
    if found.database is None or not found.database.leader_site:
        return []
    others = [c.epoch for c in found.clusters] + [v.epoch for v in found.volumes]
    return [_Claim(found.database.leader_site, f"database leader {found.database.leader}", max(others, default=0))]


def _cluster(found: ServiceFacts) -> list[_Claim]:
    return [
        _Claim(c.ref.site, "the primary CloudNativePG cluster", c.epoch)
        for c in found.clusters
        if c.primary == c.ref.site
    ]


def _volumes(found: ServiceFacts) -> list[_Claim]:
    return [
        _Claim(v.ref.site, f"primary volume {v.ref.name}", v.epoch)
        for v in found.volumes
        if v.state == "Primary" or v.wanted == "primary"
    ]


def _names(facts: FailoverFacts, found: ServiceFacts) -> list[_Claim]:
    by_entry = {site.entry: site.site for site in facts.sites if site.entry}
    return [
        _Claim(by_entry[address], f"{name.name} at {answer.server}", answer.epoch)
        for name in found.names
        for answer in name.answers
        for address in answer.addresses
        if address in by_entry
    ]


def _pods(found: ServiceFacts) -> list[_Claim]:
    return [_Claim(w.ref.site, f"workload {w.ref.name}", w.epoch) for w in found.workloads if w.replicas > 0]
