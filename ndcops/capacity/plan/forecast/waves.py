"""Planned waves as known steps of demand: past ones are taken out before the fit, coming ones are added."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ndcops.capacity.plan.forecast.history import EPOCH, Days, Floats, History, HistoryFinding, SeriesId, Trouble
from ndcops.model.errors import InvalidInput

WEEK: Final = 7
FOUR_WEEKS: Final = 28
_BESIDE_DAYS: Final = 90
_LEAST_DAYS: Final = 21
_LATEST_DAYS: Final = 28
"""Days beside a wave that tell what it truly added, and how late it may have come."""
PLAN_ERROR: Final = 0.15
"""What a plan's amount usually differs by; a wave that differs by far more is told."""
_DEPENDENCE: Final = 3.5
"""A mean miss as a standard error: 1.25 for a normal's mean deviation, 2.8 as medians of 7 days overlap."""
MOST_STEPS: Final = 8
"""Waves of one series whose amount is learnt from the history; of the others the first sight counts."""
_CLIP: Final = 1.5
"""What a day may differ from its week: so many times what nine days in ten differ at most."""
_MOST_SIGHTS: Final = 8
"""How often each of several waves is looked at beside what was last seen of the others."""
_SETTLED: Final = 0.02
"""Of the plan: a wave that moves less between two looks is settled."""
_CERTAIN: Final = 3.0
"""Standard errors beyond which the step that was seen counts, not the planned one."""


@dataclass(frozen=True)
class Wave:
    """A step of demand on `day`: `amount` in the unit of the series; negative when something moves out."""

    day: date
    site: str
    resource: str
    amount: float
    name: str
    pool: str = ""

    @property
    def series(self) -> SeriesId:
        """The series that it adds to."""
        return SeriesId(self.site, self.resource, self.pool)

    @property
    def number(self) -> int:
        """Its day, counted from 1970-01-01."""
        return (self.day - EPOCH).days


def check_waves(waves: Sequence[Wave]) -> None:
    """Raises InvalidInput for an amount that is not a number."""
    for wave in waves:
        if not np.isfinite(wave.amount):
            raise InvalidInput(f"wave '{wave.name}' of {wave.series}: amount {wave.amount} is not a number")


def weekly_level(values: Floats) -> Floats:
    """The robust mean of the week around each day, S × T: no weekdays, no outliers, and steps stay sharp.

    It is the running median of seven days, plus the mean of four weeks of what days differ from it, clipped:
    a median alone would lie on the working days and ignore the weekends.
    """
    middle = _running_median(values)
    away = np.nan_to_num(values - middle)
    limit = _CLIP * np.quantile(np.abs(away), 0.9, axis=-1, keepdims=True)
    return middle + four_week_mean(np.clip(away, -limit, limit))


def _running_median(values: Floats) -> Floats:
    """Centred, of seven days; the first and last three days have as many as there are on their shorter side."""
    level = np.empty_like(values)
    total = values.shape[-1]
    half = WEEK // 2
    level[..., half : total - half] = _medians(values)
    for edge in range(half):
        width = 2 * edge + 1
        level[..., edge] = np.partition(values[..., :width], edge, axis=-1)[..., edge]
        level[..., total - 1 - edge] = np.partition(values[..., total - width :], edge, axis=-1)[..., edge]
    return level


def _medians(values: Floats) -> Floats:
    windows = sliding_window_view(values, WEEK, axis=-1)
    blocks = [
        np.partition(rows, WEEK // 2, axis=-1)[..., WEEK // 2]
        for rows in np.array_split(windows, len(windows) // 128 + 1)
    ]
    return np.concatenate(blocks)


def four_week_mean(level: Floats) -> Floats:
    """The centred mean of 29 days: what outcomes are measured by, so that no single week decides.

    Near both ends the window shrinks to the days that there are on its shorter side.
    """
    total = level.shape[-1]
    sums = np.concatenate([np.zeros((len(level), 1)), np.cumsum(np.nan_to_num(level), axis=-1)], axis=-1)
    days = np.arange(total)
    half = np.minimum(np.minimum(days, total - 1 - days), FOUR_WEEKS // 2)
    mean: Floats = (sums[:, days + half + 1] - sums[:, days - half]) / (2 * half + 1)
    return mean


@dataclass(frozen=True)
class Steps:
    """Past waves as a fit of W weeks sees them: their heights are its own to find, with the plan as prior.

    shares: of each week, what lies before a wave, S × K × W; doubts: of heights, S × K; unseen: what makes
    values whose waves were taken out as they were seen into such as if they had been taken out as planned,
    S × W. Else the same days would tell the height twice.
    """

    shares: Floats
    doubts: Floats
    unseen: Floats


@dataclass(frozen=True)
class PastWaves:
    """Waves that came: row of the series, column of the day on which each came, planned amount.

    unseen: the planned amount less what was taken out; 0 where sight contradicts the plan.
    """

    rows: Days
    columns: Days
    planned: Floats
    unseen: Floats

    def before(self, series: int, first: int, weeks: int) -> Steps:
        """Steps of the weeks from column `first`.

        Only waves within those weeks; of more than MOST_STEPS, the largest.
        """
        inside = (self.columns > first) & (self.columns < first + WEEK * weeks)
        order = np.flatnonzero(inside)[np.argsort(-np.abs(self.planned[inside]), kind="stable")]
        shares = np.zeros((series, MOST_STEPS, weeks))
        doubts = np.zeros((series, MOST_STEPS))
        unseen = np.zeros((series, weeks))
        used = np.zeros(series, dtype=np.int64)
        starts = first + WEEK * np.arange(weeks)
        for wave in order:
            row = self.rows[wave]
            if used[row] < MOST_STEPS:
                share = np.clip((self.columns[wave] - starts) / WEEK, 0.0, 1.0)
                shares[row, used[row]] = share
                doubts[row, used[row]] = PLAN_ERROR * abs(self.planned[wave])
                unseen[row] += self.unseen[wave] * share
                used[row] += 1
        most = max(int(used.max(initial=0)), 1)
        return Steps(shares[:, :most], doubts[:, :most], unseen)


@dataclass(frozen=True)
class _Seen:
    """What a wave truly added, how many days late, and whether that contradicts the plan."""

    step: float
    lag_days: int
    differs: bool


def without_past(history: History, waves: Sequence[Wave]) -> tuple[Floats, PastWaves, list[HistoryFinding]]:
    """Values at today's level: each past wave is added to all days before it; told when it came otherwise."""
    values = history.values.copy()
    findings: list[HistoryFinding] = []
    came: list[tuple[int, int, float, float]] = []
    for row, own in _past_waves(history, waves).items():
        columns = [wave.number - int(history.days[0]) for wave in own]
        amounts = [wave.amount for wave in own]
        seen = _all_seen(history.values[row], columns, amounts)
        for wave, column, one in zip(own, columns, seen, strict=True):
            if one.differs:
                detail = f"{wave.name}: planned {wave.amount:g}, seen {one.step:.4g}, {one.lag_days} days late"
                findings.append(HistoryFinding(wave.series, Trouble.WAVE_DIFFERS, 1, wave.day, wave.day, detail))
            values[row, : column + one.lag_days] += one.step
            unseen = 0.0 if one.differs else wave.amount - one.step
            came.append((row, column + one.lag_days, wave.amount, unseen))
    table = np.array(came, dtype=np.float64).reshape(-1, 4)
    past = PastWaves(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2], table[:, 3])
    return values, past, findings


def _past_waves(history: History, waves: Sequence[Wave]) -> dict[int, list[Wave]]:
    """By row of its series: waves within the history, in the order of their days."""
    rows = {series: row for row, series in enumerate(history.series)}
    found: dict[int, list[Wave]] = {}
    for wave in sorted(waves, key=lambda each: each.number):
        row, column = rows.get(wave.series), wave.number - int(history.days[0])
        if row is not None and 0 < column < len(history.days):
            found.setdefault(row, []).append(wave)
    return found


def _all_seen(values: Floats, columns: list[int], planned: list[float]) -> list[_Seen]:
    """Each wave of one series, beside what is known of its neighbours (backfitting): at first, the plan."""
    seen = [_Seen(amount, 0, False) for amount in planned]
    waves = range(len(columns))
    reach = _BESIDE_DAYS + _LATEST_DAYS
    beside = [[n for n in waves if n != each and abs(columns[n] - columns[each]) <= reach] for each in waves]
    for sight in range(_MOST_SIGHTS):
        before = list(seen)
        for each in waves:
            if sight and not beside[each]:
                continue
            others = values.copy()
            for other in beside[each]:
                others[: columns[other] + seen[other].lag_days] += seen[other].step
            seen[each] = _came(others, columns[each], planned[each])
        if all(map(_settled, before, seen, planned)):
            break
    return seen


def _settled(before: _Seen, now: _Seen, planned: float) -> bool:
    return before.lag_days == now.lag_days and abs(before.step - now.step) <= _SETTLED * abs(planned)


def _came(values: Floats, column: int, planned: float) -> _Seen:
    """One wave in values without the others.

    Plan and sight are weighed by their errors. The plan alone counts where too few days beside it are known.
    """
    start = max(column - _BESIDE_DAYS, int(np.isfinite(values).argmax()))
    window = values[start : column + _BESIDE_DAYS]
    before, after = column - start, len(window) - (column - start)
    if min(before, after) < _LEAST_DAYS:
        return _Seen(planned, 0, False)
    near = _running_median(window[None])[0]
    solvers, designs, errors = _designs(before, after)
    fits = solvers @ near
    misses = np.abs(near - (designs @ fits[..., None])[..., 0]).mean(axis=1)
    lag = int(np.argmin(misses))
    seen, error = float(fits[lag, 2]), float(errors[lag] * misses[lag])
    doubt = PLAN_ERROR * abs(planned)
    if abs(seen - planned) > 2 * doubt + _CERTAIN * error:
        return _Seen(seen, lag, True)
    trust = doubt**2 / (doubt**2 + error**2) if doubt else 0.0
    return _Seen(planned + trust * (seen - planned), lag, False)


@lru_cache(maxsize=512)
def _designs(before: int, after: int) -> tuple[Floats, Floats, Floats]:
    """By days of delay: solver, design (level, slope, step), error of the step over the mean miss of its fit."""
    days = np.arange(-before, after, dtype=np.float64)
    lags = np.arange(min(_LATEST_DAYS, after - WEEK) + 1)
    steps = (days >= lags[:, None]).astype(np.float64)
    designs = np.stack([np.ones_like(steps), np.broadcast_to(days, steps.shape), steps], axis=2)
    spreads = np.linalg.inv(designs.transpose(0, 2, 1) @ designs)
    return spreads @ designs.transpose(0, 2, 1), designs, _DEPENDENCE * np.sqrt(spreads[:, 2, 2])


def to_come(series: Sequence[SeriesId], days: Days, waves: Sequence[Wave]) -> Floats:
    """What coming waves add, S series × H days of the forecast."""
    added = np.zeros((len(series), len(days)))
    rows = {each: row for row, each in enumerate(series)}
    for wave in waves:
        row = rows.get(wave.series)
        if row is not None and wave.number >= days[0]:
            added[row] += np.where(days >= wave.number, wave.amount, 0.0)
    return added


def doubt_to_come(series: Sequence[SeriesId], days: Days, waves: Sequence[Wave]) -> Floats:
    """Standard error of what coming waves add, as plans differ from what comes: S × H."""
    squares = to_come(series, days, [replace(wave, amount=(PLAN_ERROR * wave.amount) ** 2) for wave in waves])
    doubt: Floats = np.sqrt(squares)
    return doubt
