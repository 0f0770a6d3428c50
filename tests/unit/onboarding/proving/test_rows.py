"""Rows of differing buckets to differing rows: against the plain difference of multisets."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ndcops.model.proving import FoundRow, RowDifferenceKind
from ndcops.onboarding.plan.proving.merging import side_by_side
from ndcops.onboarding.plan.proving.rows import Item, difference_of, surplus

ROWS = st.lists(
    st.builds(
        lambda number, key: FoundRow(number, (key,), f"(0,{number})"),
        st.integers(-3, 3),
        st.sampled_from(["a", "b", "c"]),
    ),
    max_size=12,
)


def in_order(rows):
    return sorted(rows, key=lambda row: row.hash)


@given(ROWS, ROWS)
def test_what_is_not_shared_is_the_difference_of_multisets(left, right):
    found = surplus(in_order(left), in_order(right))
    one, other = Counter(row.hash for row in left), Counter(row.hash for row in right)
    assert found.source_only == (one - other).total()
    assert found.target_only == (other - one).total()
    kept = [row.hash for item in found.items.values() for row in item.source]
    assert Counter(kept) == one - other


@given(ROWS)
def test_the_same_rows_in_another_order_differ_in_nothing(rows):
    assert not surplus(in_order(rows), in_order(reversed(rows))).items


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_every_value_of_both_sides_comes_once(left, right):
    pairs = list(side_by_side(sorted(left), sorted(right), lambda number: number))
    assert sorted(one for one, _ in pairs if one is not None) == sorted(left)
    assert sorted(other for _, other in pairs if other is not None) == sorted(right)
    assert all(one == other for one, other in pairs if one is not None and other is not None)


def test_more_differences_than_are_kept_are_counted():
    rows = [FoundRow(number, (str(number),), "") for number in range(10)]
    found = surplus(rows, [], most=4)
    assert (found.source_only, len(found.items), found.is_whole) == (10, 4, False)


def test_kinds_of_differences():
    row = FoundRow(7, ("k",), "(0,1)")
    assert difference_of(("k",), Item([row], [row]), keyed=True).kind is RowDifferenceKind.CHANGED
    assert difference_of(("k",), Item([row], []), keyed=True).kind is RowDifferenceKind.MISSING
    assert difference_of(("k",), Item([], [row]), keyed=True).kind is RowDifferenceKind.EXTRA


def test_a_row_without_key_is_named_by_hash_and_place():
    found = difference_of(("-1",), Item([FoundRow(-1, (), "(3,4)")], []), keyed=False)
    assert (found.key, found.hash, found.place) == ((), "ffffffffffffffff", "(3,4)")
