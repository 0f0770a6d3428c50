from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.capacity.plan.forecast import Forecast, History, Outlook, SeriesId, Trouble, Wave, forecast
from ndcops.capacity.plan.forecast.history import EPOCH
from ndcops.model.errors import InvalidInput

FIRST = 20_000
CPU = SeriesId("ndc1", "cpu")


def usage(days: int = 300, slope: float = 0.2, noise: float = 1.0, rows: int = 1, seed: int = 1) -> History:
    chance = np.random.default_rng(seed)
    time = np.arange(days)
    week = np.array([1, 2, 2, 1, 1, -3, -4])[time % 7]
    values = 100 + slope * time + week + chance.normal(0, noise, (rows, days))
    return History(tuple(SeriesId(f"ndc{row + 1}", "cpu") for row in range(rows)), FIRST + time, values)


def told(history: History, capacity: float, waves: tuple[Wave, ...] = (), horizon: int = 200) -> Forecast:
    return forecast(history, np.full(len(history.series), capacity), waves, horizon, 1)[0]


def ahead(history: History, days: int) -> "timedelta | object":
    return EPOCH + timedelta(days=int(history.days[-1]) + days)


def test_a_straight_line_is_full_when_it_says() -> None:
    history = usage(noise=0.2)
    answer = told(history, 100 + 0.2 * (299 + 90))
    assert answer.outlook is Outlook.EXHAUSTS
    assert answer.earliest <= answer.expected <= answer.latest
    assert abs((answer.expected - ahead(history, 90)).days) <= 7
    assert answer.accuracy is not None
    assert answer.accuracy.mase < 1.5
    assert answer.accuracy.date_error_days < 15


TIME = np.arange(490.0)


@pytest.mark.parametrize(
    "growth",
    [
        pytest.param(120 * (1 - np.exp(-TIME / 500)), id="fading"),
        pytest.param(60 * np.expm1(TIME / 400), id="compound"),
        pytest.param(0.05 * TIME + 0.25 * np.maximum(TIME - 250, 0), id="one turn"),
        pytest.param(0.3 * TIME - 0.25 * np.clip(TIME - 150, 0, 100), id="two turns"),
    ],
)
def test_the_form_of_growth_is_found(growth: np.ndarray) -> None:
    history = usage(days=400, slope=0.0, noise=0.5)
    answer = told(replace(history, values=history.values + growth[:400]), 100 + growth[-1])
    assert abs((answer.expected - ahead(history, 91)).days) <= 14


def test_an_incident_changes_little() -> None:
    history = usage()
    spoiled = history.values.copy()
    spoiled[0, 270:276] *= 0.2
    other = told(replace(history, values=spoiled), 178.0)
    assert abs((other.expected - told(history, 178.0).expected).days) <= 10


@pytest.mark.parametrize(
    ("slope", "capacity", "outlook"),
    [
        (0.2, 150.0, Outlook.FULL),
        (0.2, 1000.0, Outlook.LASTS),
        (-0.1, 140.0, Outlook.LASTS),
        (0.0, 200.0, Outlook.LASTS),
    ],
)
def test_outlooks(slope: float, capacity: float, outlook: Outlook) -> None:
    assert told(usage(slope=slope), capacity).outlook is outlook


def test_outliers_change_little() -> None:
    history = usage()
    spoiled = history.values.copy()
    spoiled[0, 30::41] *= 3
    other = told(replace(history, values=spoiled), 178.0)
    assert abs((other.expected - told(history, 178.0).expected).days) <= 10


def test_a_past_wave_is_no_growth() -> None:
    history = usage(slope=0.02)
    stepped = history.values.copy()
    stepped[0, 150:] += 40
    wave = Wave(EPOCH + timedelta(days=FIRST + 150), "ndc1", "cpu", 40.0, "w1")
    answer = told(replace(history, values=stepped), 175.0, (wave,))
    assert answer.outlook is Outlook.LASTS
    assert not answer.findings


def test_a_past_wave_that_did_not_come_is_told() -> None:
    wave = Wave(EPOCH + timedelta(days=FIRST + 150), "ndc1", "cpu", 40.0, "w1")
    answer = told(usage(), 178.0, (wave,))
    assert [each.trouble for each in answer.findings] == [Trouble.WAVE_DIFFERS]
    assert "planned 40" in answer.findings[0].detail
    assert abs((answer.expected - told(usage(), 178.0).expected).days) <= 10


def test_a_coming_wave_fills_on_its_day() -> None:
    history = usage(slope=0.02)
    day = ahead(history, 50)
    answer = told(history, 130.0, (Wave(day, "ndc1", "cpu", 40.0, "w1"),))
    assert answer.earliest == answer.expected == answer.latest == day


@pytest.mark.parametrize("shift", [-4_999, 3_000])
def test_a_history_moved_in_time_moves_its_dates(shift: int) -> None:
    history, moved = usage(), replace(usage(), days=usage().days + shift)
    one, other = told(history, 178.0), told(moved, 178.0)
    assert other.expected - one.expected == timedelta(days=shift)
    assert other.latest - one.latest == timedelta(days=shift)


@settings(max_examples=3, deadline=None)
@given(st.floats(0.5, 30), st.floats(0.5, 30), st.integers(1, 190))
def test_waves_add_up(first: float, second: float, day: int) -> None:
    history = usage()
    at = ahead(history, day)
    both = told(history, 500.0, (Wave(at, "ndc1", "cpu", first, "a"), Wave(at, "ndc1", "cpu", second, "b")))
    one = told(history, 500.0, (Wave(at, "ndc1", "cpu", first + second, "c"),))
    none = told(history, 500.0)
    assert both.middle == pytest.approx(one.middle)
    added = np.array(both.middle) - np.array(none.middle)
    assert added == pytest.approx(np.where(np.arange(1, 201) >= day, first + second, 0.0))


def test_units_do_not_matter() -> None:
    history = usage()
    other = told(replace(history, values=history.values * 1024), 178.0 * 1024)
    one = told(history, 178.0)
    assert (other.earliest, other.expected, other.latest) == (one.earliest, one.expected, one.latest)


def test_the_same_seed_gives_the_same_answer() -> None:
    assert told(usage(), 178.0) == told(usage(), 178.0)


def test_a_short_series_is_unknown_and_harms_no_other() -> None:
    history = usage(rows=2)
    values = history.values.copy()
    values[1, :260] = np.nan
    answers = forecast(replace(history, values=values), np.array([178.0, 178.0]), (), 200, 1)
    assert answers[0].outlook is Outlook.EXHAUSTS
    assert (answers[1].outlook, answers[1].reason, answers[1].expected) == (
        Outlook.UNKNOWN,
        Trouble.TOO_SHORT,
        None,
    )


@pytest.mark.parametrize("days", [84, 85, 90, 120])
def test_the_least_history_is_enough_for_a_range(days: int) -> None:
    answer = told(usage(days=days), 140.0)
    assert answer.outlook is not Outlook.UNKNOWN
    assert np.isfinite(answer.middle).all()


@pytest.mark.parametrize("level", [0.0, 50.0])
def test_a_flat_series_lasts(level: float) -> None:
    history = usage()
    answer = told(replace(history, values=np.full_like(history.values, level)), 60.0)
    assert answer.outlook is Outlook.LASTS


@pytest.mark.parametrize(
    ("capacity", "horizon", "amount", "said"),
    [
        (np.nan, 200, 1.0, "capacity nan"),
        (0.0, 200, 1.0, "capacity 0.0"),
        (-5.0, 200, 1.0, "capacity -5.0"),
        (178.0, 3, 1.0, "horizon of 3 days"),
        (178.0, 100_000, 1.0, "horizon"),
        (178.0, 200, np.nan, "amount nan"),
    ],
)
def test_bad_questions_are_refused(capacity: float, horizon: int, amount: float, said: str) -> None:
    wave = Wave(ahead(usage(), 9), "ndc1", "cpu", amount, "w1")
    with pytest.raises(InvalidInput, match=said):
        told(usage(), capacity, (wave,), horizon)
