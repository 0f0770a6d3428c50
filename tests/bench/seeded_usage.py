"""Seeded usage histories with a known future, for the benchmark of forecasts.

The generator shares nothing with the model under test: growth is linear, fading, compound, of changing pace or
a drifting slope; noise is autocorrelated with heavy tails; days are outliers, incidents last some days;
planned waves come late and larger or smaller than planned; and some series change pace after the last day
that the forecast may see.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from ndcops.capacity.plan.forecast import History, SeriesId, Wave
from ndcops.capacity.plan.forecast.history import EPOCH, Days, Floats

KINDS = ("linear", "fading", "compound", "pace-changes", "drifting", "pace-changes-later")
SHARES = (0.35, 0.20, 0.10, 0.15, 0.10, 0.10)
FIRST_DAY = 19_000
FUTURE_DAYS = 400
AHEAD_DAYS = (60, 120)
"""Capacity is the true level of a day drawn from this span: ninety days ahead on average."""


@dataclass(frozen=True)
class Hidden:
    """What no forecast sees: growth without waves, and for each series the days and plans of its waves.

    growth: S × T and FUTURE_DAYS, carried on at the last pace seen where the future is drawn anew;
    level: S × T, growth and waves that came; waves: (planned day, planned amount, day it came).
    """

    growth: Floats
    level: Floats
    waves: tuple[tuple[tuple[int, float, int], ...], ...]


@dataclass(frozen=True)
class SeededUsage:
    """What the forecast sees, and the day (0 is the first unseen one) on which capacity is truly passed.

    Truly passed: by demand without week and noise.
    """

    history: History
    capacity: Floats
    waves: tuple[Wave, ...]
    passed: Days
    kinds: tuple[str, ...]
    hidden: Hidden


def seeded_usage(series: int, days: int, seed: int) -> SeededUsage:
    """So many series of so many days; only those whose level truly passes capacity within FUTURE_DAYS."""
    chance = np.random.default_rng(seed)
    names = tuple(SeriesId(f"ndc{row % 40 + 1}", f"resource{row // 40 + 1}") for row in range(series))
    kinds = tuple(chance.choice(KINDS, series, p=SHARES))
    total = days + FUTURE_DAYS
    trends = np.stack([_trend(kind, total, days, chance) for kind in kinds])
    waves, steps, came = _waves(names, trends, days, chance)
    truth = trends + steps
    usage = truth + _week(truth, chance) + _noise(truth, chance)
    capacity = np.array([row[days - 1 + chance.integers(*AHEAD_DAYS, endpoint=True)] for row in truth])
    capacity = np.maximum(capacity, truth[:, days - 1] * 1.01)
    passed = _passed(truth[:, days:], capacity)
    seen = np.maximum(_spoiled(usage[:, :days], chance), 0.0)
    history = History(names, np.arange(FIRST_DAY, FIRST_DAY + days), seen)
    hidden = Hidden(_carried_on(trends, kinds, days), truth[:, :days], came)
    return SeededUsage(history, capacity, waves, passed, kinds, hidden)


def _carried_on(trends: Floats, kinds: tuple[str, ...], days: int) -> Floats:
    """Growth without what is drawn anew after the last day seen: drift and later changes of pace."""
    anew = np.isin(kinds, ("drifting", "pace-changes-later"))[:, None]
    pace = trends[:, days - 1] - trends[:, days - 2]
    straight = trends[:, days - 1, None] + pace[:, None] * np.arange(1, FUTURE_DAYS + 1)
    return np.concatenate([trends[:, :days], np.where(anew, straight, trends[:, days:])], axis=1)


def _passed(level: Floats, capacity: Floats) -> Days:
    over = level >= capacity[:, None]
    return np.where(over.any(axis=1), over.argmax(axis=1), FUTURE_DAYS)


def _trend(kind: str, total: int, days: int, chance: np.random.Generator) -> Floats:
    """A level of 100 that grows by 25% to 150% in its first two years."""
    time = np.arange(total)
    slope = np.exp(chance.uniform(np.log(25), np.log(150))) / days
    if kind == "fading":
        slopes = slope * 1.5 * 0.5 ** (time / chance.uniform(400, 1500))
    elif kind == "compound":
        slopes = np.gradient(100 * np.exp(np.log1p(slope * days / 100) * time / days))
    elif kind == "pace-changes":
        slopes = np.full(total, slope)
        for day in chance.choice(days, chance.integers(1, 4), replace=False):
            slopes[day:] = slope * chance.uniform(0.4, 1.8)
    elif kind == "drifting":
        wander = np.cumsum(chance.normal(0, 0.35 / np.sqrt(365), total))
        slopes = slope * np.exp(wander)
    elif kind == "pace-changes-later":
        slopes = np.full(total, slope)
        slopes[days + chance.integers(0, 60) :] *= chance.uniform(0.7, 1.4)
    else:
        slopes = np.full(total, slope)
    return 100 + np.cumsum(slopes)


def _waves(
    names: tuple[SeriesId, ...], trends: Floats, days: int, chance: np.random.Generator
) -> tuple[tuple[Wave, ...], Floats, tuple[tuple[tuple[int, float, int], ...], ...]]:
    """Planned waves and what truly came of them: up to 12 days late, 10% more or less."""
    waves, steps = [], np.zeros_like(trends)
    known: list[list[tuple[int, float, int]]] = [[] for _ in names]
    for row, series in enumerate(names):
        for number in range(chance.integers(0, 5)):
            planned = int(chance.integers(30, days + 150))
            amount = float(chance.uniform(3, 25))
            came = planned + max(0, int(chance.normal(0, 4)))
            steps[row, came:] += amount * chance.normal(1, 0.1)
            known[row].append((planned, amount, came))
            day = EPOCH + timedelta(days=FIRST_DAY + planned)
            waves.append(Wave(day, series.site, series.resource, amount, f"wave-{number + 1}"))
    return tuple(waves), steps, tuple(tuple(row) for row in known)


def _week(truth: Floats, chance: np.random.Generator) -> Floats:
    """Working days above, weekends below; each series its own, growing with the level."""
    shape = np.array([0.2, 0.3, 0.3, 0.2, 0.1, -0.5, -0.6])
    profile = (shape + chance.normal(0, 0.1, (len(truth), 7))) * chance.uniform(0, 0.12, (len(truth), 1))
    return truth * profile[:, np.arange(truth.shape[1]) % 7]


def _noise(truth: Floats, chance: np.random.Generator) -> Floats:
    """First-order autocorrelated, Student's t with four degrees of freedom, 0.3% to 2% of the level."""
    memory = chance.uniform(0, 0.7, len(truth))
    shocks = chance.standard_t(4, truth.shape) / np.sqrt(2) * np.sqrt(1 - memory**2)[:, None]
    state, noise = shocks[:, 0], np.empty_like(truth)
    for day in range(truth.shape[1]):
        state = memory * state + shocks[:, day]
        noise[:, day] = state
    return noise * chance.uniform(0.003, 0.02, (len(truth), 1)) * truth.mean(axis=1, keepdims=True)


def _spoiled(usage: Floats, chance: np.random.Generator) -> Floats:
    """One day in a hundred is an outlier; one series in five has an incident of two to six days."""
    seen = usage * np.where(chance.random(usage.shape) < 0.01, chance.uniform(0, 3, usage.shape), 1.0)
    for row in np.flatnonzero(chance.random(len(usage)) < 0.2):
        start = chance.integers(0, usage.shape[1] - 6)
        seen[row, start : start + chance.integers(2, 7)] *= chance.uniform(0.2, 1.5)
    return seen
