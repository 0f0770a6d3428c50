"""Changes of pace: straight growth with one or two turns, each possible place of them weighed.

All places are tried at once, as the gain of each turn follows from the fit without it (Bayesian multiple
change points, as in Fearnhead, Statistics and Computing 16, 2006, here for lines that meet).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ndcops.capacity.plan.forecast.growth import Fit, Form, Sample, Weighing, fitted, line_curves, week_times
from ndcops.capacity.plan.forecast.history import Floats

SIZES: Final = (0.3, 1.0)
"""Usual size of a change, as a share of the slope: a third, or all of it."""
_MOST_PLACES: Final = 50
_LEAST_WEEKS: Final = 3
"""A turn has at least so many weeks on either side."""
_BLOCK: Final = 128


@dataclass(frozen=True)
class Turned:
    """Level and slope today of one number of turns of one size: evidence S, line S × 2, covariance S × 2 × 2."""

    evidence: Floats
    line: Floats
    covariance: Floats


@dataclass(frozen=True)
class _Gains:
    """Turns beside the straight line: their likely heights' numerators, precisions, effect on the line."""

    straight: Fit
    heights: Floats
    normal: Floats
    line_change: Floats
    known: Floats

    def turned(self, misses: Floats, sizes: Floats, line: Floats, own: Floats | None) -> Turned:
        """Weighs M placements: misses, sizes S × M; line S × M × 2; own: what heights add to covariance."""
        straight, freedom = self.straight, self.straight.freedom
        misses = np.maximum(misses, 1e-9 * straight.misses[:, None])
        gained = -0.5 * (freedom * (np.log(misses) - np.log(straight.misses)[:, None]) + sizes)
        most = gained.max(axis=1, keepdims=True)
        weights = np.exp(gained - most)
        total = weights.sum(axis=1, keepdims=True)
        weights /= total
        evidence = straight.evidence + most[:, 0] + np.log(total[:, 0] / weights.shape[1])
        variance = (weights * misses).sum(axis=1) / freedom
        middle = np.einsum("sm,smi->si", weights, line)
        apart = line - middle[:, None]
        covariance = variance[:, None, None] * straight.spread
        if own is not None:
            covariance += variance[:, None, None] * np.einsum("sm,smij->sij", weights, own)
        covariance += (weights[:, :, None] * apart).transpose(0, 2, 1) @ apart
        return Turned(evidence, straight.line + middle, covariance)

    def one(self) -> Turned:
        """One turn somewhere."""
        precision = np.diagonal(self.normal, axis1=1, axis2=2) + self.known[:, None]
        height = self.heights / precision
        misses = self.straight.misses[:, None] - self.heights * height
        sizes = np.log(precision) - np.log(self.known)[:, None]
        change = self.line_change.transpose(0, 2, 1)
        own = change[..., :, None] * change[..., None, :] / precision[..., None, None]
        return self.turned(misses, sizes, change * height[..., None], own)

    def two(self) -> Turned:
        """Two turns, at any two places."""
        first, second = np.triu_indices(self.heights.shape[1], 1)
        precision = np.diagonal(self.normal, axis1=1, axis2=2) + self.known[:, None]
        one, other = precision[:, first], precision[:, second]
        both = self.normal[:, first, second]
        size = np.maximum(one * other - both**2, 1e-12 * one * other)
        g1, g2 = self.heights[:, first], self.heights[:, second]
        h1, h2 = (other * g1 - both * g2) / size, (one * g2 - both * g1) / size
        misses = self.straight.misses[:, None] - g1 * h1 - g2 * h2
        change = self.line_change.transpose(0, 2, 1)
        line = change[:, first] * h1[..., None] + change[:, second] * h2[..., None]
        sizes = np.log(size) - 2 * np.log(self.known)[:, None]
        # What heights may differ by at one pair of places is small beside what pairs differ by.
        return self.turned(misses, sizes, line, None)


def turned(sample: Sample, week_error: Floats, memory: float) -> list[Turned]:
    """One and two turns of each of SIZES; sample as for `Weighing`; week_error: S."""
    parts = [
        _turned_rows(Weighing(sample.rows(rows), memory, 0.0), week_error[rows])
        for rows in np.array_split(np.arange(len(week_error)), len(week_error) // _BLOCK + 1)
    ]
    return [
        Turned(
            np.concatenate([part.evidence for part in column]),
            np.concatenate([part.line for part in column]),
            np.concatenate([part.covariance for part in column]),
        )
        for column in zip(*parts, strict=True)
    ]


def _turned_rows(weighing: Weighing, week_error: Floats) -> list[Turned]:
    count = weighing.sample.values.shape[1]
    straight, curves = fitted(weighing, Form()), line_curves(Form(), count)
    times = week_times(count)
    places = times[_LEAST_WEEKS : count - _LEAST_WEEKS : -(-count // _MOST_PLACES)]
    # Slopes differ before a turn, so that level and slope stay those of today.
    bends = np.maximum(places[:, None] - times, 0.0)
    shared = weighing.products(curves, bends)
    effect = straight.spread @ shared
    normal = weighing.products(bends, bends) - shared.transpose(0, 2, 1) @ effect
    heights = weighing.with_values(bends) - (straight.line[:, None] @ shared)[:, 0]
    usual = np.sqrt(straight.line[:, 1] ** 2 + (week_error / count) ** 2) / week_error
    found = []
    for size in SIZES:
        gains = _Gains(straight, heights, normal, -effect, 1 / (size * usual) ** 2)
        found += [gains.one(), gains.two()]
    return found
