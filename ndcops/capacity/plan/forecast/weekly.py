"""Robust weekly values of daily usage: no weekdays, no outliers, no incidents."""

from typing import Final

import numpy as np

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


def usable_weeks(columns: int, starts: Days) -> Days:
    """How many weeks that end with the last day each series has: S."""
    weeks = np.minimum((columns - starts) // WEEK, MOST_WEEKS)
    return np.where(weeks > 6 * _COMMON_WEEKS, weeks - weeks % _COMMON_WEEKS, weeks)


def robust_weeks(values: Floats, starts: Days) -> Floats:
    """The mean of each week, outliers drawn in: S × W, NaN before a series starts; the last week ends today.

    Pseudo-values (Huber, "Robust smoothing", 1979): what differs from a smooth curve by more than its usual
    error is drawn towards it, until neither moves.
    """
    counts = usable_weeks(values.shape[1], starts)
    level = weekly_level(values)
    weeks = np.full((len(values), int(counts.max())), np.nan)
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        span = slice(values.shape[1] - WEEK * int(count), None)
        weeks[rows, -count:] = _pseudo_weeks(values[rows, span], level[rows, span])
    return weeks


def _pseudo_weeks(values: Floats, level: Floats) -> Floats:
    rows, count = len(values), values.shape[1] // WEEK
    smoother, daily = _smoother(count), _daily(count)
    smooth = level.reshape(rows, count, WEEK).mean(axis=2) @ smoother
    profile = np.zeros((rows, WEEK))
    pulled: Floats = np.zeros_like(smooth)
    for number in range(_ROUNDS):
        curve = smooth @ daily
        if number < _PROFILE_ROUNDS:
            profile = _profile(values, curve)
        away = values - curve - np.maximum(curve, 0.0) * np.tile(profile, count)
        usual = 1.4826 * np.median(np.abs(away), axis=1, keepdims=True)
        far = np.abs(away)
        drawn = np.where(far > _REJECTED * usual, 0.0, np.clip(away, -_HUBER * usual, _HUBER * usual))
        pulled = (smooth @ daily + drawn).reshape(rows, count, WEEK).mean(axis=2)
        smooth = pulled @ smoother
    return pulled


def _profile(values: Floats, curve: Floats) -> Floats:
    """What each weekday adds, as a share of the level: S × 7, adding up to 0."""
    share = (values - curve) / np.maximum(curve, 1e-12 + 1e-6 * np.abs(values).max(axis=1, keepdims=True))
    profile = np.median(share.reshape(len(values), -1, WEEK), axis=1)
    balanced: Floats = profile - profile.mean(axis=1, keepdims=True)
    return balanced


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
