"""Sequences of both sides: the side that takes over must never give a number that was given already."""

from collections.abc import Iterable

from ndcops.model.proving import Direction, SequenceDifference, SequenceRelation, SequenceState


def sequence_differences(
    source: Iterable[SequenceState], target: Iterable[SequenceState], direction: Direction
) -> tuple[SequenceDifference, ...]:
    """Sequences that both sides have (the catalogs tell of others) and that are not where they shall be.

    No stream carries sequences: before the cut-over what differs is pending; after it the target goes ahead, and
    must never be behind. Without a stream both must stand at the same number.
    """
    known = {one.name: one for one in target}
    found = []
    for mine in source:
        other = known.get(mine.name)
        relation = _relation(mine, other) if other is not None else None
        if other is None or relation is None:
            continue
        if direction is Direction.REVERSE and relation is SequenceRelation.AHEAD:
            continue
        found.append(
            SequenceDifference(
                name=mine.name,
                relation=relation,
                source_next=mine.next_value,
                target_next=other.next_value,
                pending=direction is Direction.FORWARD,
            )
        )
    return tuple(found)


def _relation(source: SequenceState, target: SequenceState) -> SequenceRelation | None:
    """Where the target is, seen from the source; None when all is well."""
    sign = _sign(source)
    ahead = (target.next_value - source.next_value) * sign
    if ahead < 0 or (ahead and (source.cycles or target.cycles)):
        return SequenceRelation.BEHIND
    if _is_below_column(target, sign) and not _is_below_column(source, sign):
        return SequenceRelation.BELOW_COLUMN
    return SequenceRelation.AHEAD if ahead else None


def below_columns(
    source: Iterable[SequenceState], target: Iterable[SequenceState]
) -> tuple[SequenceDifference, ...]:
    """Sequences of a copy that would give a number that a row has, where those of its origin would not.

    The origin's go on while a copy is made: that a copy's stand elsewhere means nothing.
    """
    known = {one.name: one for one in source}
    return tuple(
        SequenceDifference(
            name=copied.name,
            relation=SequenceRelation.BELOW_COLUMN,
            source_next=mine.next_value,
            target_next=copied.next_value,
            pending=False,
        )
        for copied in target
        if (mine := known.get(copied.name)) is not None
        and _is_below_column(copied, _sign(copied))
        and not _is_below_column(mine, _sign(mine))
    )


def _sign(one: SequenceState) -> int:
    return -1 if one.increment < 0 else 1


def _is_below_column(one: SequenceState, sign: int) -> bool:
    """Whether nextval would give a number that a row has. At the source too: the source's own fault, not lost."""
    return one.highest is not None and one.highest * sign >= one.next_value * sign and not one.cycles


def behind(differences: Iterable[SequenceDifference]) -> int:
    """How many would give a number again."""
    return sum(one.relation is not SequenceRelation.AHEAD for one in differences)
