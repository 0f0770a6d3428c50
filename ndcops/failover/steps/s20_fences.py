"""Before a promotion without the old home's consent: what is left of it can no longer write.

Safety: a fence falls only after all that could be promoted behind it carries the epoch of who lifts it. An
operator that froze between the lock's confirmation and its promotion then finds the newer epoch.
"""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.failover.steps.converge import converge
from ndcops.failover.steps.s10_claim import claim_copies
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.errors import Refused
from ndcops.model.failover import FenceState
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class FenceSite(ServiceStep):
    """A NetworkFence on `site` against all nodes of `victim`. `service` is the victim's name: it serves all.

    guarded: every service of the victim, whether this run moves it or another one did before.
    """

    kind: ClassVar[str] = "failover/fence"

    site: str
    victim: str
    guarded: tuple[str, ...]

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"fence {self.victim} off at {self.site}'s storage"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when the storage does not confirm the fence: nothing may be promoted then."""
        return set_fence(world, self.site, self.victim, True, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Let the victim's nodes write again, unless a copy at `site` is primary.

        An earlier run may have promoted it behind this very fence, which then stays until the victim rejoins.
        """
        relying = claimed_primaries(world, self.site, self.guarded, report)
        if relying:
            report(f"the fence against {self.victim} stays: {', '.join(relying)}")
            return {"site": self.site, "victim": self.victim, "fenced": True, "relying": relying}
        return set_fence(world, self.site, self.victim, False, report)


@dataclass(frozen=True)
class UnfenceSite(ServiceStep):
    """Lift the fence on `site` against `victim`.

    guarded: services of the victim that are elsewhere now. staying: those whose data is still at the victim.
    """

    kind: ClassVar[str] = "failover/unfence"

    site: str
    victim: str
    guarded: tuple[str, ...]
    staying: tuple[str, ...] = ()

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"let {self.victim} write to {self.site}'s storage again"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises Refused while a copy behind the fence is or wants to be primary, NdcopsError when it stays up."""
        new = claimed_primaries(world, self.site, self.staying, report)
        if new:
            raise Refused(
                f"{self.victim} stays fenced off: {len(new)} copies were promoted at {self.site} meanwhile",
                details=new,
                resolution=f"ndcops failover failback --site {self.victim}",
            )
        old = primaries(world, self.victim, self.guarded)
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


def primaries(world: FailoverWorld, site: str, services: tuple[str, ...]) -> list[str]:
    """Copies of those services' data at a site that are primary, want to be, or have not yet ceased to be."""
    found = []
    for name in services:
        service = world.service(name)
        if service.database is not None and service.database.engine == "cloudnativepg":
            cluster = world.drivers.clusters.read(site, service)
            if cluster is not None and (cluster.primary == site or cluster.switching):
                found.append(str(cluster.ref))
        if any(workload.volume is not None for workload in service.workloads):
            for volume in world.drivers.volumes.read(site, service):
                if volume.wanted == "primary" or volume.state == "Primary":
                    found.append(str(volume.ref))
    return found


def claimed_primaries(world: FailoverWorld, site: str, services: tuple[str, ...], report: Report) -> list[str]:
    """The same, after the others were claimed.

    A primary is not: where two are left, its epoch tells which of them is the newer. The other services are looked
    at only when none is, for the fence stays anyway.
    """
    if found := primaries(world, site, services):
        return found
    for name in services:
        claim_copies(world, name, site, report)
    return primaries(world, site, services)


def set_fence(world: FailoverWorld, site: str, victim: str, fenced: bool, report: Report) -> JsonObject:
    """Bring the fence to a state and wait for the storage's word."""
    fences = world.drivers.fences
    wanted = "fence" if fenced else "lift the fence"

    def is_done(state: FenceState | None) -> bool:
        if state is None:
            return not fenced
        return state.fenced == fenced and state.done and state.epoch == world.epoch

    def is_missing(state: FenceState | None) -> bool:
        if state is None:
            return fenced
        # An older epoch's fence is written again: its writer, waking up, must find that it can lift it no more.
        return state.fenced != fenced or state.epoch != world.epoch

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
