"""A drill: an isolated copy of a service at its standby, tried out, removed; nothing of production is written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from ndcops.failover.steps.converge import converge
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import ScratchState
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class _CopyStep(ServiceStep):
    """drill: the drill's name, in the name of the copy's namespace."""

    site: str
    drill: str

    def _place(self) -> str:
        return self.site


@dataclass(frozen=True)
class CreateCopy(_CopyStep):
    """Makes the copy and waits until its pods are ready."""

    kind: ClassVar[str] = "failover/create-copy"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: isolated copy at {self.site}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when the copy is not ready in time."""
        service, scratch = world.service(self.service), world.drivers.scratch
        began_s = world.clock.monotonic_s()

        def write(state: ScratchState | None) -> Callable[[int], object] | None:
            if state is None or (state.problem and not state.workloads_ready):
                return lambda _: scratch.create(self.site, service, self.drill)
            return None

        state = converge(
            world,
            f"{self.service}: copy at {self.site}",
            read=lambda: scratch.read(self.site, service, self.drill),
            write=write,
            done=lambda s: s is not None and s.workloads_ready >= s.workloads_wanted and not s.problem,
            say=lambda s: "creating" if s is None else s.problem or f"{s.workloads_ready} of {s.workloads_wanted}",
            timeout_s=world.limits.pods_s,
            report=report,
        )
        took_ms = round((world.clock.monotonic_s() - began_s) * 1000)
        return {
            "namespace": state.namespace if state else "",
            "data": state.data if state else "",
            "took_ms": took_ms,
        }

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Remove it."""
        return remove_copy(world, self, report)


@dataclass(frozen=True)
class CheckCopy(_CopyStep):
    """Writes and reads in the copy. One that fails is a finding of the drill, not a reason to leave it behind."""

    kind: ClassVar[str] = "failover/check-copy"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: write and read in the copy"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """What was found; `passed` says whether it worked."""
        report("writing and reading")
        try:
            found = world.drivers.scratch.check(self.site, world.service(self.service), self.drill)
        except NdcopsError as error:
            return {"passed": False, "found": error.message}
        return {"passed": True, "found": found}


@dataclass(frozen=True)
class RemoveCopy(_CopyStep):
    """Removes the copy and sees that nothing of it is left."""

    kind: ClassVar[str] = "failover/remove-copy"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: remove the copy"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when something of it is left."""
        return remove_copy(world, self, report)


def remove_copy(world: FailoverWorld, step: _CopyStep, report: Report) -> JsonObject:
    """Start the removal and wait until nothing is left."""
    service, scratch = world.service(step.service), world.drivers.scratch
    converge(
        world,
        f"{step.service}: removal of the copy at {step.site}",
        read=lambda: scratch.read(step.site, service, step.drill),
        write=lambda _: lambda _: scratch.remove(step.site, service, step.drill),
        done=lambda state: state is None,
        say=lambda _: "removing",
        timeout_s=world.limits.pods_s,
        report=report,
    )
    return {"removed": step.drill}
