"""Courses that demand may take: the middle one, and around it what past forecasts and past plans missed."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ndcops.capacity.plan.forecast.accuracy import Flags, Residuals
from ndcops.capacity.plan.forecast.history import Days, Floats

PATHS: Final = 1_000
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
"""Between the low and the high quantile lie 80% of the paths."""
_NORMAL_HIGH: Final = 1.2816
"""The high quantile of a normal error."""
_BLOCK: Final = 16


@dataclass(frozen=True)
class Courses:
    """S series × H days: the middle course, the error expected of it, the doubt of waves to come.

    paths: past errors over expected ones, PATHS × H. plans: how far the waves of each path differ from plan, in
    doubts, PATHS: that demand grows otherwise than foretold says nothing of what waves bring.
    """

    middle: Floats
    scale: Floats
    doubt: Floats
    paths: Floats
    plans: Floats

    @classmethod
    def drawn(
        cls, middle: Floats, scale: Floats, doubt: Floats, residual: Residuals, chance: np.random.Generator
    ) -> "Courses":
        """Residual paths at random; beyond what history could test, each keeps its last value."""
        rows = chance.choice(len(residual.paths), PATHS, replace=len(residual.paths) < PATHS)
        columns = np.minimum(np.arange(middle.shape[1]), residual.paths.shape[1] - 1)
        return cls(middle, scale, doubt, residual.paths[rows][:, columns], chance.normal(size=PATHS))

    def bands(self) -> Floats:
        """The low, middle and high quantile of each day: 3 × S × H; independent errors add up as squares."""
        low, centre, high = np.quantile(self.paths, (LOW, MIDDLE, HIGH), axis=0)
        middle = self.middle + self.scale * centre
        doubt = _NORMAL_HIGH * self.doubt
        below, above = np.hypot(self.scale * (centre - low), doubt), np.hypot(self.scale * (high - centre), doubt)
        return np.stack([middle - below, middle, middle + above])

    def passing(self, capacity: Floats) -> Days:
        """Index of the day on which 10% of the paths, the middle one and 90% have passed: S × 3; H when not.

        The middle path counts, not half of the others, as each of them is rough and so passes a little early.
        """
        room = capacity[:, None] - self.middle
        horizon = room.shape[1]
        found = np.empty((len(room), 3), dtype=np.int64)
        ranks = [round(share * (PATHS - 1)) for share in (LOW, MIDDLE, HIGH)]
        for start in range(0, len(room), _BLOCK):
            passed = self._passed(room, slice(start, start + _BLOCK))
            first = np.where(passed.any(axis=2), passed.argmax(axis=2), horizon)
            found[start : start + _BLOCK] = np.partition(first, ranks, axis=1)[:, ranks]
        over = room <= 0
        middle = np.where(over.any(axis=1), over.argmax(axis=1), horizon)
        found[:, 1] = np.clip(middle, found[:, 0], found[:, 2])
        return found

    def _passed(self, room: Floats, rows: slice) -> Flags:
        """Where each path is at or over capacity: series × PATHS × H."""
        scale = np.maximum(self.scale[rows], 1e-12)
        narrow = (room[rows] / scale).astype(np.float32)
        share = (self.doubt[rows] / scale).astype(np.float32)
        paths, plans = self.paths.astype(np.float32), self.plans.astype(np.float32)[:, None]
        passed = np.empty((len(narrow), *paths.shape), dtype=np.bool_)
        for row, doubted in enumerate(share):
            course = paths + plans * doubted if doubted.any() else paths
            np.greater_equal(course, narrow[row], out=passed[row])
        return passed
