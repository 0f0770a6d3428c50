"""Replicated volumes (csi-addons VolumeReplication): secondary here first, primary there after.

A plain promotion is silently forced by the controller when the other side did not give its role up
(volumereplication_controller.go), so it is never asked for before the demotion was seen or the site was fenced.
"""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.failover.steps.converge import converge_all
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.errors import Refused
from ndcops.model.failover import VolumeRole, VolumeState
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class DemoteVolumes(ServiceStep):
    """All replicated volumes at `source` become secondary, wholly synchronised."""

    kind: ClassVar[str] = "failover/demote-volumes"

    source: str
    site: str

    def _place(self) -> str:
        return self.source

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: its volumes at {self.source} become secondary, fully synchronised"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when they are not synchronised in time."""
        return set_role(world, self.service, self.source, "secondary", auto_resync=False, report=report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Primary again. Raises Refused while the other side's are not known to be secondary."""
        held = [s for s in world.drivers.volumes.read(self.site, world.service(self.service)) if _may_write(s)]
        if held:
            raise Refused(
                f"{self.service}: volumes at {self.site} are not secondary; {self.source}'s may not be primary",
                details=[f"{state.ref}: {state.state}, wanted {state.wanted}" for state in held],
                resolution=f"ndcops failover resume {world.run}",
            )
        return set_role(world, self.service, self.source, "primary", auto_resync=False, report=report)


@dataclass(frozen=True)
class PromoteVolumes(ServiceStep):
    """All replicated volumes at `site` become primary, after those at `source` were seen secondary."""

    kind: ClassVar[str] = "failover/promote-volumes"

    source: str
    site: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: its volumes at {self.site} become primary"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises Refused when the journal has no demotion, NdcopsError when they are not primary in time."""
        if world.history.evidence(f"{self.service}/demote-volumes@{self.source}") is None:
            raise Refused(f"{self.service}: {self.source}'s volumes were not demoted")
        return set_role(world, self.service, self.site, "primary", auto_resync=False, report=report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Secondary again, synchronised towards the source."""
        return set_role(world, self.service, self.site, "secondary", auto_resync=False, report=report)


@dataclass(frozen=True)
class ForcePromoteVolumes(ServiceStep):
    """All replicated volumes at `site` become primary without the consent of `victim`, which is fenced."""

    kind: ClassVar[str] = "failover/force-promote-volumes"
    irreversible: ClassVar[str] = (
        "the victim's volumes must be synchronised anew; once it is back: failover failback"
    )

    victim: str
    site: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: its volumes at {self.site} become primary without {self.victim}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when they are not primary in time."""
        return set_role(world, self.service, self.site, "primary", auto_resync=False, report=report)


@dataclass(frozen=True)
class RejoinVolumes(ServiceStep):
    """The volumes of a site that was lost become secondary and take over what the other side has.

    What only they held is thrown away (autoResync): it was given up when the other side was promoted.
    """

    kind: ClassVar[str] = "failover/rejoin-volumes"
    irreversible: ClassVar[str] = "what only the lost site held was given up when the other side was promoted"

    site: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: its volumes at {self.site} become secondary and are synchronised anew"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when they are not synchronised in time."""
        return set_role(world, self.service, self.site, "secondary", auto_resync=True, report=report)


def set_role(
    world: FailoverWorld, service_id: str, site: str, role: VolumeRole, *, auto_resync: bool, report: Report
) -> JsonObject:
    """Bring all of the service's volumes at a site to a role and wait until the storage says so."""
    service, volumes = world.service(service_id), world.drivers.volumes
    wanted_state = "Primary" if role == "primary" else "Secondary"

    def is_done(state: VolumeState) -> bool:
        in_role = state.state == wanted_state and state.settled and not state.resyncing
        return in_role and (role == "primary" or not state.degraded)

    states = converge_all(
        world,
        f"{service_id}: volumes at {site} {role}",
        read=lambda: volumes.read(site, service),
        right=lambda state: state.wanted == role,
        act=lambda state, epoch: volumes.set_role(
            state.ref, role, auto_resync=auto_resync, expect=state.resource_version, epoch=epoch
        ),
        done=is_done,
        say=lambda state: f"{state.ref.name}: {state.state}" + (f" ({state.message})" if state.message else ""),
        timeout_s=world.limits.volumes_s,
        report=report,
    )
    return {"site": site, "role": role, "volumes": [state.ref.name for state in states]}


def _may_write(state: VolumeState) -> bool:
    return state.wanted == "primary" or state.state == "Primary"
