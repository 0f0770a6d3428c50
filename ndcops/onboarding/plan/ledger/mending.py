"""Which copies of the ledger are written anew, and from which: one that holds against every head."""

from dataclasses import dataclass

from ndcops.model.errors import Refused
from ndcops.onboarding.plan.ledger.verification import CopyState, LedgerVerification

LEDGER_MENDED = "ledger/mended"
"""Kind of the record of a mending: body is the plan's document."""

_MENDABLE = (CopyState.BEHIND, CopyState.DAMAGED, CopyState.MISSING)


@dataclass(frozen=True)
class Mending:
    """One copy: what is wrong with it."""

    place: str
    state: CopyState
    problems: tuple[str, ...]


@dataclass(frozen=True)
class MendPlan:
    """source: the copy that holds; left: copies that do not answer, so that nothing can be done for them now."""

    source: str
    size: int
    mendings: tuple[Mending, ...]
    left: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """As canonical JSON, for the record."""
        return {
            "source": self.source,
            "size": self.size,
            "mended": [
                {"place": each.place, "state": each.state.value, "problems": list(each.problems)}
                for each in self.mendings
            ],
        }


def plan_mending(found: LedgerVerification) -> MendPlan:
    """The plan. Raises Refused when no copy holds against every head: people must decide which history is true."""
    if found.source is None:
        raise Refused(
            "no copy of the ledger holds against every signed head",
            details=[f"{copy.place}: {problem}" for copy in found.copies for problem in copy.problems],
            resolution="keep all copies as they are, for the inquiry, and compare them with exports kept outside",
        )
    return MendPlan(
        source=found.source,
        size=found.size,
        mendings=tuple(
            Mending(copy.place, copy.state, copy.problems) for copy in found.copies if copy.state in _MENDABLE
        ),
        left=tuple(copy.place for copy in found.copies if copy.state is CopyState.UNREACHABLE),
    )
