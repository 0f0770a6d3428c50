"""The pause begins: nobody but us is inside the database that is left, and nothing waits to be committed there."""

from typing import ClassVar

from ndcops.model.errors import Refused
from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.switching.base import SwitchStep
from ndcops.onboarding.steps.switching.world import SwitchWorld, reach
from ndcops.workflow.step import Report


class RaiseFence(SwitchStep):
    """Applications locked out, then put out; nobody left, no prepared transaction."""

    kind: ClassVar[str] = "switch/fence"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.database}: {self.leaving} takes no more writes; sessions are ended (the pause begins)"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises Refused for a prepared transaction: it could still be committed."""
        left = self.left(world)
        ended, barred = 0, False

        def attempt() -> bool:
            nonlocal ended, barred
            left.lock_out(world.run)
            barred = left.bar_door()
            inside = left.put_out((self.stream.subscription,))
            ended += inside
            return not inside

        what = f"{self.database}: nobody is inside at the {self.leaving}"
        reach(world, what, attempt, timeout_s=world.limits.pause_s, report=report)
        prepared = left.prepared()
        if prepared:
            raise Refused(
                f"{self.database}: {len(prepared)} prepared transactions could still be committed",
                details=prepared,
                resolution="COMMIT PREPARED or ROLLBACK PREPARED each of them, then run the same command again",
            )

        def marked() -> bool:
            left.mark_proven()
            return True

        reach(world, f"{what}, marked", marked, timeout_s=world.limits.pause_s, report=report)
        return {"sessions": 0, "ended": ended, "prepared_transactions": 0, "barred": barred}

    def undo(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Applications may come in again, as before."""
        left = self.left(world)

        def attempt() -> bool:
            left.lift()
            return True

        what = f"{self.database}: {self.leaving} takes writes again"
        reach(world, what, attempt, timeout_s=world.limits.after_s, report=report)
        return {}
