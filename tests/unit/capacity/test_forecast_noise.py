"""What the steps before a forecast make of noise, outliers and waves that stand close together."""

from datetime import timedelta

import numpy as np
import pytest

from ndcops.capacity.plan.forecast import History, SeriesId, Wave, backtest
from ndcops.capacity.plan.forecast.accuracy import Residuals, residuals
from ndcops.capacity.plan.forecast.courses import Courses
from ndcops.capacity.plan.forecast.history import EPOCH
from ndcops.capacity.plan.forecast.waves import PastWaves, without_past
from ndcops.capacity.plan.forecast.weekly import robust_weeks

FIRST = 20_000
WEEKS, ROWS = 52, 200
TIME = np.arange(7.0 * WEEKS)
LINE = 100 + 0.2 * TIME


def shaken(memory: float, seed: int = 3) -> np.ndarray:
    """Heavy-tailed shocks, each day keeping a share of the error of the day before."""
    shocks = np.random.default_rng(seed).standard_t(4, (ROWS, len(TIME)))
    noise = shocks.copy()
    for day in range(1, len(TIME)):
        noise[:, day] = memory * noise[:, day - 1] + shocks[:, day]
    return noise


def weekly(values: np.ndarray, added: float = 0.0) -> np.ndarray:
    return robust_weeks(values, np.full_like(values, added), np.zeros(len(values), dtype=np.int64))


def slopes(weeks: np.ndarray) -> np.ndarray:
    return np.polyfit(7 * np.arange(WEEKS), weeks.T, 1)[0]


@pytest.mark.parametrize("memory", [0.0, 0.4, 0.7])
def test_the_pace_in_heavy_tails_is_told_better_than_by_means(memory: float) -> None:
    values = LINE + shaken(memory)
    plain = np.std(slopes(values.reshape(ROWS, WEEKS, 7).mean(axis=2)) - 0.2)
    assert np.std(slopes(weekly(values)) - 0.2) < 0.93 * plain


def test_outliers_and_incidents_leave_weeks_as_they_were() -> None:
    values = LINE + shaken(0.4)
    spoiled = values.copy()
    spoiled[:, 20::50] *= 3
    spoiled[:, 200:205] *= 0.3
    assert np.abs(slopes(weekly(spoiled)) - slopes(weekly(values))).mean() < 0.1 * 0.2


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.zeros((2, len(TIME))), id="nothing"),
        pytest.param(np.full((2, len(TIME)), 7.0), id="constant"),
        pytest.param(np.floor(np.tile(LINE, (2, 1)) / 10), id="counts"),
        pytest.param(np.where(TIME > 200, 30.0, 20.0)[None], id="a step that nobody planned"),
    ],
)
def test_values_that_hardly_move_keep_their_height(values: np.ndarray) -> None:
    assert weekly(values)[:, -4:] == pytest.approx(values.reshape(-1, WEEKS, 7).mean(axis=2)[:, -4:], rel=0.06)


def test_the_week_scales_with_what_was_used_before_a_wave() -> None:
    share = 0.05 * np.array([1, 1, 1, 1, 1, -2, -3])[TIME.astype(int) % 7]
    used = 40 + 0.2 * TIME
    values = used * (1 + share) + 300 + 0.5 * shaken(0.2)
    told, untold = (np.std(slopes(weekly(values, added)) - 0.2) for added in (300.0, 0.0))
    assert told < 0.95 * untold


def with_waves(came: dict[int, float], planned: dict[int, float]) -> tuple[History, tuple[Wave, ...]]:
    values = LINE + np.random.default_rng(5).normal(0, 0.3, len(TIME))
    values += sum(amount * (day <= TIME) for day, amount in came.items())
    waves = [
        Wave(EPOCH + timedelta(days=FIRST + day), "ndc1", "cpu", amount, f"w{day}")
        for day, amount in planned.items()
    ]
    return History((SeriesId("ndc1", "cpu"),), FIRST + np.arange(len(TIME)), values[None]), tuple(waves)


def test_waves_close_together_are_seen_beside_each_other() -> None:
    history, waves = with_waves({150: 20.0, 185: 30.0, 210: 25.0}, {150: 20.0, 185: 30.0, 210: 25.0})
    values, past, findings = without_past(history, waves)
    assert findings == []
    assert past.columns.tolist() == [150, 185, 210]
    assert values[0] == pytest.approx(LINE + 75, abs=2.0)


def test_a_wave_close_to_another_is_told_when_it_did_not_come() -> None:
    history, waves = with_waves({150: 20.0, 210: 25.0}, {150: 20.0, 185: 30.0, 210: 25.0})
    _, _, findings = without_past(history, waves)
    assert [each.first for each in findings] == [waves[1].day]


def test_a_fit_gets_waves_as_planned_and_finds_their_heights() -> None:
    history, waves = with_waves({180: 22.0}, {180: 20.0})
    values, past, _ = without_past(history, waves)
    steps = past.before(1, 0, WEEKS)
    weeks = values.reshape(1, WEEKS, 7).mean(axis=2) + steps.unseen
    assert weeks[0, 0] - history.values[0, :7].mean() == pytest.approx(20.0)
    assert weeks[0, -1] == pytest.approx(history.values[0, -7:].mean())
    assert steps.doubts.tolist() == [[pytest.approx(3.0)]]


def test_a_wave_that_contradicts_its_plan_counts_as_seen() -> None:
    past = PastWaves(np.array([0]), np.array([180]), np.array([20.0]), np.array([0.0]))
    assert not past.before(1, 0, WEEKS).unseen.any()


def courses(scale: float, doubt: np.ndarray) -> Courses:
    days = len(doubt)
    residual = Residuals(np.random.default_rng(1).normal(size=(4_000, 1)) * np.ones(days))
    middle = 100 + np.arange(1.0, days + 1)[None]
    return Courses.drawn(middle, np.full((1, days), scale), doubt[None], residual, np.random.default_rng(2))


def test_plans_widen_ranges_only_from_the_day_of_their_wave() -> None:
    doubt = np.where(np.arange(200) >= 100, 12.0, 0.0)
    low, _, high = courses(5.0, doubt).bands()
    width = (high - low)[0]
    assert width[99] == pytest.approx(2 * 1.28 * 5, rel=0.1)
    assert width[100] == pytest.approx(2 * 1.28 * 13, rel=0.1)


@pytest.mark.parametrize(("capacity", "spread"), [(160.0, 5.0), (270.0, 13.0)])
def test_days_of_passing_are_as_far_apart_as_ranges_are_wide(capacity: float, spread: float) -> None:
    doubt = np.where(np.arange(400) >= 100, 12.0, 0.0)
    early, expected, late = courses(5.0, doubt).passing(np.array([capacity]))[0]
    assert expected == capacity - 101
    assert late - early == pytest.approx(2 * 1.28 * spread, rel=0.15)


@pytest.mark.parametrize(("rows", "origins"), [(100, 2), (60, 2), (40, 3), (1, 3)])
def test_paths_are_of_the_newest_origins_that_are_enough(rows: int, origins: int) -> None:
    weeks = np.tile(LINE, (rows, 1)) + np.random.default_rng(4).normal(0, 1, (rows, len(TIME)))
    nothing = np.zeros(0)
    past = PastWaves(nothing.astype(np.int64), nothing.astype(np.int64), nothing, nothing)
    test = backtest.run(weeks, np.zeros_like(weeks), np.zeros(rows, dtype=np.int64), past, 60)
    assert len(test.whole) == 5
    assert len(residuals(test, weeks)[0].paths) == origins * rows
