"""What the forecast would have said in the past: each origin uses only what was known on its day.

The same errors choose the mixture of trends, and, divided by the error that was expected, are the residuals
from which the interval is drawn. So the interval is as wide as the past says, not as a model hopes
(split conformal prediction: Lei et al., "Distribution-free predictive inference", JASA 113, 2018).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ndcops.capacity.plan.forecast.history import Days, Floats
from ndcops.capacity.plan.forecast.trend import CANDIDATES, Blend, Lines, blended, discounted_lines, foretold

ORIGIN_STEP_DAYS: Final = 21
LEAST_FIT_DAYS: Final = 42
_EDGE_DAYS: Final = 14
"""The centred level of the last days is not settled yet: no error is taken from it."""
_GRID: Final = 6
_SHARPNESS: Final = 8.0
"""Weight of a candidate: its relative past error to the power of minus this."""
_PRIOR_ORIGINS: Final = 4.0
"""How many origins the batch's usual error counts beside a series' own."""
_BIAS_PRIOR_ORIGINS: Final = 6.0
"""How many origins without bias count beside those that were seen."""
_MEMORY_DAYS: Final = 365.0
_BLOCK: Final = 400
"""Series at a time, so that memory stays bounded."""


@dataclass(frozen=True)
class Schedule:
    """Origins (columns; the last one is now), horizons to score, and the longest horizon that history can test."""

    origins: Days
    grid: Days
    longest: int

    @classmethod
    def of(cls, columns: int, horizon_days: int) -> "Schedule":
        """Every third week back from the last day."""
        now = columns - 1
        origins = np.arange(now, LEAST_FIT_DAYS - 2, -ORIGIN_STEP_DAYS)[::-1]
        longest = min(horizon_days, max(columns // 4, ORIGIN_STEP_DAYS))
        grid = np.unique(np.round(np.geomspace(min(7, longest), longest, _GRID)).astype(np.int64))
        return cls(origins, grid, longest)

    def known(self) -> Floats:
        """1 where the outcome at horizon g after origin i is known at origin j, fading with age: O i × O j × G."""
        outcome = self.origins[:, None, None] + self.grid + _EDGE_DAYS
        age = self.origins[None, :, None] - self.origins[:, None, None]
        seen: Floats = np.where(outcome <= self.origins[None, :, None], 0.5 ** (np.abs(age) / _MEMORY_DAYS), 0.0)
        return seen


@dataclass(frozen=True)
class Backtest:
    """At each origin: trends, what they missed before, the error to expect (S × O × G).

    `valid`: S × O, 1 where history was long enough; `whole`: origins whose longest outcome is known.
    """

    schedule: Schedule
    blend: Blend
    bias: Floats
    expected_error: Floats
    valid: Floats
    whole: Days

    def ahead(self, origins: Days, horizons: Days) -> Floats:
        """The level foretold at some origins (indices): S × O × H."""
        blend = Blend(self.blend.level[:, origins], self.blend.slopes[:, origins])
        return blend.at(horizons) + self.bias[:, origins] @ self._between(horizons)

    def _between(self, horizons: Days) -> Floats:
        """Weights that interpolate values on the grid to the horizons, and carry them on beyond it: G × H."""
        grid = self.schedule.grid
        return np.stack([np.interp(horizons, grid, row) for row in np.eye(len(grid))])

    def scale(self, origin: int, horizons: Days) -> Floats:
        """The expected error on each day ahead; beyond what could be tested it grows in proportion."""
        beyond = np.maximum(horizons / self.schedule.longest, 1.0)
        error: Floats = (self.expected_error[:, origin] @ self._between(horizons)) * beyond
        return error


def run(level: Floats, outcome: Floats, starts: Days, horizon_days: int) -> Backtest:
    """Forecasts of all origins and what their errors teach.

    level: S × T, the weekly level without past waves, which is fitted; outcome: the one of four weeks.
    """
    schedule = Schedule.of(level.shape[1], horizon_days)
    valid = (schedule.origins - starts[:, None] >= LEAST_FIT_DAYS - 1).astype(np.float64)
    lines = discounted_lines(level, starts, schedule.origins)
    weights, spread = _weights(outcome, lines, schedule, valid)
    blend = blended(lines, weights)
    outcomes, observable = _outcomes(outcome, schedule)
    missed = (outcomes - blend.at(schedule.grid)) * observable
    bias = _bias(missed, schedule, valid)
    expected = _expected_error(
        np.abs(missed - bias * observable), spread, schedule, valid, _restlessness(level, starts)
    )
    now = schedule.origins[-1]
    whole = np.flatnonzero(schedule.origins + schedule.longest + _EDGE_DAYS <= now)
    return Backtest(schedule, blend, bias, expected, valid, whole)


def _bias(missed: Floats, schedule: Schedule, valid: Floats) -> Floats:
    """How much too low forecasts of this series were, as known at each origin, drawn to 0: S × O × G."""
    known = schedule.known()
    counts = np.einsum("si,ijg->sjg", valid, known, optimize=True)
    sums = np.einsum("sig,ijg->sjg", missed * valid[..., None], known, optimize=True)
    bias: Floats = sums / (counts + _BIAS_PRIOR_ORIGINS)
    return bias


def _outcomes(level: Floats, schedule: Schedule) -> tuple[Floats, Floats]:
    """The level at each origin and grid horizon, S × O × G, and 1 where it is known today, O × G."""
    columns = schedule.origins[:, None] + schedule.grid
    last = level.shape[1] - 1
    return np.nan_to_num(level[:, np.minimum(columns, last)]), (columns + _EDGE_DAYS <= last).astype(np.float64)


def _weights(level: Floats, lines: Lines, schedule: Schedule, valid: Floats) -> tuple[Floats, Floats]:
    """Weights by the errors known at each origin (S × O × C), and how far candidates then disagree (S × O × G)."""
    outcomes, observable = _outcomes(level, schedule)
    known = schedule.known()
    known32 = (known * observable[:, None]).transpose(2, 1, 0).astype(np.float32)
    scores = np.ones((len(level), len(schedule.origins), len(CANDIDATES)))
    for block in _blocks(len(level)):
        errors = foretold(_part(lines, block), schedule.grid)
        errors -= outcomes[block][:, :, None].astype(np.float32)
        np.abs(errors, out=errors)
        errors *= valid[block][:, :, None, None].astype(np.float32)
        # G × O j × O i times S × G × O i × C: the error that was known of each candidate at each origin.
        total = (known32 @ errors.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
        mean = total.mean(axis=2, keepdims=True)
        relative = np.where(mean > 0, total / np.where(mean > 0, mean, 1.0), 1.0)
        scores[block] = relative.mean(axis=-1) + 1e-3
    usual = np.median(scores, axis=0)
    weights = (scores * usual) ** -_SHARPNESS
    weights /= weights.sum(axis=-1, keepdims=True)
    spread = np.empty((len(level), len(schedule.origins), len(schedule.grid)))
    for block in _blocks(len(level)):
        ahead, shares = foretold(_part(lines, block), schedule.grid), weights[block][..., None].astype(np.float32)
        middle = (ahead * shares).sum(axis=2, keepdims=True)
        ahead -= middle
        ahead *= ahead
        spread[block] = np.sqrt((ahead * shares).sum(axis=2))
    return weights, spread


def _expected_error(errors: Floats, spread: Floats, schedule: Schedule, valid: Floats, restless: Floats) -> Floats:
    """The error to expect: the series' own past one, drawn to the batch's, and the spread of candidates.

    errors: S × O × G, absolute; restless: S, how much a series moves in a week, which makes series comparable.
    """
    known = schedule.known()
    tested = valid[..., None] * (errors > 0)
    share = errors / restless[:, None, None]
    profile = np.array([_median(share[..., g][tested[..., g] > 0]) for g in range(len(schedule.grid))])
    counts = np.einsum("sig,ijg->sj", tested, known, optimize=True)
    sums = np.einsum("sig,ijg->sj", tested * share / profile, known, optimize=True)
    prior = _PRIOR_ORIGINS * len(schedule.grid)
    own = (sums + prior) / (counts + prior)
    base = own[..., None] * profile * restless[:, None, None]
    expected: Floats = np.sqrt(base**2 + spread**2)
    return expected


def _restlessness(level: Floats, starts: Days) -> Floats:
    """The usual change of the level in a week; never 0, so that a flat series can be divided by it."""
    moves = np.abs(level[:, 7:] - level[:, :-7])
    moves[np.arange(7, level.shape[1]) - 7 < starts[:, None]] = np.nan
    size = np.nanmax(np.abs(level), axis=1)
    usual: Floats = np.maximum(np.nanmean(moves, axis=1), np.maximum(size * 1e-4, 1e-12))
    return usual


def _median(values: Floats) -> float:
    return max(float(np.median(values)), 1e-9) if values.size else 1.0


def _part(lines: Lines, block: slice) -> Lines:
    return Lines(lines.levels[block], lines.slopes[block])


def _blocks(rows: int) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, rows, _BLOCK)]
