"""Forms of growth fitted to weekly values by generalised least squares, with the probability of each.

Steady, fading or compound growth is one family, the modified exponential (Meade & Islam, J. Forecasting 14,
1995; its discrete form is the damped trend of Gardner & McKenzie, 1985); a drifting slope is the integrated
random walk (Harvey, "Forecasting, structural time series models", 1989); changes of pace are in `turns`.
Errors are first-order autoregressive. Level and slope have no prior, the scale of errors Jeffreys' one.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ndcops.capacity.plan.forecast.history import Days, Floats

MEMORIES: Final = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Correlation of one week's error with that of the week before."""
DRIFTS: Final = tuple(0.001 * 2.0**power for power in range(8))
"""Weekly change of the slope over the error of a week: from unseen in five years to all that is seen."""
_SCREENED: Final = (0.0, *DRIFTS[2::3])
_USUAL_MEMORY: Final = range(1, 2)
_OCTAVES: Final = tuple(0.5 * step for step in range(-4, 5))
_LEAST: Final = 1e-12

Rows = Days | NDArray[np.bool_]


@dataclass(frozen=True)
class Form:
    """A form of growth: the weekly rate at which it fades (negative: compounds), or how much its slope drifts."""

    rate: float = 0.0
    drift: float = 0.0

    def growth(self, weeks: Floats) -> Floats:
        """What one unit of today's slope has added after so many weeks (before today: negative)."""
        return weeks if self.rate == 0 else -np.expm1(-self.rate * weeks) / self.rate


def forms(weeks: int) -> tuple[Form, ...]:
    """Rates that halve or double the slope in a quarter of the history up to four times the history."""
    rates = [np.log(2) / (weeks * 2.0**octave) for octave in _OCTAVES]
    bent = [Form(rate=sign * rate) for sign in (1.0, -1.0) for rate in rates]
    return (Form(), *bent, *(Form(drift=drift) for drift in DRIFTS))


@dataclass(frozen=True)
class Sample:
    """Weekly values S × N, and steps whose height is in doubt: S × K × N, heights' standard errors S × K."""

    values: Floats
    steps: Floats
    doubts: Floats

    def rows(self, wanted: Rows) -> "Sample":
        """Some of the series."""
        return Sample(self.values[wanted], self.steps[wanted], self.doubts[wanted])


@dataclass(frozen=True)
class Fit:
    """One form fitted to S series.

    evidence: log of the marginal likelihood; line: level and slope today, S × 2; spread: their covariance
    over `variance`, S × 2 × 2; misses: the residual sum of squares.
    """

    evidence: Floats
    line: Floats
    spread: Floats
    misses: Floats
    freedom: int

    @property
    def variance(self) -> Floats:
        """Of a week's error: S."""
        return self.misses / self.freedom


def week_times(count: int) -> Floats:
    """The middle of each week, in weeks before today's end of day."""
    return np.arange(1 - count, 1, dtype=np.float64) - 3 / 7


def remembered(count: int, memory: float) -> Floats:
    """Correlation of the errors of `count` weeks."""
    apart = np.abs(np.arange(count)[:, None] - np.arange(count))
    correlation: Floats = np.power(memory, apart, dtype=np.float64)
    return correlation


def drifted(count: int) -> Floats:
    """Covariance of a slope that has walked at random, seen backwards from today."""
    ago = -week_times(count)
    near, far = np.minimum(ago[:, None], ago), np.maximum(ago[:, None], ago)
    covariance: Floats = near**2 * (3 * far - near) / 6
    return covariance


@lru_cache(maxsize=256)
def error_weights(count: int, memory: float, drift: float) -> tuple[Floats, float]:
    """Inverse of the covariance of errors of `count` weeks, and the log of its determinant."""
    errors = remembered(count, memory) + drift**2 * drifted(count)
    inverse: Floats = np.linalg.inv(errors).astype(np.float64)
    return inverse, float(np.linalg.slogdet(errors)[1])


class Weighing:
    """Inner products of weekly curves after errors are weighed and steps are fitted away."""

    def __init__(self, sample: Sample, memory: float, drift: float) -> None:
        """Errors of one memory, and a slope of one drift. Doubts are multiples of `week_error`."""
        self.sample = sample
        count = sample.values.shape[1]
        self._inverse, size = error_weights(count, memory, drift)
        self._stepped = sample.steps @ self._inverse
        known = 1 / np.maximum(sample.doubts, 1e-6) ** 2
        normal = self._stepped @ sample.steps.transpose(0, 2, 1) + known[:, :, None] * np.eye(known.shape[1])
        self._solved = np.linalg.inv(normal)
        self._seen = self._stepped @ sample.values[..., None]
        # Twice the log of what does not depend on the curves: sizes of both covariances.
        self.size = size + np.linalg.slogdet(normal)[1] - np.log(known).sum(axis=1)
        total = ((sample.values @ self._inverse) * sample.values).sum(axis=1)
        self.total = total - (self._seen * (self._solved @ self._seen)).sum(axis=(1, 2))

    def products(self, left: Floats, right: Floats) -> Floats:
        """Of curves I × N and J × N: S × I × J."""
        found: Floats = left @ self._inverse @ right.T - (self._stepped @ left.T).transpose(0, 2, 1) @ (
            self._solved @ (self._stepped @ right.T)
        )
        return found

    def with_values(self, curves: Floats) -> Floats:
        """Of curves I × N and the values: S × I."""
        found: Floats = self.sample.values @ (curves @ self._inverse).T
        return found - ((self._stepped @ curves.T).transpose(0, 2, 1) @ (self._solved @ self._seen))[..., 0]


def line_curves(form: Form, count: int) -> Floats:
    """What one unit of level and of slope today is worth in each week: 2 × N."""
    return np.stack([np.ones(count), form.growth(week_times(count))])


def fitted(weighing: Weighing, form: Form) -> Fit:
    """Level and slope of one form."""
    count = weighing.sample.values.shape[1]
    curves = line_curves(form, count)
    normal, right = weighing.products(curves, curves), weighing.with_values(curves)
    spread: Floats = np.linalg.inv(normal).astype(np.float64)
    line: Floats = (spread @ right[..., None])[..., 0]
    misses = np.maximum(weighing.total - (right * line).sum(axis=1), 0.0) + _LEAST * count
    freedom = count - 2
    size = weighing.size + np.linalg.slogdet(normal)[1]
    return Fit(-0.5 * (size + freedom * np.log(misses)), line, spread, misses, freedom)


def week_error(sample: Sample) -> tuple[Floats, Days]:
    """Standard error of a week (S), and the index of the memory that suits best, under drifts of all sizes.

    Doubts enter as multiples of that error, so it is found first with a usual memory, then again with all.
    """
    bends = np.abs(np.diff(sample.values, 2, axis=1))
    error = 1.4826 * np.median(bends, axis=1) / np.sqrt(6) + 1e-6
    memory = np.zeros(len(error), dtype=np.int64)
    for tried in (_USUAL_MEMORY, range(len(MEMORIES))):
        scaled = Sample(sample.values, sample.steps, sample.doubts / error[:, None])
        best = np.full(len(error), -np.inf)
        variance = np.ones(len(error))
        for index in tried:
            for drift in _SCREENED:
                fit = fitted(Weighing(scaled, MEMORIES[index], drift), Form(drift=drift))
                better = fit.evidence > best
                best[better] = fit.evidence[better]
                variance[better] = fit.variance[better]
                memory[better] = index
        error = np.sqrt(variance)
    return error, memory
