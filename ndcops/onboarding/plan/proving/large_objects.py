"""Large objects of both sides, each in ascending order of oid, compared in one pass."""

from collections.abc import Iterable

from ndcops.model.proving import LargeObject, LargeObjectDifference, RowDifferenceKind
from ndcops.onboarding.plan.proving.merging import side_by_side


def large_object_differences(
    source: Iterable[LargeObject], target: Iterable[LargeObject], *, pending: bool
) -> tuple[tuple[LargeObjectDifference, ...], int]:
    """What differs, and how many there are at the source. pending: a stream runs, which carries none of them."""
    found, count = [], 0
    for one, other in side_by_side(source, target, lambda each: each.oid):
        count += one is not None
        if one is None or other is None:
            kind = RowDifferenceKind.EXTRA if one is None else RowDifferenceKind.MISSING
            some = one or other
            found += [_named(some.oid, kind, pending)] if some is not None else []
        elif one != other:
            same = one.sha256 == other.sha256
            found.append(_named(one.oid, RowDifferenceKind.CHANGED, pending, rights_only=same))
    return tuple(found), count


def _named(
    oid: int, kind: RowDifferenceKind, pending: bool, *, rights_only: bool = False
) -> LargeObjectDifference:
    return LargeObjectDifference(oid=oid, kind=kind, rights_only=rights_only, pending=pending)
