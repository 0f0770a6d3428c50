"""The end that takes over is opened: from its commit on it may accept a write, and only a rollback leads back."""

from typing import ClassVar

from ndcops.model.cutover import Admitted
from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.switching.base import SwitchStep
from ndcops.onboarding.steps.switching.world import SwitchWorld, reach
from ndcops.workflow.step import Report


class OpenEnd(SwitchStep):
    """admits: who may connect; none: those who could before."""

    kind: ClassVar[str] = "switch/open"
    irreversible: ClassVar[str] = "it may have accepted a write since; only a rollback keeps that"

    admits: tuple[Admitted, ...] = ()

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.database}: {self.leaving.other} takes writes (the pause ends; point of no return)"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when it stays closed."""
        taking = self.taking(world)

        def attempt() -> bool:
            taking.lift(self.admits)
            return True

        what = f"{self.database}: {self.leaving.other} takes writes"
        reach(world, what, attempt, timeout_s=world.limits.pause_s, report=report)
        return {"opened": True}
