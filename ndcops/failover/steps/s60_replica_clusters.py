"""CloudNativePG across sites: demote, carry the token over, promote, point bystanders.

The order is the operator's own (docs/src/replica_cluster.md): the old primary is demoted and hands out a token of
its last position; the new one is promoted with it, in one patch. Without the token the old cluster must be cloned
anew, so an unplanned promotion is a step of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from ndcops.failover.steps.converge import converge
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import ReplicaClusterState
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class DemoteCluster(ServiceStep):
    """The cluster at `source` becomes a replica of the one at `site` and hands out its token."""

    kind: ClassVar[str] = "failover/demote-cluster"

    source: str
    site: str

    def _place(self) -> str:
        return self.source

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: demote its CloudNativePG cluster at {self.source}, keep the token"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when no token comes in time."""
        return {"token": demote(world, self.service, self.source, self.site, report)}

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Promote it again, with the token of whichever of the two was primary last.

        Safety: the other one is read first and must be a replica that was demoted, or one that was never promoted.
        """
        other = read_cluster(world, self.service, self.site)
        if other.primary == self.site:
            raise Refused(
                f"{self.service}: the cluster at {self.site} is primary; {self.source} may not be promoted",
                resolution=f"ndcops failover resume {world.run}",
            )
        own = read_cluster(world, self.service, self.source)
        # Demoted towards the source means that it has been primary since: its token is the later one.
        token = other.demotion_token if other.demoted and other.primary == self.source else own.demotion_token
        if own.primary == self.source and not own.demotion_token:
            return {"token": own.last_promotion_token}  # its demotion was never begun
        promote(world, self.service, self.source, token, report)
        return {"token": token}


@dataclass(frozen=True)
class PromoteCluster(ServiceStep):
    """The cluster at `site` becomes primary with the token that `source` handed out."""

    kind: ClassVar[str] = "failover/promote-cluster"

    source: str
    site: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: promote its CloudNativePG cluster at {self.site} with the token"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when the token is refused: the replica is then ahead of it, or of another system."""
        kept = world.history.evidence(f"{self.service}/demote-cluster@{self.source}")
        if kept is None or not kept.get("token"):
            raise Refused(f"{self.service}: no demotion token in the journal: {self.source} was not demoted")
        promote(world, self.service, self.site, kept["token"], report)
        return {"token": kept["token"]}

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Demote it towards the source; whoever never became primary has nothing to hand out."""
        if read_cluster(world, self.service, self.site).primary != self.site:
            return {"token": ""}
        return {"token": demote(world, self.service, self.site, self.source, report)}


@dataclass(frozen=True)
class ForcePromoteCluster(ServiceStep):
    """The cluster at `site` becomes primary without a token: what `victim` had not sent is lost."""

    kind: ClassVar[str] = "failover/force-promote-cluster"
    irreversible: ClassVar[str] = "the old primary must be cloned anew; once its site is back: failover failback"

    victim: str
    site: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: promote its CloudNativePG cluster at {self.site} without {self.victim}'s token"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when it does not become ready in time."""
        state = promote(world, self.service, self.site, "", report)
        return {"token": "", "lag_bytes": state.lag_bytes if state.lag_bytes is not None else -1}


@dataclass(frozen=True)
class FollowCluster(ServiceStep):
    """A replica at `site` takes `primary` as its source; `before` was its source."""

    kind: ClassVar[str] = "failover/follow-cluster"

    site: str
    primary: str
    before: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: the replica at {self.site} follows {self.primary}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when it is not ready in time."""
        return self._follow(world, self.primary, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Follow the old source again."""
        return self._follow(world, self.before, report)

    def _follow(self, world: FailoverWorld, primary: str, report: Report) -> JsonObject:
        clusters = world.drivers.clusters

        def write(state: ReplicaClusterState) -> Callable[[int], object] | None:
            if (state.primary, state.source) == (primary, primary):
                return None
            return lambda epoch: clusters.follow(
                state.ref, primary=primary, expect=state.resource_version, epoch=epoch
            )

        converge(
            world,
            f"{self.service}: replica at {self.site}",
            read=lambda: read_cluster(world, self.service, self.site),
            write=write,
            done=lambda state: (state.primary, state.source) == (primary, primary) and state.ready,
            say=lambda state: state.phase,
            timeout_s=world.limits.database_s,
            report=report,
        )
        return {"site": self.site, "primary": primary}


def read_cluster(world: FailoverWorld, service_id: str, site: str) -> ReplicaClusterState:
    """The service's cluster at a site. Raises NdcopsError when the site has none."""
    state = world.drivers.clusters.read(site, world.service(service_id))
    if state is None:
        raise NdcopsError(
            f"{service_id}: {site} has no CloudNativePG cluster of it", resolution=f"ndcops --site {site} stack up"
        )
    return state


def demote(world: FailoverWorld, service_id: str, source: str, site: str, report: Report) -> str:
    """Make `source` a replica of `site`; returns the demotion token."""
    clusters = world.drivers.clusters

    def write(state: ReplicaClusterState) -> Callable[[int], object] | None:
        if state.primary == site:
            return None
        return lambda epoch: clusters.demote(state.ref, primary=site, expect=state.resource_version, epoch=epoch)

    state = converge(
        world,
        f"{service_id}: demotion at {source}",
        read=lambda: read_cluster(world, service_id, source),
        write=write,
        done=lambda s: s.primary == site and s.demoted and not s.switching and bool(s.demotion_token),
        say=lambda s: s.phase,
        timeout_s=world.limits.database_s,
        report=report,
    )
    return state.demotion_token


def promote(world: FailoverWorld, service_id: str, site: str, token: str, report: Report) -> ReplicaClusterState:
    """Make `site` primary with a token, or without one when it is empty."""
    clusters = world.drivers.clusters

    def write(state: ReplicaClusterState) -> Callable[[int], object] | None:
        if state.promotion_failed:
            raise NdcopsError(
                f"{service_id}: the cluster at {site} refuses the promotion: {state.promotion_failed}",
                details=["a replica ahead of the token can never take it; nothing was promoted"],
                resolution=f"ndcops failover abort {world.run}",
            )
        if state.primary == site:
            return None
        return lambda epoch: clusters.promote(state.ref, token=token, expect=state.resource_version, epoch=epoch)

    def is_done(state: ReplicaClusterState) -> bool:
        took_token = not token or state.last_promotion_token == token
        return state.primary == site and took_token and state.ready and not state.switching

    return converge(
        world,
        f"{service_id}: promotion at {site}",
        read=lambda: read_cluster(world, service_id, site),
        write=write,
        done=is_done,
        say=lambda s: s.phase,
        timeout_s=world.limits.database_s,
        report=report,
    )
