"""How right past forecasts were, series by series, and their residuals, from which paths are drawn."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ndcops.capacity.plan.forecast.backtest import Backtest
from ndcops.capacity.plan.forecast.history import Days, Floats
from ndcops.capacity.plan.forecast.waves import WEEK

Flags = NDArray[np.bool_]

MASE_DAYS: Final = 14
"""The horizon of the M4 competition for daily series."""
DATE_DAYS: Final = 90
_PROFILE_WEEKS: Final = 26
_ENOUGH_PATHS: Final = 100
"""So that ten lie beyond either end of the range."""
_LEAST_ORIGINS: Final = 2
_TAILS: Final = (0.1, 0.9)
_BLOCK: Final = 400


@dataclass(frozen=True)
class Accuracy:
    """The backtest of one series: `origins` forecasts, each made only with what was known on its day.

    date_error_days: median error of the day on which the level of up to 90 days later was foretold; None when
    it hardly moved. mase: error of 14 days ahead over the error of last week's value (Hyndman & Koehler 2006).
    coverage: share of outcomes inside the 80% interval that still earlier errors gave; None when too few.
    """

    origins: int
    date_error_days: float | None
    mase: float | None
    coverage: float | None


@dataclass(frozen=True)
class Residuals:
    """Past errors over expected errors: N paths × H days ahead, of all series of the batch."""

    paths: Floats


def weekly_profile(values: Floats, level: Floats, until: int, starts: Days) -> Floats:
    """What each weekday adds to the level: S × 7, index = column modulo 7; from the 26 weeks before `until`."""
    first = max(until - _PROFILE_WEEKS * WEEK, 0)
    first += (until - first) % WEEK
    away = values[:, first:until] - level[:, first:until]
    away = np.where(np.arange(first, until) >= starts[:, None], away, np.nan)
    weeks = away.reshape(len(values), -1, WEEK)
    blocks = [np.nanmedian(weeks[start : start + _BLOCK], axis=1) for start in range(0, len(weeks), _BLOCK)]
    return np.roll(np.concatenate(blocks), first % WEEK, axis=1)


def _errors(test: Backtest, level: Floats, origins: Days) -> Floats:
    """Outcome less forecast, S × O × H, of origins (indices) whose whole outcome is known."""
    horizons = np.arange(1, test.schedule.longest + 1)
    part = np.stack([level[:, column + horizons] for column in test.schedule.origins[origins]], axis=1)
    return np.nan_to_num(part) - test.ahead(origins, horizons)


def residuals(test: Backtest, level: Floats) -> tuple[Residuals, Floats]:
    """Residual paths of the newest origins, and the errors of all whole origins (S × O × H).

    Errors are taken from as few of the newest origins as give enough paths, but from two at least, as one
    season is one chance, and not from the older half: the longer a history is, the more its forms promise, so
    that errors of forecasts from far less history would make ranges too narrow.
    Paths are centred: what all series missed in one season is no reason to move the middle of the next.
    """
    horizons = np.arange(1, test.schedule.longest + 1)
    errors = _errors(test, level, test.whole)
    scaled = np.stack(
        [
            errors[:, at] / np.maximum(test.scale(int(origin), horizons), 1e-12)
            for at, origin in enumerate(test.whole)
        ],
        axis=1,
    )
    valid = test.valid[:, test.whole] > 0
    few = int((np.cumsum(valid.sum(axis=0)[::-1]) < _ENOUGH_PATHS).sum()) + 1
    newest = min(max(few, _LEAST_ORIGINS), len(test.whole) - len(test.whole) // 2)
    chosen = scaled[:, -newest:][valid[:, -newest:]]
    if not len(chosen):
        chosen = scaled[valid]
    return Residuals(chosen - np.median(chosen, axis=0)), errors


def accuracies(test: Backtest, values: Floats, level: Floats, starts: Days, errors: Floats) -> list[Accuracy]:
    """One for each series; errors: of all whole origins, S × O × H."""
    valid = test.valid[:, test.whole] > 0
    coverage = _coverage(test, errors, valid)
    mase = _mase(test, values, level, starts, valid)
    dates = _date_errors(test, level, valid)
    return [
        Accuracy(int(count), _known(dates[row]), _known(mase[row]), _known(coverage[row]))
        for row, count in enumerate(valid.sum(axis=1))
    ]


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _coverage(test: Backtest, errors: Floats, valid: Flags) -> Floats:
    """Share of outcomes between the tails of the residuals that were complete when the forecast was made: S."""
    grid, origins = test.schedule.grid, test.schedule.origins[test.whole]
    inside, total = np.zeros(len(errors)), np.zeros(len(errors))
    scaled = np.stack(
        [
            errors[:, at, grid - 1] / np.maximum(test.expected_error[:, o], 1e-12)
            for at, o in enumerate(test.whole)
        ],
        axis=1,
    )
    for at, origin in enumerate(origins):
        earlier = np.flatnonzero(origins + test.schedule.longest <= origin)
        known = scaled[:, earlier][valid[:, earlier]]
        if not len(known):
            continue
        low, high = np.quantile(known, _TAILS, axis=0)
        within = ((scaled[:, at] >= low) & (scaled[:, at] <= high)).mean(axis=1)
        inside += np.where(valid[:, at], within, 0.0)
        total += valid[:, at]
    return np.where(total > 0, inside / np.maximum(total, 1.0), np.nan)


def _mase(test: Backtest, values: Floats, level: Floats, starts: Days, valid: Flags) -> Floats:
    """Mean absolute error of daily demand, week included, over that of last week's value: S."""
    horizons = np.arange(1, min(MASE_DAYS, test.schedule.longest) + 1)
    missed, total = np.zeros(len(values)), np.zeros(len(values))
    for at, index in enumerate(test.whole):
        origin = int(test.schedule.origins[index])
        profile = weekly_profile(values, level, origin + 1, np.minimum(starts, origin - WEEK))
        ahead = test.ahead(test.whole[[at]], horizons)[:, 0] + np.nan_to_num(
            profile[:, (origin + horizons) % WEEK]
        )
        error = np.abs(np.nan_to_num(values[:, origin + horizons]) - ahead).mean(axis=1)
        missed += np.where(valid[:, at], error, 0.0)
        total += valid[:, at]
    naive = np.nanmean(np.abs(values[:, WEEK:] - values[:, :-WEEK]), axis=1)
    measurable = (total > 0) & (naive > 0)
    return np.where(measurable, missed / np.maximum(total, 1.0) / np.where(measurable, naive, 1.0), np.nan)


def _date_errors(test: Backtest, level: Floats, valid: Flags) -> Floats:
    """Median days between the day of a level and the day foretold for it: S; NaN where levels hardly move."""
    ahead = min(DATE_DAYS, test.schedule.longest)
    horizons = np.arange(1, 2 * ahead + 1)
    found = np.full(valid.shape, np.nan)
    for at, index in enumerate(test.whole):
        origin = int(test.schedule.origins[index])
        target = np.nan_to_num(level[:, origin + ahead])
        moved = target - np.nan_to_num(level[:, origin])
        crossed = test.ahead(test.whole[[at]], horizons)[:, 0] >= target[:, None]
        day = np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, 2 * ahead)
        real = np.nan_to_num(level[:, origin + 1 : origin + ahead + 1]) >= target[:, None]
        rising = valid[:, at] & (moved > 2 * test.expected_error[:, index, 0])
        found[rising, at] = np.abs(day - (real.argmax(axis=1) + 1))[rising]
    some = np.isfinite(found).any(axis=1)
    answer = np.full(len(found), np.nan)
    answer[some] = np.nanmedian(found[some], axis=1)
    return answer
