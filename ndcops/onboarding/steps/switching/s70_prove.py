"""After the change: what an application and the way back would meet, tried; and what is not needed any more."""

from collections.abc import Callable
from typing import ClassVar

from ndcops.model.cutover import Stream
from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.switching.base import SwitchStep
from ndcops.onboarding.steps.switching.s40_turn import refuse_intrusions
from ndcops.onboarding.steps.switching.world import SwitchWorld, reach
from ndcops.workflow.step import Report

_LOOK_S = 0.05


class SmokeTest(SwitchStep):
    """A write at the new end, none at the old one, a row that comes back, sequences ahead of their columns."""

    kind: ClassVar[str] = "switch/smoke"

    back: Stream | None = None

    def describe(self) -> str:
        """One line for the person who confirms."""
        return (
            f"{self.database}: tried: a write at the {self.leaving.other}, none at the {self.leaving}, sequences"
        )

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises NdcopsError naming every test that failed; the change itself stands then."""
        behind: tuple[str, ...] = ()

        def sequences() -> str:
            nonlocal behind
            behind = self.taking(world).behind()
            return f"behind their columns: {', '.join(behind)}" if behind else ""

        tests: dict[str, Callable[[], str]] = {
            f"the {self.leaving.other} takes a write": self.taking(world).try_write,
            f"the {self.leaving} takes none": lambda: self._refused(world),
            "sequences are ahead": sequences,
        }
        if self.back is not None:
            tests["a row comes back"] = lambda: self._comes_back(world, report)
        found = {name: self._tried(world, test) for name, test in tests.items()}
        failed = [f"{name}: {why}" for name, why in found.items() if why]
        if failed:
            raise NdcopsError(
                f"{self.database}: {len(failed)} of {len(found)} tests failed after the change",
                details=failed,
                resolution="mend it and run the same command again, or go back: ndcops agency rollback",
            )
        return {"passed": len(found), "failed": 0, "behind": len(behind), "back": self.back is not None}

    def _tried(self, world: SwitchWorld, test: Callable[[], str]) -> str:
        """A server that is just coming up again is asked again."""
        why = "no answer"

        def attempt() -> bool:
            nonlocal why
            why = test()
            return not why

        try:
            reach(
                world, "test", attempt, timeout_s=world.limits.after_s / 4, report=lambda _: None, poll_s=_LOOK_S
            )
        except NdcopsError as error:
            return why or error.message
        return ""

    def _refused(self, world: SwitchWorld) -> str:
        return "" if self.left(world).try_write() else "a write was accepted"

    def _comes_back(self, world: SwitchWorld, report: Report) -> str:
        token = world.token()
        self.taking(world).send_sentinel(token)
        reach(
            world,
            "the row arrives",
            lambda: self.left(world).has_sentinel(token),
            timeout_s=world.limits.after_s / 4,
            report=report,
            poll_s=_LOOK_S,
        )
        return ""


class ClearStream(SwitchStep):
    """A last look behind the fence, then the stopped stream is taken away.

    also: on a way back, what a cut-over that found a late write has left of the stream that it stopped.
    """

    kind: ClassVar[str] = "switch/clear"
    irreversible: ClassVar[str] = "the stream cannot go on where it was; a new move begins with a seed"

    also: Stream | None = None

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.database}: a last look behind the fence, then the stream that was stopped is taken away"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises Refused for a write behind the fence; the stream is kept then, as evidence."""
        left, taking = self.left(world), self.taking(world)
        limit_s = world.limits.after_s
        looked_at = "nothing: it was taken away before"
        if left.slot(self.stream.watch) is not None:
            looked_at = refuse_intrusions(self, world, report, limit_s)

        silent: list[str] = []

        def attempt() -> bool:
            left.unbar_door()
            taking.drop_subscription(self.stream.subscription)
            silent[:] = left.drop_stream(self.stream)
            if self.also is not None:
                left.drop_subscription(self.also.subscription)
                taking.drop_stream(self.also)
            return True

        what = f"{self.database}: the stream is taken away"
        reach(world, what, attempt, timeout_s=limit_s, report=report, poll_s=_LOOK_S)
        for member in silent:
            report(f"slot {self.stream.slot} may still hold WAL at {member}: drop it when that member is back")
        return {"intrusions": 0, "looked_at": looked_at, "slot_may_stand_at": silent}
