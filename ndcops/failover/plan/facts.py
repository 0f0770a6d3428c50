"""All that a plan is made from: what is declared, what was read, when, and what could not be learned."""

from datetime import datetime

from ndcops.model.document import Name, Value
from ndcops.model.failover import (
    CapacityVerdict,
    CoordinationStatus,
    DatabaseState,
    FenceState,
    NameState,
    ProbeState,
    ReplicaClusterState,
    RouteState,
    VolumeState,
    WorkloadState,
)
from ndcops.model.service import Service
from ndcops.model.target import TargetKind


class Unknown(Value):
    """Something that could not be read. site: whose silence it is; empty when it spans sites."""

    what: str
    site: str
    reason: str


class SiteFacts(Value):
    """A site's cluster as reached from here.

    entry: the address where it takes traffic, empty for none declared. replicated_tiers: storage that has a copy
    on another site.
    """

    site: Name
    reachable: bool
    problem: str = ""
    entry: str = ""
    replicated_tiers: tuple[Name, ...] = ()


class PastDrill(Value):
    """The last drill of a service that ended."""

    run: str
    ended_at: datetime
    passed: bool
    took_ms: int


class ServiceFacts(Value):
    """One service as it was read at `taken_at`; parts that could not be read are in `unknown`."""

    service: Service
    taken_at: datetime
    workloads: tuple[WorkloadState, ...] = ()
    routes: tuple[RouteState, ...] = ()
    database: DatabaseState | None = None
    clusters: tuple[ReplicaClusterState, ...] = ()
    volumes: tuple[VolumeState, ...] = ()
    names: tuple[NameState, ...] = ()
    probe: ProbeState | None = None
    last_drill: PastDrill | None = None
    unknown: tuple[Unknown, ...] = ()

    def workloads_at(self, site: str) -> tuple[WorkloadState, ...]:
        """Its workloads on that site."""
        return tuple(state for state in self.workloads if state.ref.site == site)

    def volumes_at(self, site: str) -> tuple[VolumeState, ...]:
        """Its replicated volumes on that site."""
        return tuple(state for state in self.volumes if state.ref.site == site)

    def cluster_at(self, site: str) -> ReplicaClusterState | None:
        """Its CloudNativePG cluster on that site."""
        return next((state for state in self.clusters if state.ref.site == site), None)

    def route_at(self, site: str) -> RouteState | None:
        """Its route on that site."""
        return next((state for state in self.routes if state.ref.site == site), None)

    @property
    def servers(self) -> tuple[str, ...]:
        """Every authoritative server that was asked."""
        return tuple(sorted({answer.server for name in self.names for answer in name.answers}))


class PastDuration(Value):
    """How long a step of a kind took in an earlier run, in milliseconds. after_loss: that run left a lost site."""

    kind: str
    took_ms: int
    after_loss: bool = False


class OpenRun(Value):
    """A run that did not end: what it moves must be finished or taken back first.

    half_way: services whose data it began to move, and did not see at the new place.
    """

    run: str
    title: str
    services: tuple[str, ...]
    half_way: tuple[str, ...] = ()


class FailoverFacts(Value):
    """Everything at once. `declared` are all services; those in `services` were read.

    past_problem: why earlier runs could not be read; then nobody knows which of them are open.
    """

    target: TargetKind
    taken_at: datetime
    coordination: CoordinationStatus
    sites: tuple[SiteFacts, ...]
    declared: tuple[Service, ...]
    services: tuple[ServiceFacts, ...]
    capacity: tuple[CapacityVerdict, ...] = ()
    fences: tuple[FenceState, ...] = ()
    durations: tuple[PastDuration, ...] = ()
    open_runs: tuple[OpenRun, ...] = ()
    past_problem: str = ""

    def site(self, name: str) -> SiteFacts | None:
        """The site of that name."""
        return next((site for site in self.sites if site.site == name), None)

    def service(self, name: str) -> ServiceFacts | None:
        """What was read of that service."""
        return next((facts for facts in self.services if facts.service.id == name), None)

    def is_reachable(self, name: str) -> bool:
        """Whether that site's cluster answers."""
        site = self.site(name)
        return site is not None and site.reachable

    @property
    def fenced(self) -> frozenset[str]:
        """Sites whose storage some other site has fenced off."""
        return frozenset(fence.victim for fence in self.fences if fence.fenced and fence.done)

    def entry(self, name: str) -> str:
        """The address where that site takes traffic; empty when none is declared."""
        site = self.site(name)
        return site.entry if site else ""
