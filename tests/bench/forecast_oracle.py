"""The least error of dates that seeded usage allows: a fit that is told what a forecast must find out."""

import numpy as np

from ndcops.capacity.plan.forecast.history import Days, Floats
from tests.bench.seeded_usage import FUTURE_DAYS, SeededUsage

ROUNDS = 5
PLAN_ERROR = 0.1
"""Waves come this much larger or smaller than planned; the oracle knows it."""


def oracle_days(usage: SeededUsage, horizon_days: int) -> Days:
    """The day on which each series is foretold to pass its capacity; horizon_days when not within it.

    Known: the shape of growth with all its changes up to the last day seen, the days of past waves, the level
    by which the week scales. Measured in noise: height, pace, what past waves added, the week.
    """
    answers = [_day(usage, row, horizon_days) for row in range(len(usage.kinds))]
    return np.array(answers, dtype=np.int64)


def _day(usage: SeededUsage, row: int, horizon_days: int) -> int:
    seen = usage.history.values.shape[1]
    growth, waves = usage.hidden.growth[row] / 100, usage.hidden.waves[row]
    past = [(amount, came) for _, amount, came in waves if came < seen]
    days = np.arange(seen)
    steps = [(days >= came).astype(np.float64) for _, came in past]
    week = [usage.hidden.level[row] * ((days % 7 == day) * 1.0 - (days % 7 == 6)) / 100 for day in range(6)]
    design = np.stack([np.ones(seen), growth[:seen], *steps, *week], axis=1)
    found = _robust(usage.history.values[row], design, np.array([amount for amount, _ in past]))
    ahead = found[0] + found[1] * growth[seen:] + found[2 : 2 + len(past)].sum()
    for planned, amount, came in waves:
        if came >= seen:
            ahead = ahead + amount * (np.arange(FUTURE_DAYS) >= planned - seen)
    over = ahead[:horizon_days] >= usage.capacity[row]
    return int(over.argmax()) if over.any() else horizon_days


def _robust(values: Floats, design: Floats, planned: Floats) -> Floats:
    """Least squares with autocorrelated errors, days far off weighed down, columns from 2 on drawn to plans."""
    plans = np.zeros((len(planned), design.shape[1]))
    plans[np.arange(len(planned)), 2 + np.arange(len(planned))] = 1 / (PLAN_ERROR * planned)
    targets = np.full(len(planned), 1 / PLAN_ERROR)
    weights, memory, scale = np.ones(len(values)), 0.0, 1.0
    found = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        weighed, aim = design * weights[:, None], values * weights
        rows = np.concatenate([(weighed[1:] - memory * weighed[:-1]) / scale, plans])
        aims = np.concatenate([(aim[1:] - memory * aim[:-1]) / scale, targets])
        found = np.linalg.lstsq(rows, aims, rcond=None)[0]
        away = values - design @ found
        usual = 1.4826 * float(np.median(np.abs(away)))
        far = np.maximum(np.abs(away), 1e-9)
        weights = np.where(far > 4 * usual, 1e-3, np.sqrt(np.minimum(1.0, 2 * usual / far)))
        clipped = np.clip(away, -3 * usual, 3 * usual)
        memory = float(np.clip((clipped[1:] * clipped[:-1]).sum() / (clipped**2).sum(), 0.0, 0.9))
        scale = usual * np.sqrt(1 - memory**2)
    return found
