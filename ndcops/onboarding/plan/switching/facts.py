"""What a change of the writing end is planned from."""

from collections.abc import Mapping
from dataclasses import dataclass

from ndcops.model.cutover import End, EndFacts, Stream
from ndcops.model.failover import NameState
from ndcops.model.lifecycle import GateReport
from ndcops.model.move import Move
from ndcops.model.slot_keeping import SlotKeeping


@dataclass(frozen=True)
class MoveFacts:
    """A database and both its ends as they are."""

    move: Move
    ends: Mapping[End, EndFacts]

    @property
    def forward(self) -> Stream:
        """The stream that the seed began."""
        names = self.move.names
        return Stream(publication=names.publication, slot=names.slot, subscription=names.subscription)

    @property
    def reverse(self) -> Stream:
        """The stream back."""
        names = self.move.names
        return Stream(
            publication=names.reverse_publication,
            slot=names.reverse_slot,
            subscription=names.reverse_subscription,
        )

    def stream(self, leaving: End) -> Stream:
        """The stream that begins at an end."""
        return self.forward if leaving is End.SOURCE else self.reverse


@dataclass(frozen=True)
class NameFacts:
    """The names of the system's service as every server has them, and where they shall lead.

    back: for a way back, where they led before the cut-over; empty when that is not known.
    """

    states: tuple[NameState, ...] = ()
    entry: str = ""
    ttl_s: int = 60
    back: tuple[str, ...] = ()


@dataclass(frozen=True)
class SwitchFacts:
    """Everything that a plan looks at. leaving: SOURCE for a cut-over, TARGET for a way back.

    keeping: what the target's cluster does to slots; None for a server that no cluster manages. journal: where the
    run is written down, and so who can go on with it.
    """

    system: str
    leaving: End
    moves: tuple[MoveFacts, ...]
    gate: GateReport
    names: NameFacts = NameFacts()
    keeping: SlotKeeping | None = None
    journal: str = ""
