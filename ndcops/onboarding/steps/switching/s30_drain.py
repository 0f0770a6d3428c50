"""Everything that was committed is at the other end: a sentinel behind it has arrived, and stays in a crash."""

from typing import ClassVar

from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.switching.base import SwitchStep
from ndcops.onboarding.steps.switching.world import SwitchWorld, reach
from ndcops.workflow.step import Report

_PATIENCE_S = 0.5
"""With the door barred a stream whose sender died cannot come back; then the door is unbarred, locked as it is."""


class Drain(SwitchStep):
    """Sends a sentinel behind the last commit and waits for it."""

    kind: ClassVar[str] = "switch/drain"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.database}: every row of the {self.leaving} has arrived (a sentinel behind the last one)"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises Refused when a table does not stream: the sentinel would prove nothing of it."""
        left, taking, token = self.left(world), self.taking(world), world.token()
        limit_s, began_s = world.limits.pause_s, world.clock.monotonic_s()

        def sent() -> bool:
            left.send_sentinel(token)
            return True

        reach(world, f"{self.database}: a sentinel is written", sent, timeout_s=limit_s, report=report)
        looked_s = world.clock.monotonic_s()

        def arrived() -> bool:
            nonlocal looked_s
            if taking.has_sentinel(token):
                return True
            if world.clock.monotonic_s() - looked_s > _PATIENCE_S:
                looked_s = world.clock.monotonic_s()
                self._let_stream_in(world, report)
            return False

        reach(world, f"{self.database}: the sentinel arrives", arrived, timeout_s=limit_s, report=report)
        reach(world, f"{self.database}: it stays", lambda: bool(taking.seal()), timeout_s=limit_s, report=report)
        state = taking.subscription(self.stream.subscription)
        if state is None or state.not_ready:
            tables = state.not_ready if state is not None else ()
            raise Refused(f"{self.database}: not every table streams", details=tables)
        late = left.unpublished(self.stream.publication)
        if late:
            raise Refused(
                f"{self.database}: tables were made that do not stream",
                details=late,
                resolution=f"ndcops agency seed … --database {self.database}",
            )
        return {"seen": True, "token": token, "took_ms": round((world.clock.monotonic_s() - began_s) * 1000)}

    def _let_stream_in(self, world: SwitchWorld, report: Report) -> None:
        try:
            slot = self.left(world).slot(self.stream.slot)
            if slot is not None and not slot.active:
                report("the stream has no sender; the door is unbarred for it")
                self.left(world).unbar_door()
        except NdcopsError as error:
            report(error.message)
