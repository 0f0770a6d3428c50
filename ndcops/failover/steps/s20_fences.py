"""Before a promotion without the old home's consent: what is left of it can no longer write."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.failover.steps.converge import converge
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.errors import Refused
from ndcops.model.failover import FenceState
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class FenceSite(ServiceStep):
    """A NetworkFence on `site` against all nodes of `victim`. `service` is the victim's name: it serves all."""

    kind: ClassVar[str] = "failover/fence"

    site: str
    victim: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"fence {self.victim} off at {self.site}'s storage"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when the storage does not confirm the fence: nothing may be promoted then."""
        return self._set(world, True, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Let the victim's nodes write again; called only after what it guarded was taken back."""
        return self._set(world, False, report)

    def _set(self, world: FailoverWorld, fenced: bool, report: Report) -> JsonObject:
        return set_fence(world, self.site, self.victim, fenced, report)


@dataclass(frozen=True)
class UnfenceSite(ServiceStep):
    """Lift the fence on `site` against `victim`. guarded: every service that has a copy of its data there."""

    kind: ClassVar[str] = "failover/unfence"

    site: str
    victim: str
    guarded: tuple[str, ...]

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"let {self.victim} write to {self.site}'s storage again"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises Refused while a copy behind the fence is or wants to be primary, NdcopsError when it stays up."""
        old = [copy for service in self.guarded for copy in self._primaries(world, world.service(service))]
        if old:
            raise Refused(
                f"{self.victim} stays fenced off: {len(old)} copies there are still primary",
                details=old,
                resolution=f"ndcops failover failback --site {self.victim}",
            )
        return set_fence(world, self.site, self.victim, False, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Fence again."""
        return set_fence(world, self.site, self.victim, True, report)

    def _primaries(self, world: FailoverWorld, service: Service) -> list[str]:
        old = []
        if service.database is not None and service.database.engine == "cloudnativepg":
            cluster = world.drivers.clusters.read(self.victim, service)
            if cluster is not None and (cluster.primary == self.victim or cluster.switching):
                old.append(str(cluster.ref))
        if any(workload.volume is not None for workload in service.workloads):
            for volume in world.drivers.volumes.read(self.victim, service):
                if volume.wanted == "primary" or volume.state == "Primary":
                    old.append(str(volume.ref))
        return old


def set_fence(world: FailoverWorld, site: str, victim: str, fenced: bool, report: Report) -> JsonObject:
    """Bring the fence to a state and wait for the storage's word."""
    fences = world.drivers.fences
    wanted = "fence" if fenced else "lift the fence"

    def is_done(state: FenceState | None) -> bool:
        if state is None:
            return not fenced
        return state.fenced == fenced and state.done and state.epoch == world.hold.epoch

    def is_missing(state: FenceState | None) -> bool:
        if state is None:
            return fenced
        # An older epoch's fence is written again: its writer, waking up, must find that it can lift it no more.
        return state.fenced != fenced or state.epoch != world.hold.epoch

    state = converge(
        world,
        f"{wanted} against {victim} at {site}",
        read=lambda: fences.read(site, victim),
        write=lambda s: (
            (lambda epoch: fences.set_fenced(site, victim, fenced, epoch=epoch)) if is_missing(s) else None
        ),
        done=is_done,
        say=lambda s: (s.message if s else "") or f"waiting for {site}'s storage",
        timeout_s=world.limits.fence_s,
        report=report,
    )
    return {"site": site, "victim": victim, "fenced": fenced, "message": state.message if state else ""}
