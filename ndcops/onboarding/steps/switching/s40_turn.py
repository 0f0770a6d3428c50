"""The stream is stopped, nobody wrote behind the fence, sequences follow, and the stream back is started."""

from typing import ClassVar

from ndcops.model.cutover import Intrusion, SequenceValue, Stream
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.switching.base import SwitchStep
from ndcops.onboarding.steps.switching.world import SwitchWorld, reach
from ndcops.workflow.step import Report


class HaltStream(SwitchStep):
    """Stops the stream where it is, and looks whether anybody wrote since the fence stands."""

    kind: ClassVar[str] = "switch/halt"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.database}: stream stopped; any write behind the fence, a superuser's too, stops the change"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises Refused for a write behind the fence."""
        limit_s = world.limits.pause_s
        taking = self.taking(world)
        reach(
            world,
            f"{self.database}: the stream is stopped",
            lambda: taking.halt(self.stream.subscription),
            timeout_s=limit_s,
            report=report,
        )
        return {"intrusions": 0, "looked_at": refuse_intrusions(self, world, report, limit_s)}

    def undo(self, world: SwitchWorld, report: Report) -> JsonObject:
        """The stream goes on where it stopped."""
        taking = self.taking(world)

        def attempt() -> bool:
            taking.go_on(self.stream.subscription)
            return True

        what = f"{self.database}: the stream goes on"
        reach(world, what, attempt, timeout_s=world.limits.after_s, report=report)
        return {}


class CopySequences(SwitchStep):
    """Each sequence of the end that takes over gets the last number, and whether it was given out."""

    kind: ClassVar[str] = "switch/sequences"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.database}: sequences as at the {self.leaving}"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when one cannot be set."""
        left, taking = self.left(world), self.taking(world)
        values: tuple[SequenceValue, ...] = ()

        def attempt() -> bool:
            nonlocal values
            values = left.sequences()
            taking.set_sequences(values)
            return set(values) <= set(taking.sequences())

        what = f"{self.database}: sequences are the same"
        reach(world, what, attempt, timeout_s=world.limits.pause_s, report=report)
        return {"sequences": len(values)}


class StartBack(SwitchStep):
    """From here on every write of the end that takes over goes back to the one that is left."""

    kind: ClassVar[str] = "switch/back"

    back: Stream

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.database}: stream back from the {self.leaving.other} started"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when it cannot be enabled."""
        left, taking = self.left(world), self.taking(world)
        lsn = ""

        def attempt() -> bool:
            nonlocal lsn
            left.unbar_door()
            lsn = taking.seal()
            left.start(self.back.subscription, lsn)
            return True

        what = f"{self.database}: the stream back is started"
        reach(world, what, attempt, timeout_s=world.limits.pause_s, report=report)
        return {"from_lsn": lsn}

    def undo(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Stopped, as if it never was."""
        left = self.left(world)
        reach(
            world,
            f"{self.database}: the stream back is stopped",
            lambda: left.stop_back(self.back.subscription),
            timeout_s=world.limits.after_s,
            report=report,
        )
        return {}


def refuse_intrusions(step: SwitchStep, world: SwitchWorld, report: Report, timeout_s: float) -> str:
    """Raises Refused for a write behind the fence; gives by what there was none: numbers, or decoded WAL."""
    left = step.left(world)
    try:
        if left.untouched():
            return "transaction numbers"
    except NdcopsError as error:
        report(error.message)
    found = left.slot(step.stream.watch)  # asked before, so that a lost slot is told as such
    if found is None or found.lost:
        raise Refused(f"{step.database}: the slot is gone, so what was written behind the fence is not known")

    intruders: tuple[Intrusion, ...] = ()

    def attempt() -> bool:
        nonlocal intruders
        intruders = left.intrusions(step.stream)
        return True

    reach(world, f"{step.database}: writes behind the fence", attempt, timeout_s=timeout_s, report=report)
    if intruders:
        raise Refused(
            f"{step.database}: {len(intruders)} transactions wrote at the {step.leaving} behind its fence",
            details=[
                f"transaction {one.xid} at {one.commit_lsn}: {one.changes} rows of {', '.join(one.tables)}"
                for one in intruders
            ],
            resolution="find who may override the fence (a superuser's session), then run the same command again",
        )
    return "decoded WAL"
