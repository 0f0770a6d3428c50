"""The day on which demand passes capacity, as a range: paths drawn from what past forecasts missed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np

from ndcops.capacity.plan.forecast import backtest
from ndcops.capacity.plan.forecast.accuracy import Accuracy, accuracies, residuals, weekly_profile
from ndcops.capacity.plan.forecast.courses import Courses
from ndcops.capacity.plan.forecast.history import (
    LEAST_DAYS,
    Days,
    Floats,
    History,
    HistoryFinding,
    SeriesId,
    Trouble,
    calendar,
)
from ndcops.capacity.plan.forecast.waves import (
    WEEK,
    Wave,
    check_waves,
    doubt_to_come,
    four_week_mean,
    to_come,
    weekly_level,
    without_past,
)
from ndcops.model.errors import InvalidInput

LONGEST_HORIZON_DAYS: Final = 3_653


class Outlook(StrEnum):
    """What can be said of a series; the keys of the texts that people read."""

    FULL = "full"
    EXHAUSTS = "exhausts"
    MAY_EXHAUST = "may-exhaust"
    LASTS = "lasts"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Forecast:
    """When one series passes its capacity.

    earliest, latest: the 10% and 90% quantile of the day; expected: that of the middle course; None when
    beyond the horizon.
    Passing means that the level of the four weeks around passes, so that no single peak counts; steps of
    planned waves count on their day.
    days: H days ahead; low, middle, high: the daily quantiles of demand, week and waves included.
    """

    series: SeriesId
    outlook: Outlook
    capacity: float
    earliest: date | None = None
    expected: date | None = None
    latest: date | None = None
    days: tuple[date, ...] = ()
    low: tuple[float, ...] = ()
    middle: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    accuracy: Accuracy | None = None
    findings: tuple[HistoryFinding, ...] = ()
    reason: Trouble | None = None


def forecast(
    history: History, capacity: Floats, waves: Sequence[Wave], horizon_days: int, seed: int
) -> tuple[Forecast, ...]:
    """One forecast for each series, in their order; what cannot be foretold is UNKNOWN and says why.

    capacity: S, in the unit of its series. Raises InvalidInput for a capacity that is no positive number,
    a wave whose amount is none, a horizon of less than a week or of more than ten years.
    """
    _check(history, capacity, horizon_days)
    check_waves(waves)
    usable = [row for row in range(len(history.series)) if history.refused(row) is None and _long(history, row)]
    answers: dict[int, Forecast] = {}
    if usable:
        part = History(tuple(history.series[row] for row in usable), history.days, history.values[usable])
        found = _foretold(part, capacity[usable], waves, horizon_days, seed)
        answers = dict(zip(usable, found, strict=True))
    told, known = [], _by_series(history.findings)
    for row, series in enumerate(history.series):
        own = tuple(known.get(series, ()))
        unknown = Forecast(
            series, Outlook.UNKNOWN, float(capacity[row]), reason=history.refused(row) or Trouble.TOO_SHORT
        )
        answer = answers.get(row, unknown)
        told.append(replace(answer, findings=own + answer.findings))
    return tuple(told)


def _check(history: History, capacity: Floats, horizon_days: int) -> None:
    if capacity.shape != (len(history.series),):
        raise InvalidInput(f"forecast: {capacity.size} capacities for {len(history.series)} series")
    for series, value in zip(history.series, capacity, strict=True):
        if not (np.isfinite(value) and value > 0):
            raise InvalidInput(f"forecast of {series}: capacity {value} is no positive number")
    if not WEEK <= horizon_days <= LONGEST_HORIZON_DAYS:
        raise InvalidInput(f"forecast: horizon of {horizon_days} days; expected {WEEK} to {LONGEST_HORIZON_DAYS}")


def _long(history: History, row: int) -> bool:
    return int(np.isfinite(history.values[row]).sum()) >= LEAST_DAYS


def _foretold(
    history: History, capacity: Floats, waves: Sequence[Wave], horizon_days: int, seed: int
) -> list[Forecast]:
    """Forecasts of series with enough history."""
    first = int(np.isfinite(history.values).any(axis=0).argmax())
    history = History(history.series, history.days[first:], history.values[:, first:])
    values, past, findings = without_past(history, waves)
    starts = np.isfinite(values).argmax(axis=1)
    level = weekly_level(values)
    settled = starts + np.where(starts > 0, WEEK // 2, 0)
    outcome = four_week_mean(level)
    test = backtest.run(values, values - history.values, starts, past, horizon_days)
    drawn, errors = residuals(test, outcome)
    accuracy = accuracies(test, values, outcome, settled, errors)
    horizons = np.arange(1, horizon_days + 1)
    days = history.days[-1] + horizons
    now = len(test.schedule.origins) - 1
    added = to_come(history.series, days, waves)
    middle = test.ahead(np.array([now]), horizons)[:, 0] + added
    doubt = doubt_to_come(history.series, days, waves)
    courses = Courses.drawn(middle, test.scale(now, horizons), doubt, drawn, np.random.default_rng(seed))
    ranges = courses.passing(capacity)
    profile = np.nan_to_num(weekly_profile(values, level, values.shape[1], settled))
    week = profile[:, (values.shape[1] - 1 + horizons) % WEEK]
    bands = courses.bands()
    dates = tuple(calendar(int(day)) for day in days)
    full = level[:, -1 - WEEK // 2 :].min(axis=1) >= capacity
    ranges[full] = 0
    told, known = [], _by_series(findings)
    for row, series in enumerate(history.series):
        low, centre, high = np.maximum(bands[:, row] + week[row], 0.0).tolist()
        one = _dated(series, float(capacity[row]), bool(full[row]), ranges[row], dates)
        own = tuple(known.get(series, ()))
        told.append(
            replace(
                one, low=tuple(low), middle=tuple(centre), high=tuple(high), accuracy=accuracy[row], findings=own
            )
        )
    return told


def _by_series(findings: Iterable[HistoryFinding]) -> dict[SeriesId, list[HistoryFinding]]:
    known: dict[SeriesId, list[HistoryFinding]] = {}
    for each in findings:
        known.setdefault(each.series, []).append(each)
    return known


def _dated(series: SeriesId, capacity: float, full: bool, at: Days, dates: tuple[date, ...]) -> Forecast:
    """The answer in dates; at: indices of its three days, len(dates) when beyond the horizon."""
    earliest, expected, latest = (dates[index] if index < len(dates) else None for index in at)
    return Forecast(series, _outlook(full, earliest, expected), capacity, earliest, expected, latest, dates)


def _outlook(full: bool, earliest: date | None, expected: date | None) -> Outlook:
    if full:
        return Outlook.FULL
    if expected is not None:
        return Outlook.EXHAUSTS
    return Outlook.LASTS if earliest is None else Outlook.MAY_EXHAUST
