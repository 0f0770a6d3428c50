"""A site that was lost comes back: what it held is demoted and catches up before anything may move back.

Safety: done behind the fence, which is lifted only after all of this.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from ndcops.failover.steps.converge import converge
from ndcops.failover.steps.s40_workloads import scale_to
from ndcops.failover.steps.s50_databases import StandbyChoice, confirms
from ndcops.failover.steps.s60_replica_clusters import read_cluster
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.failover import DatabaseState, ReplicaClusterState
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report

_STREAMING = frozenset({"running", "streaming"})


@dataclass(frozen=True)
class SilenceWorkloads(ServiceStep):
    """Stops the pods that came back with the site: their service runs elsewhere now."""

    kind: ClassVar[str] = "failover/silence"
    irreversible: ClassVar[str] = "the service runs elsewhere; two copies would write"

    site: str
    workloads: tuple[str, ...]

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: stop what came back with {self.site}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when pods are not gone in time."""
        return scale_to(world, self.service, self.site, dict.fromkeys(self.workloads, 0), report)


@dataclass(frozen=True)
class RejoinCluster(ServiceStep):
    """The CloudNativePG cluster of the lost site becomes a replica of `primary`.

    One that was primary went its own way and can never stream again: it is removed and cloned anew.
    """

    kind: ClassVar[str] = "failover/rejoin-cluster"
    irreversible: ClassVar[str] = "what only the lost site held was given up when the other side was promoted"

    site: str
    primary: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: its CloudNativePG cluster at {self.site} follows {self.primary}, cloned anew"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when it does not stream in time."""
        clusters = world.drivers.clusters

        def write(state: ReplicaClusterState) -> Callable[[int], object] | None:
            is_removed = not state.resource_version
            if state.primary == self.site or is_removed:
                change = clusters.reclone
            elif (state.primary, state.source) != (self.primary, self.primary):
                change = clusters.follow
            else:
                return None
            return lambda epoch: change(
                state.ref, primary=self.primary, expect=state.resource_version, epoch=epoch
            )

        def is_done(state: ReplicaClusterState) -> bool:
            follows = (state.primary, state.source) == (self.primary, self.primary)
            return follows and bool(state.resource_version) and state.ready and not state.switching

        state = converge(
            world,
            f"{self.service}: replica at {self.site}",
            read=lambda: read_cluster(world, self.service, self.site),
            write=write,
            done=is_done,
            say=lambda s: s.phase,
            timeout_s=world.limits.volumes_s,
            report=report,
        )
        return {"site": self.site, "lag_bytes": -1 if state.lag_bytes is None else state.lag_bytes}


@dataclass(frozen=True)
class AwaitMember(ServiceStep):
    """Patroni rewinds and attaches the members of a site that is back by itself; this waits for it.

    Also until one of them confirms the leader's writes, so that the service can go home at once; a cluster that
    prefers another standby is not waited for longer than its loops need.
    """

    kind: ClassVar[str] = "failover/await-member"

    site: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: wait until the database member at {self.site} streams"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when it does not in time."""
        service, choice = world.service(self.service), StandbyChoice(world.clock, self.site)

        def is_done(state: DatabaseState) -> bool:
            streams = any(m.state in _STREAMING and m.lag_bytes is not None for m in state.at(self.site))
            return streams and choice.is_made(state)

        state = converge(
            world,
            f"{self.service}: database member at {self.site}",
            read=lambda: world.drivers.databases.read(service),
            write=lambda _: None,
            done=is_done,
            say=lambda state: ", ".join(f"{m.name}: {m.state}" for m in state.at(self.site)) or "no member",
            timeout_s=world.limits.database_s,
            report=report,
        )
        lag_bytes = min(m.lag_bytes for m in state.at(self.site) if m.lag_bytes is not None)
        return {"lag_bytes": lag_bytes, "confirms": confirms(state, self.site)}
