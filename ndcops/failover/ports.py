"""What failover needs from outside; beside it `ServiceNames` of the model, for onboarding needs it too.

Rules of every port here:
- Reads raise Unreachable when nobody answers; they never guess. Each answers or gives up within 5 s.
- Writes return at once (they start a change, `read` shows when it is done) and never retry by themselves.
- A write carries `expect` (what was read: resource_version, leader, addresses) and `epoch`. The adapter refuses
  with Overtaken when the object carries a newer epoch, raises Changed when `expect` no longer holds (nothing was
  written), Unreachable when no answer came (it may have been written).
- A write stamps its epoch on what it writes, in the same atomic write. `claim` only stamps, so that whoever held
  the lock before can no longer write there; what carries the epoch already is not written again.
- Safety: the caller calls `Coordination.confirm` before every write.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ndcops.model.failover import (
    BreakGlass,
    CapacityVerdict,
    CoordinationStatus,
    DatabaseState,
    FenceState,
    Hold,
    ObjectRef,
    ProbeState,
    ReplicaClusterState,
    RouteState,
    RunHead,
    ScratchState,
    VolumeRole,
    VolumeState,
    WorkloadState,
)
from ndcops.model.record import JsonObject, Record
from ndcops.model.service import Service
from ndcops.workflow.journal import Journal


class RunJournal(Journal, Protocol):
    """A run's journal in the store: many steps at once append together."""

    def append_all(self, entries: Sequence[tuple[str, JsonObject]]) -> tuple[Record, ...]:
        """Add records (kind and body) in one transaction: all of them or none."""
        ...


class Coordination(Protocol):
    """The store with one member a site: one operator at a time, and what he did."""

    def acquire(self, *, purpose: str, lease_s: int) -> Hold:
        """Take the operator lock and keep it alive.

        Raises Refused when another holds it (who, since when, why) or no majority answers (which members do not).
        """
        ...

    def release(self, hold: Hold) -> None:
        """Give the lock back; nothing happens when it is no longer held."""
        ...

    def confirm(self, hold: Hold) -> None:
        """Return only if the store's majority says that `hold` is still the lock's holder.

        Raises Overtaken when it is not, Unreachable without a majority.
        """
        ...

    def status(self) -> CoordinationStatus:
        """Members and holder as of now; never raises for members that do not answer."""
        ...

    def journal(self, run: str, hold: Hold | None) -> RunJournal:
        """The run's journal: appends are conditional on `hold` (Overtaken); without a hold it is only read."""
        ...

    def runs(self) -> tuple[RunHead, ...]:
        """All runs, oldest first. Raises Unreachable without a majority."""
        ...

    def break_glass(self, order: BreakGlass) -> Hold:
        """A hold without the store's majority. Raises Refused unless two people signed it and the members that it
        calls dead do not answer; recorded before it returns.
        """
        ...

    def bring_home(self, run: str) -> int:
        """Write the journal of a broken glass into the store, lift the epoch to its own; returns that epoch.

        Raises Refused while somebody holds the lock, or for an unknown run.
        """
        ...


class Sites(Protocol):
    """The clusters of the target, each pinned by the UID of its kube-system namespace."""

    def check(self, site: str) -> None:
        """Return when its cluster answers and is the right one. Raises Unreachable, or Refused for another."""
        ...


class Workloads(Protocol):
    """Deployments and StatefulSets of a service, by site."""

    def read(self, site: str, service: Service) -> tuple[WorkloadState, ...]:
        """The service's workloads on that site."""
        ...

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> WorkloadState:
        """Stamp the epoch."""
        ...

    def scale(self, ref: ObjectRef, replicas: int, *, expect: str, epoch: int) -> WorkloadState:
        """Set spec.replicas."""
        ...


class Databases(Protocol):
    """Patroni clusters that span sites. Patroni's own leader key fences: what loses it stops writing by itself."""

    def read(self, service: Service) -> DatabaseState:
        """The cluster, from its configuration store (which decides) and its members (which explain)."""
        ...

    def read_epoch(self, service: Service) -> int:
        """The mark alone, without asking the members, of which dead ones cost their time limit."""
        ...

    def claim(self, service: Service, *, expect_epoch: int, epoch: int) -> None:
        """Put the epoch's mark beside the cluster's keys, by a transaction on the mark that was read."""
        ...

    def switchover(self, service: Service, *, leader: str, candidate: str, epoch: int) -> None:
        """Ask for a planned change of leader; Changed when `leader` does not lead or the mark is not `epoch`."""
        ...

    def failover(self, service: Service, *, candidate: str, expect_leader: str, epoch: int) -> None:
        """Ask for `candidate` to lead; expect_leader is the leader that was read, empty for none."""
        ...


class ReplicatedClusters(Protocol):
    """CloudNativePG Clusters of a service, one a site, one of them primary."""

    def read(self, site: str, service: Service) -> ReplicaClusterState | None:
        """That site's Cluster, None when the site has none."""
        ...

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> ReplicaClusterState:
        """Stamp the epoch."""
        ...

    def demote(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        """One patch: primary and source are that other site, any promotion token removed."""
        ...

    def promote(self, ref: ObjectRef, *, token: str, expect: str, epoch: int) -> ReplicaClusterState:
        """One patch: primary is its own site, with the token; an empty token is an unplanned promotion."""
        ...

    def follow(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        """Point a bystander at the new primary."""
        ...

    def reclone(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        """One step: remove it, then clone it anew from `primary`; between, `read` gives no resource_version."""
        ...

    def set_fenced(self, ref: ObjectRef, fenced: bool, *, expect: str, epoch: int) -> ReplicaClusterState:
        """Stop or allow all its instances (cnpg.io/fencedInstances)."""
        ...


class Volumes(Protocol):
    """VolumeReplications of a service, by site."""

    def read(self, site: str, service: Service) -> tuple[VolumeState, ...]:
        """The service's replicated volumes on that site."""
        ...

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> VolumeState:
        """Stamp the epoch."""
        ...

    def set_role(
        self, ref: ObjectRef, role: VolumeRole, *, auto_resync: bool, expect: str, epoch: int
    ) -> VolumeState:
        """Set spec.replicationState; auto_resync only after an unplanned failover (it throws local data away)."""
        ...


class Fences(Protocol):
    """NetworkFences: a surviving site's storage lets the victim's addresses write no more."""

    def read(self, site: str, victim: str) -> FenceState | None:
        """The fence on `site` against `victim`: not fenced and done when none stands, None when that storage
        cannot fence (no NetworkFenceClass, or the victim's addresses are not declared).
        """
        ...

    def set_fenced(self, site: str, victim: str, fenced: bool, *, epoch: int) -> FenceState:
        """Create or change the fence over all of the victim's node addresses."""
        ...


class Routes(Protocol):
    """The way from a site's gateway to a service."""

    def read(self, site: str, service: Service) -> RouteState | None:
        """The route, None for a service without names."""
        ...

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> RouteState:
        """Stamp the epoch."""
        ...

    def set_open(self, ref: ObjectRef, is_open: bool, *, expect: str, epoch: int) -> RouteState:
        """Weight 1 or 0 on its backends."""
        ...


class Capacity(Protocol):
    """Whether services find room on a site: the capacity room, through wiring."""

    def room_for(self, services: Sequence[Service], site: str) -> CapacityVerdict:
        """As if they all moved there at once, with what stands there now."""
        ...


class Probes(Protocol):
    """Clients outside, that write and read through a service's name."""

    def read(self, service: Service, *, since: datetime | None = None) -> ProbeState | None:
        """What the probe saw, None for a service without one. May take long: every write is counted."""
        ...

    def waits_for(self, service: Service, since: datetime) -> str:
        """Why no write through the name was confirmed since then, quickly told; empty when one was, or without a
        probe.
        """
        ...


class ScratchCopies(Protocol):
    """Isolated copies for drills: a namespace that nothing else can reach, and a clone of the data."""

    def create(self, site: str, service: Service, drill: str) -> ScratchState:
        """Make what is missing of the copy; never writes to the service's own objects."""
        ...

    def read(self, site: str, service: Service, drill: str) -> ScratchState | None:
        """How far the copy is; None when nothing of it exists."""
        ...

    def check(self, site: str, service: Service, drill: str) -> str:
        """Write and read in the copy; returns what was found, for the report. Raises NdcopsError when it fails."""
        ...

    def remove(self, site: str, service: Service, drill: str) -> None:
        """Start the removal of all of the copy; `read` then comes to None."""
        ...


class Clock(Protocol):
    """Time, so that tests have their own."""

    def now(self) -> datetime:
        """Wall time, aware (UTC)."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Interrupted when the operator pressed Ctrl-C meanwhile."""
        ...
