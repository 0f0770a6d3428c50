"""Lets a system into its next state, or back."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.errors import Refused
from ndcops.model.lifecycle import STATE_ENTERED, LifecycleState, StateEntry
from ndcops.model.record import JsonObject
from ndcops.model.standing import standing_of
from ndcops.onboarding.steps.world import OnboardingWorld
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class EnterState:
    """entry: what the ledger keeps; before: the state that the plan saw."""

    kind: ClassVar[str] = "ledger/enter-state"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = "a ledger only grows; ndcops agency rollback goes back by a record of its own"

    entry: StateEntry
    before: LifecycleState
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The system and its state to be."""
        return f"state {self.entry.system} {self.entry.state}"

    def describe(self) -> str:
        """One line for the person who confirms."""
        waived = ", ".join(check.check for check in self.entry.checks if check.waiver)
        note = f" (waived: {waived})" if waived else ""
        return f"{self.entry.system}: {self.before} → {self.entry.state}{note}"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {
            "entry": self.entry.model_dump(mode="json"),
            "before": self.before.value,
            "needs": list(self.needs),
        }

    def apply(self, world: OnboardingWorld, report: Report) -> JsonObject:
        """Append the entry. Raises Refused when the system is elsewhere by now."""
        del report
        standing = standing_of(world.ledger.records(), self.entry.agency, self.entry.system)
        if standing.state is self.entry.state and standing.entered is not None:
            return {"sequence": standing.entered.sequence}
        if standing.state is not self.before:
            raise Refused(
                f"{self.entry.system} is '{standing.state}' by now; the plan saw '{self.before}'",
                resolution=f"ndcops agency status {self.entry.agency}",
            )
        kept = world.ledger.append(STATE_ENTERED, self.entry.model_dump(mode="json"))
        return {"sequence": kept.sequence}

    def undo(self, world: OnboardingWorld, report: Report) -> JsonObject:
        """Never called: see `irreversible`."""
        raise NotImplementedError(self.irreversible)


def decode_enter_state(arguments: JsonObject) -> EnterState:
    """The step that a journal keeps."""
    entry = StateEntry.model_validate(arguments["entry"])
    return EnterState(entry, LifecycleState(arguments["before"]), tuple(arguments["needs"]))
