"""Whether slots that a move makes at the target stand there until the move drops them; pure.

Patroni drops each slot that it does not know, at its next loop (patroni docs, dynamic configuration).
"""

from typing import Final

from ndcops.model.cutover import Stream
from ndcops.model.move import Move
from ndcops.model.slot_keeping import SlotKeeping

_RULE: Final = '[{"type": "logical", "plugin": "pgoutput"}]'
"""Not for one database alone: a rehearsal's copies have slots, too."""


def slot_refusals(move: Move, keeping: SlotKeeping | None, *, database: str) -> tuple[str, ...]:
    """Why a slot of this move would not last at the target; none where nobody else manages slots (None).

    database: its name there.
    """
    if keeping is None:
        return ()
    lost = [name for name in slots_at_target(move) if not keeping.keeps(name, database=database)]
    if not lost:
        return ()
    return (
        f"Patroni of {keeping.service} would drop the slots that lead back ({', '.join(lost)}), and rows with"
        f" them: patronictl edit-config {keeping.service} --set 'ignore_slots={_RULE}' (beside its other rules)",
    )


def slots_at_target(move: Move) -> tuple[str, ...]:
    """Of the stream back, and of the watch behind the target's fence."""
    names = move.names
    back = Stream(
        publication=names.reverse_publication, slot=names.reverse_slot, subscription=names.reverse_subscription
    )
    return back.slot, back.watch
