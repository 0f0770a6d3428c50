"""Large objects, which no stream carries: brought up before the pause, and once more inside it."""

from typing import ClassVar

from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.switching.base import SwitchStep
from ndcops.onboarding.steps.switching.world import SwitchWorld, reach
from ndcops.workflow.step import Report


class CopyLargeObjects(SwitchStep):
    """stage: early, while writes go on, so that little is left; or last, behind the fence."""

    kind: ClassVar[str] = "switch/large-objects"

    stage: str

    @property
    def key(self) -> str:
        """Database, action and stage."""
        return f"{super().key}-{self.stage}"

    def describe(self) -> str:
        """One line for the person who confirms."""
        when = "before the pause" if self.stage == "early" else "compared and copied (the pause grows with them)"
        return f"{self.database}: large objects {when}"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when one cannot be written."""
        left, written = self.left(world), 0
        one = world.moves[self.database]
        began_s = world.clock.monotonic_s()

        def attempt() -> bool:
            nonlocal written
            left.unbar_door()  # they are read by sessions of their own; the fence's other bars hold
            written = one.copy_large_objects(self.leaving)
            return True

        limit_s = world.limits.prepare_s if self.stage == "early" else world.limits.pause_s
        reach(world, f"{self.database}: large objects", attempt, timeout_s=limit_s, report=report)
        return {"written": written, "took_ms": round((world.clock.monotonic_s() - began_s) * 1000)}
