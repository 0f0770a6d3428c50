"""Pods: started where a service shall be, stopped where it was; the way to them opened and closed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ndcops.failover.steps.converge import converge, converge_all
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.failover import RouteState, WorkloadState
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class _ScaleWorkloads(ServiceStep):
    """workloads: object names and the replicas that each has where it runs."""

    site: str
    workloads: tuple[tuple[str, int], ...]

    def _place(self) -> str:
        return self.site

    def _start(self, world: FailoverWorld, report: Report) -> JsonObject:
        return scale_to(world, self.service, self.site, dict(self.workloads), report)

    def _stop(self, world: FailoverWorld, report: Report) -> JsonObject:
        return scale_to(world, self.service, self.site, {name: 0 for name, _ in self.workloads}, report)


@dataclass(frozen=True)
class WarmWorkloads(_ScaleWorkloads):
    """Starts what needs no data of its own, before the pause: it then waits for its database and its callers."""

    kind: ClassVar[str] = "failover/warm"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: start {len(self.workloads)} workloads at {self.site} ahead of the move"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when the pods are not ready in time."""
        return self._start(world, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Stop them."""
        return self._stop(world, report)


@dataclass(frozen=True)
class StartWorkloads(_ScaleWorkloads):
    """Starts what can run only once its data is there."""

    kind: ClassVar[str] = "failover/start"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: start {len(self.workloads)} workloads at {self.site}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when the pods are not ready in time."""
        return self._start(world, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Stop them."""
        return self._stop(world, report)


@dataclass(frozen=True)
class QuiesceWriters(_ScaleWorkloads):
    """Stops what writes volumes, and waits until its pods are gone: a volume in use cannot be demoted."""

    kind: ClassVar[str] = "failover/quiesce"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: stop {len(self.workloads)} workloads with volumes at {self.site}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when pods are not gone in time."""
        return self._stop(world, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Start them again; their volumes have been given back before."""
        return self._start(world, report)


@dataclass(frozen=True)
class RetireWorkloads(_ScaleWorkloads):
    """Stops what still runs where the service was, when its names no longer lead there."""

    kind: ClassVar[str] = "failover/retire"

    grace_s: int

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: wait {self.grace_s} s, then stop {len(self.workloads)} workloads at {self.site}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when pods are not gone in time."""
        if self.grace_s:
            report(f"callers that know the old address: {self.grace_s} s")
            world.clock.sleep(self.grace_s)
        return self._stop(world, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Start them again."""
        return self._start(world, report)


def scale_to(
    world: FailoverWorld, service_id: str, site: str, wanted: Mapping[str, int], report: Report
) -> JsonObject:
    """Bring workloads to their replicas and wait until pods say so; all pods are gone when none are wanted."""
    service, workloads = world.service(service_id), world.drivers.workloads

    def is_done(state: WorkloadState) -> bool:
        goal = wanted[state.ref.name]
        return state.ready >= goal if goal else state.pods == 0

    converge_all(
        world,
        f"{service_id}: workloads at {site}",
        read=lambda: [state for state in workloads.read(site, service) if state.ref.name in wanted],
        right=lambda state: state.replicas == wanted[state.ref.name],
        act=lambda state, epoch: workloads.scale(
            state.ref, wanted[state.ref.name], expect=state.resource_version, epoch=epoch
        ),
        done=is_done,
        say=lambda state: f"{state.ref.name}: {state.ready} of {wanted[state.ref.name]} ready, {state.pods} pods",
        timeout_s=world.limits.pods_s,
        report=report,
    )
    return {"site": site, "replicas": dict(wanted)}


@dataclass(frozen=True)
class OpenRoute(ServiceStep):
    """Lets the gateway of `site` send callers on to the service."""

    kind: ClassVar[str] = "failover/open-route"

    site: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: open its route at {self.site}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when the gateway does not accept it."""
        return set_route(world, self.service, self.site, True, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Close it."""
        return set_route(world, self.service, self.site, False, report)


@dataclass(frozen=True)
class CloseRoute(ServiceStep):
    """Lets the gateway of `site` send no callers on to the service any more."""

    kind: ClassVar[str] = "failover/close-route"

    site: str

    def _place(self) -> str:
        return self.site

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: close its route at {self.site}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when the gateway does not accept it."""
        return set_route(world, self.service, self.site, False, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Open it."""
        return set_route(world, self.service, self.site, True, report)


def set_route(world: FailoverWorld, service_id: str, site: str, is_open: bool, report: Report) -> JsonObject:
    """Open or close the service's route at a site, and wait until the gateway accepted it."""
    service, routes = world.service(service_id), world.drivers.routes

    def is_right(state: RouteState | None) -> bool:
        return state is None or (state.weight > 0) == is_open

    def write(state: RouteState | None) -> Callable[[int], object] | None:
        if state is None or is_right(state):
            return None
        return lambda epoch: routes.set_open(state.ref, is_open, expect=state.resource_version, epoch=epoch)

    converge(
        world,
        f"{service_id}: route at {site}",
        read=lambda: routes.read(site, service),
        write=write,
        done=lambda state: is_right(state) and (state is None or state.accepted),
        say=lambda state: "not accepted by the gateway" if state and is_right(state) else "not yet",
        timeout_s=world.limits.names_s,
        report=report,
    )
    return {"site": site, "open": is_open}
