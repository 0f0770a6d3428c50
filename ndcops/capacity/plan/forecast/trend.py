"""Damped trends of several memories, fitted at many origins at once by discounted least squares.

Damping: Gardner & McKenzie, "Forecasting trends in time series", Management Science 31 (1985).
Discounted regression: Brown, "Smoothing, Forecasting and Prediction" (1963), by its running sums.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ndcops.capacity.plan.forecast.history import Days, Floats

HALF_LIVES_DAYS: Final = (14.0, 30.0, 60.0, 120.0, 240.0, 480.0)
DAMPINGS: Final = (1.0, 0.997, 0.99)
"""What is left of the growth from one day to the next: for ever, halved in eight months, halved in ten weeks."""


@dataclass(frozen=True)
class Candidate:
    """A way to foretell: the memory of its slope and of its level (indices of HALF_LIVES_DAYS), its damping."""

    slope: int
    level: int
    damping: int


def _candidates() -> tuple[Candidate, ...]:
    """Each slope from its own level, from that of two months and from the newest one."""
    found = []
    for slope in range(1, len(HALF_LIVES_DAYS)):
        for damping in range(len(DAMPINGS)):
            found += [Candidate(slope, level, damping) for level in sorted({0, min(2, slope), slope})]
    return tuple(found)


CANDIDATES: Final = _candidates()


@dataclass(frozen=True)
class Lines:
    """Level and slope per day at each origin: S series × O origins × L half-lives."""

    levels: Floats
    slopes: Floats


def discounted_lines(values: Floats, starts: Days, origins: Days) -> Lines:
    """The straight lines through what was known at each origin, older days counting less.

    values: S × T; starts: the first usable column of each series; origins: columns, rising.
    """
    decay = 0.5 ** (1 / np.array(HALF_LIVES_DAYS))[:, None]
    shape = (len(HALF_LIVES_DAYS), len(values))
    s0, s1, s2, y0, y1 = (np.zeros(shape) for _ in range(5))
    levels, slopes = (np.zeros((len(origins), *shape)) for _ in range(2))
    wanted = {int(origin): index for index, origin in enumerate(origins)}
    for column in range(int(origins[-1]) + 1):
        known = column >= starts
        # Everything known grows a day older, then the new day joins at age 0.
        s2 = decay * (s2 + 2 * s1 + s0)
        s1 = decay * (s1 + s0)
        s0 = decay * s0 + known
        y1 = decay * (y1 + y0)
        y0 = decay * y0 + np.where(known, values[:, column], 0.0)
        if column in wanted:
            at = wanted[column]
            spread = s0 * s2 - s1 * s1
            usable = spread > 1e-9
            safe = np.where(usable, spread, 1.0)
            levels[at] = np.where(usable, (s2 * y0 - s1 * y1) / safe, 0.0)
            slopes[at] = np.where(usable, (s1 * y0 - s0 * y1) / safe, 0.0)
    return Lines(levels.transpose(2, 0, 1), slopes.transpose(2, 0, 1))


def growth_days(horizons: Days) -> Floats:
    """How many days' worth of today's growth have come by each horizon: D dampings × H."""
    steps = np.arange(1, int(horizons[-1]) + 1)
    return np.stack([np.cumsum(damping**steps)[horizons - 1] for damping in DAMPINGS])


def foretold(lines: Lines, horizons: Days) -> NDArray[np.float32]:
    """What each candidate foretells: S × O × C candidates × H; single precision, as it is the largest array."""
    growth = growth_days(horizons).astype(np.float32)
    levels = lines.levels[..., [each.level for each in CANDIDATES]].astype(np.float32)
    slopes = lines.slopes[..., [each.slope for each in CANDIDATES]].astype(np.float32)
    return levels[..., None] + slopes[..., None] * growth[[each.damping for each in CANDIDATES]]


@dataclass(frozen=True)
class Blend:
    """Candidates mixed by weight: a level and one slope for each damping, S × O and S × O × D."""

    level: Floats
    slopes: Floats

    def at(self, horizons: Days) -> Floats:
        """The level on each day ahead: S × O × H."""
        ahead: Floats = self.level[..., None] + self.slopes @ growth_days(horizons)
        return ahead


def blended(lines: Lines, weights: Floats) -> Blend:
    """The mixture; weights: S × O × C, each row adding up to 1."""
    level = (lines.levels[..., [each.level for each in CANDIDATES]] * weights).sum(axis=-1)
    parts = lines.slopes[..., [each.slope for each in CANDIDATES]] * weights
    dampings = np.array([each.damping for each in CANDIDATES])
    return Blend(level, np.stack([parts[..., dampings == d].sum(axis=-1) for d in range(len(DAMPINGS))], axis=-1))
