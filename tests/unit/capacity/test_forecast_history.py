from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.capacity.plan.forecast import History, Samples, SeriesId, Trouble, clean
from ndcops.capacity.plan.forecast.history import DAY_S, EPOCH
from ndcops.model.errors import InvalidInput

CPU = SeriesId("ndc1", "cpu")
AS_OF = date(2026, 6, 1)
END = (AS_OF - EPOCH).days


def daily(days: int = 150) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.arange(END - days, END)
    return numbers * float(DAY_S) + 60, numbers - END + 200.0


def troubles(stamps: np.ndarray, values: np.ndarray) -> tuple[History, dict[Trouble, int]]:
    history = clean([Samples(CPU, stamps, values)], AS_OF)
    return history, {each.trouble: each.count for each in history.findings}


def test_good_samples_raise_nothing() -> None:
    stamps, values = daily()
    history, found = troubles(stamps, values)
    assert found == {}
    assert history.values.tolist() == [values.tolist()]
    assert history.refused(0) is None


def test_a_day_counts_with_the_median_of_its_samples() -> None:
    stamps, values = daily()
    history, found = troubles(
        np.concatenate([stamps, stamps[-1:] + 60, stamps[-1:] + 120]), np.append(values, [900, 201])
    )
    assert found == {}
    assert history.values[0, -1] == 201


@pytest.mark.parametrize(
    ("bad", "trouble"),
    [
        (np.nan, Trouble.NOT_FINITE),
        (np.inf, Trouble.NOT_FINITE),
        (-np.inf, Trouble.NOT_FINITE),
        (-1.0, Trouble.NEGATIVE),
    ],
)
def test_a_bad_value_is_dropped_told_and_its_day_filled(bad: float, trouble: Trouble) -> None:
    stamps, values = daily()
    expected = values.copy()
    values[[40, 50]] = bad
    history, found = troubles(stamps, values)
    assert found == {trouble: 2, Trouble.HOLE_FILLED: 2}
    assert history.values[0] == pytest.approx(expected)
    first = history.findings[0]
    assert ((first.first - EPOCH).days, (first.last - EPOCH).days) == (END - 110, END - 100)


@pytest.mark.parametrize("stamp", [0.0, np.nan, np.inf, -1e300, 1e300, float((END + 30) * DAY_S)])
def test_a_stamp_of_a_clock_that_was_not_set_is_dropped(stamp: float) -> None:
    stamps, values = daily()
    stamps[10] = stamp
    _, found = troubles(stamps, values)
    assert found[Trouble.CLOCK_WRONG] == 1
    assert found[Trouble.HOLE_FILLED] == 1


def test_a_clock_that_jumps_back_is_told_and_sorted() -> None:
    stamps, values = daily()
    order = np.concatenate([np.arange(50), np.arange(60, 150), np.arange(50, 60)])
    history, found = troubles(stamps[order], values[order])
    assert found == {Trouble.CLOCK_JUMP: 10}
    assert history.values[0] == pytest.approx(values)


def test_equal_stamps_are_told_and_the_first_counts() -> None:
    stamps, values = daily()
    history, found = troubles(np.append(stamps, stamps[:3]), np.append(values, [999.0] * 3))
    assert found[Trouble.DUPLICATE] == 3
    assert history.values[0] == pytest.approx(values)


@pytest.mark.parametrize(
    ("hole", "expected"),
    [
        (slice(80, 94), {Trouble.HOLE_FILLED: 14}),
        (slice(20, 35), {Trouble.CUT_AT_HOLE: 20}),
        (slice(80, 95), {Trouble.CUT_AT_HOLE: 80, Trouble.TOO_SHORT: 55}),
        (slice(140, 150), {Trouble.HOLE_FILLED: 10}),
        (slice(135, 150), {Trouble.STALE: 15}),
        (slice(0, 67), {Trouble.TOO_SHORT: 83}),
        (slice(0, 66), {}),
        (slice(0, 150), {Trouble.TOO_SHORT: 0}),
    ],
)
def test_holes(hole: slice, expected: dict[Trouble, int]) -> None:
    stamps, values = daily()
    history, found = troubles(np.delete(stamps, np.r_[hole]), np.delete(values, np.r_[hole]))
    assert found == expected
    refusing = {Trouble.TOO_SHORT, Trouble.STALE} & expected.keys()
    assert history.refused(0) == (refusing.pop() if refusing else None)


def test_many_small_holes_are_refused() -> None:
    stamps, values = daily()
    kept = np.arange(150) % 4 != 1
    _, found = troubles(stamps[kept], values[kept])
    assert found == {Trouble.HOLE_FILLED: 38, Trouble.TOO_MANY_HOLES: 38}


def test_series_of_different_length_share_the_days() -> None:
    long, short = daily(150), daily(100)
    history = clean([Samples(CPU, *long), Samples(SeriesId("ndc1", "memory"), *short)], AS_OF)
    assert history.values.shape == (2, 150)
    assert np.isnan(history.values[1]).sum() == 50


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput, match="3 stamps for 2 values"):
        clean([Samples(CPU, np.zeros(3), np.zeros(2))], AS_OF)


@given(
    st.lists(
        st.tuples(st.floats(), st.floats())
        | st.tuples(st.floats((END - 90) * DAY_S, END * DAY_S), st.floats(0, 1e12)),
        max_size=80,
    )
)
def test_any_samples_end_in_a_history_or_a_reason(pairs: list[tuple[float, float]]) -> None:
    stamps, values = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    history = clean([Samples(CPU, stamps, values)], AS_OF)
    assert np.isfinite(history.values).sum() >= 84 or history.refused(0) is not None


@pytest.mark.parametrize(
    ("days", "values", "said"),
    [
        ([1, 2], [[1.0, 2.0, 3.0]], "values are"),
        ([1, 3, 4], [[1.0, 2.0, 3.0]], "do not follow"),
        ([1, 2, 3], [[1.0, np.nan, 3.0]], "holds a hole"),
        ([1, 2, 3], [[1.0, np.inf, 3.0]], "infinity"),
        ([1, 2, 3], [[1.0, -2.0, 3.0]], "negative"),
    ],
)
def test_a_history_that_was_not_cleaned_is_refused(days: list[int], values: list[list[float]], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        History((CPU,), np.array(days), np.array(values))
