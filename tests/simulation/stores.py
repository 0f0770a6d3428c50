"""Where a service's data lives, as state machines: who may write, what was acknowledged, what was copied."""

from dataclasses import dataclass, field
from typing import Protocol

from tests.simulation.kernel import Kernel
from tests.simulation.network import Network


class Store(Protocol):
    """logs: by site, the numbers of the writes it holds."""

    name: str
    logs: dict[str, list[int]]

    def writable(self, site: str) -> bool: ...

    def write(self, site: str, number: int) -> bool: ...


@dataclass
class StorageFences:
    """Victims whose nodes may not write: (site where it stands, victim) → epoch and state."""

    standing: dict[tuple[str, str], tuple[bool, bool, int]] = field(default_factory=dict)

    def blocks(self, victim: str) -> bool:
        return any(fenced and done for (_, v), (fenced, done, _) in self.standing.items() if v == victim)


class PatroniStore:
    """One Patroni cluster, a member a site, leader key in a store with a majority (ttl 30 s, loop 10 s)."""

    TTL_S, LOOP_S = 30.0, 10.0

    def __init__(self, kernel: Kernel, network: Network, service: str, home: str, standby: str) -> None:
        self.kernel, self.network = kernel, network
        self.name, self.home, self.standby = service, home, standby
        self.logs: dict[str, list[int]] = {site: [] for site in network.sites}
        self.primary_at: set[str] = {home}
        self.holder, self.expires = home, self.TTL_S
        self.last_leader = home
        self.sync: tuple[str, ...] = (standby,)
        self.pending = ""
        self.timeline = 1
        self.epoch = 0
        self.changes = 0
        for site in network.sites:
            kernel.every(self.LOOP_S, lambda site=site: self._loop(site))
        kernel.every(1.0, self._stream)

    @property
    def leader(self) -> str:
        return self.holder if self.holder and self.expires > self.kernel.now else ""

    def writable(self, site: str) -> bool:
        return site in self.primary_at and site in self.network.alive

    def write(self, site: str, number: int) -> bool:
        if not self.writable(site):
            return False
        self.logs[site].append(number)
        if not self.sync:
            return True
        for other in self.sync:
            if self.network.linked(site, other) and other not in self.primary_at:
                self.logs[other] = list(self.logs[site])
                return True
        return False

    def _loop(self, site: str) -> None:
        network = self.network
        if site not in network.alive:
            self.primary_at.discard(site)
            return
        if not network.majority(site):
            self.primary_at.discard(site)  # Patroni demotes when it cannot renew its key, before the key expires
        elif site in self.primary_at:
            self._lead(site)
        elif not self.leader and self._may_lead(site):
            self._take(site)

    def _lead(self, site: str) -> None:
        if self.leader != site:
            self.primary_at.discard(site)
            return
        self.expires = self.kernel.now + self.TTL_S
        others = [s for s in (self.standby, self.home, *self.network.sites) if s != site]
        linked = [s for s in dict.fromkeys(others) if self.network.linked(site, s) and s not in self.primary_at]
        if linked:
            self.logs[linked[0]] = list(self.logs[site])
        self.sync = tuple(linked[:1])

    def _may_lead(self, site: str) -> bool:
        if self.pending:
            return site == self.pending
        return site in self.sync or (not self.sync and site == self.last_leader)

    def _take(self, site: str) -> None:
        self.holder, self.expires = site, self.kernel.now + self.TTL_S
        self.last_leader, self.pending, self.sync = site, "", ()
        self.timeline += 1
        self.primary_at = {s for s in self.primary_at if s in self.network.alive} | {site}

    def _stream(self) -> None:
        leader = self.leader
        if not leader or leader not in self.primary_at:
            return
        for site in self.network.sites:
            if site != leader and site not in self.primary_at and self.network.linked(leader, site):
                self.logs[site] = list(self.logs[leader])

    def switchover(self, leader: str, candidate: str) -> None:
        self.pending = candidate
        self.changes += 1

        def hand_over() -> None:
            fits = self.leader == leader and self.pending == candidate and candidate in self.sync
            if fits and self.network.linked(leader, candidate) and self.network.majority(candidate):
                self.primary_at.discard(leader)
                self.logs[candidate] = list(self.logs[leader])
                self._take(candidate)
                self.kernel.after(1.0, lambda: self._loop(candidate))
            self.pending = ""

        self.kernel.after(1.0 + self.kernel.random.random(), hand_over)

    def failover(self, candidate: str) -> None:
        self.pending = candidate
        self.changes += 1

        def take() -> None:
            if not self.leader and self.pending == candidate and self.network.majority(candidate):
                self._take(candidate)
            self.pending = ""

        self.kernel.after(1.0, take)


@dataclass
class ClusterObject:
    """A CloudNativePG Cluster of one site."""

    primary: str
    source: str
    token: str = ""
    version: int = 1
    epoch: int = 0
    changes: int = 0
    demotion_token: str = ""
    last_promotion_token: str = ""
    promotion_failed: str = ""
    demoted: bool = False
    switching: bool = False
    fenced: bool = False
    ready: bool = True
    cloning: bool = False


class ReplicaClusterStore:
    """CloudNativePG on two or three sites, shipping its log every second."""

    def __init__(
        self,
        kernel: Kernel,
        network: Network,
        fences: StorageFences,
        service: str,
        sites: tuple[str, ...],
        home: str,
    ) -> None:
        self.kernel, self.network, self.fences = kernel, network, fences
        self.name = service
        self.logs: dict[str, list[int]] = {site: [] for site in sites}
        self.objects = {site: ClusterObject(home, home) for site in sites}
        self.running_primary = {home}
        self.shipped_at: dict[str, float] = dict.fromkeys(sites, 0.0)
        kernel.every(1.0, self._ship)
        for site in sites:
            kernel.every(1.0, lambda site=site: self._reconcile(site))

    def writable(self, site: str) -> bool:
        if site not in self.running_primary or site not in self.network.alive:
            return False
        return not self.objects[site].fenced and not self.fences.blocks(site)

    def write(self, site: str, number: int) -> bool:
        if site not in self.logs or not self.writable(site):
            return False
        self.logs[site].append(number)
        return True

    def _ship(self) -> None:
        for site, cluster in self.objects.items():
            source = cluster.source
            follows = site not in self.running_primary and cluster.primary != site and source != site
            if follows and source in self.logs and self.network.linked(site, source):
                self._copy(source, site)

    def _copy(self, source: str, site: str) -> None:
        """A replica takes what extends its own log; one that has diverged must be cloned (`_reconcile`)."""
        own, theirs = self.logs[site], self.logs[source]
        if theirs[: len(own)] == own:
            self.logs[site] = list(theirs)
            self.shipped_at[site] = self.kernel.now
            self.objects[site].ready = True

    def _reconcile(self, site: str) -> None:
        cluster = self.objects[site]
        if site not in self.network.alive:
            return
        if cluster.primary != site:
            self._be_replica(site, cluster)
        elif site not in self.running_primary:
            self._be_primary(site, cluster)

    def _be_replica(self, site: str, cluster: ClusterObject) -> None:
        if site in self.running_primary:
            self.running_primary.discard(site)
            cluster.switching = True
        elif cluster.switching:
            cluster.switching, cluster.demoted = False, True
            cluster.demotion_token = f"{site}:{len(self.logs[site])}:{self.kernel.now:.3f}"
        source = cluster.source
        if source in self.running_primary and self.network.linked(site, source):
            own, theirs = self.logs[site], self.logs[source]
            if cluster.cloning:
                self.logs[site] = list(theirs)
                cluster.cloning, cluster.ready = False, True
            elif theirs[: len(own)] != own:
                cluster.ready = False  # one that went its own way never streams again by itself

    def reclone(self, site: str, primary: str) -> None:
        """Removed with all that it held, and made anew as a replica."""
        self.running_primary.discard(site)
        self.logs[site] = []
        self.objects[site] = ClusterObject(primary, primary, ready=False, cloning=True)

    def _be_primary(self, site: str, cluster: ClusterObject) -> None:
        if not cluster.token:
            self._promote(site, cluster)
            return
        wanted = int(cluster.token.split(":")[1])
        giver = cluster.token.split(":")[0]
        if len(self.logs[site]) < wanted and self.network.linked(site, giver):
            self._copy(giver, site)
        if len(self.logs[site]) > wanted:
            cluster.promotion_failed = f"replay is ahead of the token ({len(self.logs[site])} > {wanted})"
        elif len(self.logs[site]) == wanted:
            cluster.last_promotion_token = cluster.token
            self._promote(site, cluster)

    def _promote(self, site: str, cluster: ClusterObject) -> None:
        self.running_primary.add(site)
        cluster.demotion_token, cluster.demoted, cluster.ready, cluster.switching = "", False, True, False
