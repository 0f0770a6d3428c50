"""What the forecast would have said in the past: each origin uses only what was known on its day.

Its errors, divided by the error that was expected, are the residuals from which the interval is drawn. So the
interval is as wide as the past says, not as a model hopes (split conformal prediction: Lei et al.,
"Distribution-free predictive inference", JASA 113, 2018). Only outliers and steps are seen with hindsight.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ndcops.capacity.plan.forecast.history import Days, Floats
from ndcops.capacity.plan.forecast.mixture import Mixture, mixed
from ndcops.capacity.plan.forecast.waves import WEEK, PastWaves
from ndcops.capacity.plan.forecast.weekly import robust_weeks, usable_weeks

LEAST_FIT_WEEKS: Final = 6
_EDGE_DAYS: Final = 14
"""The centred level of the last days is not settled yet: no error is taken from it."""
_MOST_ORIGINS: Final = 5
_LEAST_STEP_DAYS: Final = 21
_GRID: Final = 6
_KNOTS: Final = 24
_LEAST_ERROR: Final = 1e-4
"""Of the size of a series: so that a flat one can be divided by its error."""


@dataclass(frozen=True)
class Schedule:
    """Origins (columns; the last one is now), horizons to score, and the longest horizon that history can test."""

    origins: Days
    grid: Days
    longest: int

    @classmethod
    def of(cls, columns: int, horizon_days: int) -> "Schedule":
        """Now, and up to five earlier days, whole weeks ago, whose longest outcome is known."""
        now = columns - 1
        longest = min(horizon_days, max(columns // 4, _LEAST_STEP_DAYS))
        newest = now - WEEK * -(-(longest + _EDGE_DAYS) // WEEK)
        oldest = WEEK * LEAST_FIT_WEEKS - 1
        step = WEEK * max((newest - oldest) // (_MOST_ORIGINS - 1) // WEEK, _LEAST_STEP_DAYS // WEEK)
        origins = [now, *range(newest, oldest - 1, -step)]
        grid = np.unique(np.round(np.geomspace(min(WEEK, longest), longest, _GRID)).astype(np.int64))
        return cls(np.array(origins[::-1]), grid, longest)


@dataclass(frozen=True)
class Backtest:
    """At each origin: the mixture of forms of growth, and the error to expect (S × O × G).

    `valid`: S × O, 1 where history was long enough; `whole`: origins before now; `sizes`: S, of the series.
    """

    schedule: Schedule
    mixtures: tuple[Mixture, ...]
    expected_error: Floats
    valid: Floats
    whole: Days
    sizes: Floats

    def ahead(self, origins: Days, horizons: Days) -> Floats:
        """The level foretold at some origins (indices): S × O × H."""
        return np.stack([self.mixtures[int(origin)].at(horizons) for origin in origins], axis=1)

    def scale(self, origin: int, horizons: Days) -> Floats:
        """The expected error on each day ahead: S × H."""
        knots = np.unique(np.round(np.geomspace(1, horizons[-1], _KNOTS)).astype(np.int64))
        between = np.stack([np.interp(horizons, knots, row) for row in np.eye(len(knots))])
        return _expected(self.mixtures[origin], knots, self.sizes) @ between


def run(values: Floats, added: Floats, starts: Days, past: PastWaves, horizon_days: int) -> Backtest:
    """Forecasts of all origins.

    values: S × T without past waves; added: what that took, S × T; starts: S, first usable columns; past: the
    waves that were taken out.
    """
    schedule = Schedule.of(values.shape[1], horizon_days)
    weeks = robust_weeks(values, added, starts)
    usable = usable_weeks(values.shape[1], starts)
    sizes = np.maximum(np.nanmean(np.abs(weeks), axis=1), 1e-12)
    mixtures = []
    valid = np.zeros((len(values), len(schedule.origins)))
    for index, origin in enumerate(schedule.origins):
        ago = (values.shape[1] - 1 - int(origin)) // WEEK
        known = weeks[:, : weeks.shape[1] - ago]
        valid[:, index] = usable - ago >= LEAST_FIT_WEEKS
        # A series that had not begun is fitted to its mean so that rows stay aligned; nothing of it is used.
        known = np.where(valid[:, index, None] > 0, known, 0.0)[:, -max(int(usable.max()) - ago, 1) :]
        first = int(origin) + 1 - WEEK * known.shape[1]
        steps = past.before(len(values), first, known.shape[1])
        mixtures.append(mixed(known + steps.unseen, steps.shares, steps.doubts))
    expected = np.stack([_expected(mixture, schedule.grid, sizes) for mixture in mixtures], axis=1)
    whole = np.arange(len(schedule.origins) - 1)
    return Backtest(schedule, tuple(mixtures), expected, valid, whole, sizes)


def _expected(mixture: Mixture, days: Days, sizes: Floats) -> Floats:
    error: Floats = np.hypot(mixture.error(days), _LEAST_ERROR * sizes[:, None])
    return error
