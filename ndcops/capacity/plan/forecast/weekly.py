"""Robust weekly values of daily usage: no weekdays, no outliers, no incidents."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ndcops.capacity.plan.forecast.history import Days, Floats
from ndcops.capacity.plan.forecast.waves import WEEK, weekly_level

MOST_WEEKS: Final = 260
_COMMON_WEEKS: Final = 4
"""Lengths are multiples of this, so that series of almost equal length are fitted together."""
_STIFFNESS: Final = 400.0
"""Of the smoother in weeks: it follows what lasts a quarter, and not what lasts a week."""
_HUBER: Final = 2.0
"""Standard errors from which a day counts less: Gelper, Fried & Croux, J. Forecasting 29 (2010)."""
_REJECTED: Final = 5.0
_ROUNDS: Final = 8
_PROFILE_ROUNDS: Final = 6
_SHOCK_ROUNDS: Final = 3
_FREEDOM: Final = 4.0
"""Of Student's t, as Lange, Little & Taylor advise where data are too few to tell it: JASA 84 (1989)."""
_MEDIAN_OF_T: Final = 0.741
"""Of the absolute value, with those degrees of freedom."""
_MOST_MEMORY: Final = 0.9
_LEAST: Final = 1e-100


def usable_weeks(columns: int, starts: Days) -> Days:
    """How many weeks that end with the last day each series has: S."""
    weeks = np.minimum((columns - starts) // WEEK, MOST_WEEKS)
    return np.where(weeks > 6 * _COMMON_WEEKS, weeks - weeks % _COMMON_WEEKS, weeks)


def robust_weeks(values: Floats, added: Floats, starts: Days) -> Floats:
    """The mean of each week, outliers drawn in: S × W, NaN before a series starts; the last week ends today.

    Pseudo-values (Huber, "Robust smoothing", 1979): what differs from a smooth curve by more than its usual
    error is drawn towards it, until neither moves; then by shocks, as one bad day lingers on.
    added: what waves to come added to the values of each day, S × T; the week scales with what was truly used.
    """
    counts = usable_weeks(values.shape[1], starts)
    level = weekly_level(values)
    weeks = np.full((len(values), int(counts.max())), np.nan)
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        span = slice(values.shape[1] - WEEK * int(count), None)
        weeks[rows, -count:] = _pseudo_weeks(values[rows, span], added[rows, span], level[rows, span])
    return weeks


def _pseudo_weeks(values: Floats, added: Floats, level: Floats) -> Floats:
    rows, count = len(values), values.shape[1] // WEEK
    smoother, daily = _smoother(count), _daily(count)
    least = 1e-12 + 1e-6 * np.abs(values).max(axis=1, keepdims=True)
    smooth = level.reshape(rows, count, WEEK).mean(axis=2) @ smoother
    profile = np.zeros((rows, WEEK))
    pulled: Floats = np.zeros_like(smooth)
    for number in range(_ROUNDS + _SHOCK_ROUNDS):
        curve = smooth @ daily
        used = np.maximum(curve - added, 0.0)
        if number < _PROFILE_ROUNDS:
            profile = _profile((values - curve) / np.maximum(used, least))
        away = values - curve - used * np.tile(profile, count)
        drawn = _drawn_in(away) if number < _ROUNDS else _usual_course(away)
        pulled = (curve + drawn).reshape(rows, count, WEEK).mean(axis=2)
        smooth = pulled @ smoother
    return pulled


def _profile(share: Floats) -> Floats:
    """What each weekday adds, as a share of what is used: S × 7, adding up to 0; share: S × 7W."""
    profile = np.median(share.reshape(len(share), -1, WEEK), axis=1)
    balanced: Floats = profile - profile.mean(axis=1, keepdims=True)
    return balanced


def _far(away: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The usual error of each series, S × 1, and the days that are rejected."""
    usual: Floats = 1.4826 * np.median(np.abs(away), axis=1, keepdims=True)
    return usual, np.abs(away) > _REJECTED * usual


def _drawn_in(away: Floats) -> Floats:
    """Day by day: at most _HUBER usual errors."""
    usual, rejected = _far(away)
    return np.where(rejected, 0.0, np.clip(away, -_HUBER * usual, _HUBER * usual))


def _usual_course(away: Floats) -> Floats:
    """Errors as they would have run with every shock drawn in by the score of Student's t: S × 7W.

    The error of a day is a share of that of the day before and a shock. As heavy tails are in the shocks, a
    fit to what this returns is the one of greatest likelihood, which that to errors drawn in one by one is not.
    """
    _, rejected = _far(away)
    left = np.where(rejected, 0.0, away)
    memory = (left[:, 1:] * left[:, :-1]).sum(axis=1) / np.maximum((left**2).sum(axis=1), _LEAST)
    memory = np.clip(memory, 0.0, _MOST_MEMORY)[:, None]
    beside = np.zeros_like(left)
    beside[:, 1:-1] = left[:, 2:] + left[:, :-2]
    left = np.where(rejected, beside * memory / (1 + memory**2), left)
    shocks = left.copy()
    shocks[:, 1:] -= memory * left[:, :-1]
    drawn = np.ascontiguousarray(_scored(shocks).T)
    course = np.empty_like(drawn)
    course[0] = drawn[0]
    for day in range(1, len(drawn)):
        course[day] = memory[:, 0] * course[day - 1] + drawn[day]
    return course.T


def _scored(shocks: Floats) -> Floats:
    """The score of Student's t over its mean slope, so that a mean of these is as good as the likeliest place."""
    usual = np.median(np.abs(shocks), axis=1, keepdims=True) / _MEDIAN_OF_T
    squares = (shocks / np.maximum(usual, _LEAST)) ** 2
    slope = ((_FREEDOM - squares) / (_FREEDOM + squares) ** 2).mean(axis=1, keepdims=True)
    scored: Floats = shocks / (_FREEDOM + squares) / slope
    return scored


def _smoother(count: int) -> Floats:
    """Whittaker's: the curve with the least sum of squared errors and second differences."""
    bends: Floats = np.diff(np.eye(count), 2, axis=0)
    smoother: Floats = np.linalg.inv(np.eye(count) + _STIFFNESS * (bends.T @ bends)).astype(np.float64)
    return smoother


def _daily(count: int) -> Floats:
    """From values at the middle of each week to straight lines between them: W × 7W."""
    days = np.arange(WEEK * count)
    place = np.clip((days - WEEK // 2) / WEEK, 0.0, count - 1.0)
    left = np.minimum(place.astype(np.int64), count - 2)
    share = (days - WEEK // 2) / WEEK - left
    lines = np.zeros((count, WEEK * count))
    lines[left, days] = 1.0 - share
    lines[left + 1, days] = share
    return lines
