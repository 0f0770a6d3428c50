"""From the rows of differing buckets to differing rows: two sides in order of hash, in one pass, little kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ndcops.model.proving import FoundRow, RowDifference, RowDifferenceKind
from ndcops.onboarding.plan.proving.merging import side_by_side

Key = tuple[str, ...]

MOST_ITEMS = 50_000
"""Differing keys kept of one table; beyond, they are counted only."""


@dataclass
class Item:
    """Rows of one key (or one hash) that the sides do not share: surplus of each."""

    source: list[FoundRow] = field(default_factory=list)
    target: list[FoundRow] = field(default_factory=list)


@dataclass
class Surplus:
    """What the two sides do not share. source_only, target_only: all of it, counted; items: what was kept."""

    source_only: int = 0
    target_only: int = 0
    items: dict[Key, Item] = field(default_factory=dict)
    is_whole: bool = True


def surplus(source: Iterable[FoundRow], target: Iterable[FoundRow], *, most: int = MOST_ITEMS) -> Surplus:
    """The rows that one side has more often than the other. Both must come in ascending order of hash."""
    found = Surplus()
    for one, other in side_by_side(source, target, lambda row: row.hash):
        row = one or other
        if row is None or (one is not None and other is not None):
            continue
        found.source_only += one is not None
        found.target_only += other is not None
        key = row.key or (str(row.hash),)
        item = found.items.get(key)
        if item is None:
            if len(found.items) >= most:
                found.is_whole = False
                continue
            item = found.items[key] = Item()
        (item.source if one is not None else item.target).append(row)
    return found


def difference_of(key: Key, item: Item, *, keyed: bool) -> RowDifference:
    """How a report names it."""
    kind = (
        RowDifferenceKind.CHANGED
        if item.source and item.target
        else RowDifferenceKind.MISSING
        if item.source
        else RowDifferenceKind.EXTRA
    )
    some = (item.source or item.target)[0]
    return RowDifference(
        kind=kind,
        key=key if keyed else (),
        hash="" if keyed else f"{some.hash & (2**64 - 1):016x}",
        place="" if keyed else some.place,
        source_copies=len(item.source),
        target_copies=len(item.target),
    )
