"""Level and growth of each series as a mixture of forms, weighed by how well each explains its history."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ndcops.capacity.plan.forecast.growth import MEMORIES, Form, Sample, Weighing, fitted, forms, week_error
from ndcops.capacity.plan.forecast.history import Days, Floats
from ndcops.capacity.plan.forecast.turns import SIZES, turned
from ndcops.capacity.plan.forecast.waves import WEEK

_LEAST_TURN_WEEKS: Final = 13
"""A shorter history cannot tell a change of pace from noise."""
_SHARE_ROUNDS: Final = 30


@dataclass(frozen=True)
class Mixture:
    """S series × F forms: weight, level and weekly slope today, their covariance, variance that drifts add.

    counts: weeks of each series, which its forms depend on.
    """

    counts: Days
    weights: Floats
    lines: Floats
    covariances: Floats
    drifts: Floats

    def at(self, days: Days) -> Floats:
        """The level so many days ahead: S × H."""
        level = (self.weights * self.lines[..., 0]).sum(axis=1)
        ahead: Floats = level[:, None] + self._grown(self.weights * self.lines[..., 1], days, 1)
        return ahead

    def error(self, days: Days) -> Floats:
        """Its standard error, by the spread of each form and by how far forms disagree: S × H."""
        level = (self.weights * self.lines[..., 0]).sum(axis=1, keepdims=True)
        levels, slopes = self.lines[..., 0] - level, self.lines[..., 1]
        middle = self._grown(self.weights * slopes, days, 1)
        variance = (self.weights * (self.covariances[..., 0, 0] + levels**2)).sum(axis=1)[:, None] - middle**2
        variance += self._grown(2 * self.weights * (self.covariances[..., 0, 1] + levels * slopes), days, 1)
        variance += self._grown(self.weights * (self.covariances[..., 1, 1] + slopes**2), days, 2)
        variance += (self.weights * self.drifts).sum(axis=1)[:, None] * (days / WEEK) ** 3 / 3
        error: Floats = np.sqrt(np.maximum(variance, 0.0))
        return error

    def _grown(self, factors: Floats, days: Days, power: int) -> Floats:
        """The sum over forms of factor × growth to a power: S × H."""
        grown = np.empty((len(factors), len(days)))
        straight = np.tile(days / WEEK, (factors.shape[1], 1))
        for count in np.unique(self.counts):
            growth = straight.copy()
            for column, form in enumerate(forms(int(count))):
                growth[column] = form.growth(days / WEEK)
            alike = self.counts == count
            grown[alike] = factors[alike] @ growth**power
        return grown


@dataclass(frozen=True)
class _Columns:
    """What is known of each form, before forms are weighed."""

    evidence: Floats
    lines: Floats
    covariances: Floats
    drifts: Floats


def mixed(weeks: Floats, steps: Floats, doubts: Floats) -> Mixture:
    """The mixture from all weeks given.

    weeks: S × W, NaN before a start; steps: S × K × W, 1 before each; doubts: S × K, errors of their heights.
    """
    counts = np.isfinite(weeks).sum(axis=1)
    amount = len(forms(1)) + 2 * len(SIZES)
    shape = (len(weeks), amount)
    found = _Columns(np.full(shape, -np.inf), np.zeros((*shape, 2)), np.zeros((*shape, 2, 2)), np.zeros(shape))
    size = np.maximum(np.nanmean(np.abs(weeks), axis=1), 1e-12)
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        unit = size[rows, None]
        sample = Sample(weeks[rows, -count:] / unit, steps[rows, :, -count:], doubts[rows] / unit)
        error, memory = week_error(sample)
        for index in np.unique(memory):
            alike = memory == index
            scaled = sample.rows(alike)
            scaled = Sample(scaled.values, scaled.steps, scaled.doubts / error[alike, None])
            _fill(found, rows[alike], scaled, error[alike], MEMORIES[index])
    scale = size[:, None]
    return Mixture(
        counts,
        _weights(found.evidence),
        found.lines * scale[..., None],
        found.covariances * scale[..., None, None] ** 2,
        found.drifts * scale**2,
    )


def _fill(found: _Columns, rows: Days, sample: Sample, error: Floats, memory: float) -> None:
    """All forms of series of one length and memory."""
    count = sample.values.shape[1]
    known: tuple[Form, ...] = forms(count)
    still = Weighing(sample, memory, 0.0)
    for column, form in enumerate(known):
        fit = fitted(Weighing(sample, memory, form.drift) if form.drift else still, form)
        found.evidence[rows, column] = fit.evidence
        found.lines[rows, column] = fit.line
        found.covariances[rows, column] = fit.variance[:, None, None] * fit.spread
        found.drifts[rows, column] = fit.variance * form.drift**2
    if count < _LEAST_TURN_WEEKS:
        return
    for column, one in enumerate(turned(sample, error, memory), start=len(known)):
        found.evidence[rows, column] = one.evidence
        found.lines[rows, column] = one.line
        found.covariances[rows, column] = one.covariance


def _weights(evidence: Floats) -> Floats:
    """Probabilities of forms: S × F; how usual each form is, the batch itself tells (empirical Bayes)."""
    series, amount = evidence.shape
    usual = np.full(amount, 1 / amount)
    weights = np.empty_like(evidence)
    for _ in range(_SHARE_ROUNDS):
        scores = evidence + np.log(usual)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        usual = (weights.sum(axis=0) + 1) / (series + amount)
    return weights
