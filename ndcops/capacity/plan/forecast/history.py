"""Usage samples made into clean daily series; everything that was dropped, moved or filled is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ndcops.model.errors import InvalidInput

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

DAY_S: Final = 86_400
EPOCH: Final = date(1970, 1, 1)
LONGEST_HOLE_DAYS: Final = 14
"""A longer hole may hide a change of trend: only what follows it is used."""
MOST_FILLED_SHARE: Final = 0.2
LEAST_DAYS: Final = 84
"""Twelve weeks: six to fit, and what a first forecast of three weeks is tested by."""
OLDEST_DAYS: Final = 3_653
"""Ten years: an older stamp is a clock that was not set."""


class Trouble(StrEnum):
    """What can be wrong with a history; the keys of the texts that people read."""

    NOT_FINITE = "not-finite"
    NEGATIVE = "negative"
    CLOCK_WRONG = "clock-wrong"
    CLOCK_JUMP = "clock-jump"
    DUPLICATE = "duplicate"
    HOLE_FILLED = "hole-filled"
    CUT_AT_HOLE = "cut-at-hole"
    TOO_SHORT = "too-short"
    TOO_MANY_HOLES = "too-many-holes"
    STALE = "stale"
    WAVE_DIFFERS = "wave-differs"


REFUSING: Final = frozenset({Trouble.TOO_SHORT, Trouble.TOO_MANY_HOLES, Trouble.STALE})
"""With one of these nothing is foretold: the answer is "unknown"."""


@dataclass(frozen=True, order=True)
class SeriesId:
    """Whose usage: a resource of a site, or of one pool of it."""

    site: str
    resource: str
    pool: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.site, self.pool, self.resource) if part)


@dataclass(frozen=True)
class HistoryFinding:
    """`count` samples or days of one series, between `first` and `last`; `detail` is what a wave differs by."""

    series: SeriesId
    trouble: Trouble
    count: int
    first: date
    last: date
    detail: str = ""


@dataclass(frozen=True)
class Samples:
    """Samples in the order in which they were recorded: Unix seconds and values, equally many."""

    series: SeriesId
    stamps_s: Floats
    values: Floats


@dataclass(frozen=True)
class History:
    """Daily usage, S series × T days. `days` count from 1970-01-01; a row is NaN only before its start."""

    series: tuple[SeriesId, ...]
    days: Days
    values: Floats
    findings: tuple[HistoryFinding, ...] = ()

    def __post_init__(self) -> None:
        rows, columns = len(self.series), len(self.days)
        if self.values.shape != (rows, columns):
            raise InvalidInput(f"history: values are {self.values.shape}, expected {rows} series × {columns} days")
        if len(set(self.series)) != rows:
            raise InvalidInput("history: a series is given twice")
        if columns > 1 and not (np.diff(self.days) == 1).all():
            raise InvalidInput("history: days do not follow one another", resolution="clean the samples first")
        known = np.isfinite(self.values)
        started = np.maximum.accumulate(known, axis=1)
        usable = (known == started) & (~known | (self.values >= 0))
        if np.isinf(self.values).any() or not usable.all():
            row = int(np.flatnonzero(~usable.all(axis=1) | np.isinf(self.values).any(axis=1))[0])
            raise InvalidInput(
                f"history of {self.series[row]}: holds a hole, infinity or a negative value",
                resolution="clean the samples first",
            )

    def refused(self, row: int) -> Trouble | None:
        """Why nothing can be foretold of a series, or None."""
        own = (each.trouble for each in self.findings if each.series == self.series[row])
        return next((trouble for trouble in own if trouble in REFUSING), None)


def calendar(day: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(day))


def clean(samples: Iterable[Samples], as_of: date) -> History:
    """Daily series that end with the day before `as_of`: the median of each day's samples.

    Dropped: what is not finite or negative, stamps older than ten years or later than `as_of`, equal stamps.
    Stamps that run backwards are sorted. Holes of up to 14 days are filled on a straight line, a longer one
    ends what is used before it. Each is told in `findings`, and so is why a series is of no use.
    Raises InvalidInput when stamps and values are not equally many.
    """
    end = (as_of - EPOCH).days
    cleaned = [_Cleaning(each, end).daily() for each in samples]
    first = min((row.first for row in cleaned), default=end)
    values = np.full((len(cleaned), end - first), np.nan)
    for line, row in zip(values, cleaned, strict=True):
        if len(row.values):
            line[row.first - first : row.first - first + len(row.values)] = row.values
    findings = tuple(finding for row in cleaned for finding in row.findings)
    return History(tuple(row.series for row in cleaned), np.arange(first, end), values, findings)


@dataclass(frozen=True)
class _Daily:
    series: SeriesId
    first: int
    values: Floats
    findings: tuple[HistoryFinding, ...]


class _Cleaning:
    """One series on its way: each step narrows the samples and says what it did."""

    def __init__(self, samples: Samples, end: int) -> None:
        if samples.stamps_s.shape != samples.values.shape or samples.stamps_s.ndim != 1:
            raise InvalidInput(
                f"history of {samples.series}: {samples.stamps_s.size} stamps for {samples.values.size} values"
            )
        self._series, self._end = samples.series, end
        self._stamps = samples.stamps_s.astype(np.float64)
        self._values = samples.values.astype(np.float64)
        self._findings: list[HistoryFinding] = []

    def daily(self) -> _Daily:
        """All steps in their order."""
        limit_s = self._end * DAY_S
        sane = (self._stamps >= limit_s - OLDEST_DAYS * DAY_S) & (self._stamps < limit_s + DAY_S)
        self._keep(sane, Trouble.CLOCK_WRONG)
        self._keep(self._stamps < limit_s, None)
        self._keep(np.isfinite(self._values), Trouble.NOT_FINITE)
        self._keep(self._values >= 0, Trouble.NEGATIVE)
        self._sort()
        days, values = self._medians()
        return self._without_holes(days, values)

    def _keep(self, wanted: NDArray[np.bool_], trouble: Trouble | None) -> None:
        dropped = self._stamps[~wanted]
        if trouble is not None:
            self._tell(trouble, np.floor_divide(dropped[np.isfinite(dropped)], DAY_S), len(dropped))
        self._stamps, self._values = self._stamps[wanted], self._values[wanted]

    def _sort(self) -> None:
        late = self._stamps < np.maximum.accumulate(self._stamps) if self._stamps.size else np.zeros(0, bool)
        self._tell(Trouble.CLOCK_JUMP, self._stamps[late] // DAY_S)
        order = np.argsort(self._stamps, kind="stable")
        self._stamps, self._values = self._stamps[order], self._values[order]
        repeated = np.zeros(len(order), dtype=bool)
        repeated[1:] = self._stamps[1:] == self._stamps[:-1]
        self._keep(~repeated, Trouble.DUPLICATE)

    def _medians(self) -> tuple[Days, Floats]:
        stamped = np.floor_divide(self._stamps, DAY_S).astype(np.int64)
        days, starts = np.unique(stamped, return_index=True)
        groups = np.split(self._values, starts[1:]) if days.size else []
        return days, np.array([np.median(group) for group in groups])

    def _without_holes(self, days: Days, values: Floats) -> _Daily:
        steps = np.diff(days)
        wide = np.flatnonzero(steps - 1 > LONGEST_HOLE_DAYS)
        if wide.size:
            cut = int(wide[-1]) + 1
            self._tell(Trouble.CUT_AT_HOLE, days[:cut])
            days, values = days[cut:], values[cut:]
        known = days
        if days.size and self._end - 1 - days[-1] <= LONGEST_HOLE_DAYS:
            days = np.arange(days[0], self._end)
        elif days.size:
            self._tell(Trouble.STALE, np.arange(days[-1] + 1, self._end))
            days = np.arange(days[0], days[-1] + 1)
        filled = np.setdiff1d(days, known)
        self._tell(Trouble.HOLE_FILLED, filled)
        if days.size < LEAST_DAYS:
            self._tell(Trouble.TOO_SHORT, days if days.size else np.array([self._end - 1]), int(days.size))
        elif filled.size > MOST_FILLED_SHARE * days.size:
            self._tell(Trouble.TOO_MANY_HOLES, filled)
        whole = np.interp(days, known, values) if days.size else values
        first = int(days[0]) if days.size else self._end
        return _Daily(self._series, first, self._up_to_end(first, whole), tuple(self._findings))

    def _up_to_end(self, first: int, values: Floats) -> Floats:
        """A stale series is refused; nothing of it is kept, so that no row has a hole at its end."""
        return values if first + len(values) == self._end else np.zeros(0)

    def _tell(self, trouble: Trouble, days: Days | Floats, count: int | None = None) -> None:
        told = len(days) if count is None else count
        if told or trouble is Trouble.TOO_SHORT:
            numbers = days if len(days) else np.array([self._end - 1])
            first, last = _within_calendar(float(numbers.min())), _within_calendar(float(numbers.max()))
            self._findings.append(HistoryFinding(self._series, trouble, told, first, last))


def _within_calendar(day: float) -> date:
    """A wrong clock may show any year; dates of Python end with the year 9999."""
    return calendar(int(min(max(day, (date.min - EPOCH).days), (date.max - EPOCH).days)))
