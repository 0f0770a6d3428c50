"""Usage over time from a CSV file with the columns site, resource, time and value (RFC 4180, UTF-8)."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from functools import lru_cache
from math import nan
from pathlib import Path
from typing import Protocol

from ndcops.model.errors import InvalidInput
from ndcops.model.usage_history import SeriesKey, UsageHistory, UsageSeries

COLUMNS = ("site", "resource", "time", "value")
MAX_FAULTS = 20
"""More say no more: a wrong column gives one in every line."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|nan|[+-]?inf", re.ASCII | re.IGNORECASE)
_SHOWN = 60


class _Rows(Iterator[list[str]], Protocol):
    """What csv.reader gives; its own type has no public name."""

    @property
    def line_num(self) -> int: ...


class _Fault(Exception):
    """What is wrong with a cell."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True)
class CsvHistory:
    """One file. Columns may stand in any order; a time is ISO 8601 with its UTC offset, or a day (midnight UTC).

    An empty value is NaN: nothing was measured. Values are in base units (ndcops.model.usage_history).
    """

    path: Path

    def read(self, begin: datetime, end: datetime) -> UsageHistory:
        """Samples of `begin` <= time <= `end`. Raises InvalidInput, naming line and column of every fault."""
        reading = _Reading(self.path, begin.timestamp(), end.timestamp())
        try:
            with self.path.open(newline="", encoding="utf-8-sig") as file:
                reading.take(csv.reader(file, strict=True))
        except OSError as error:
            raise InvalidInput(
                f"usage history cannot be read: {error.strerror}: {self.path}", resolution=f"ls -l {self.path}"
            ) from error
        except UnicodeDecodeError as error:
            reading.faults.append(f"{self.path}: not UTF-8: {error.reason}")
        reading.require_faultless()
        return UsageHistory(tuple(series for _, series in sorted(reading.series.items())))


@dataclass
class _Reading:
    """Samples and faults so far."""

    path: Path
    first_s: float
    last_s: float
    series: dict[SeriesKey, UsageSeries] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def take(self, rows: _Rows) -> None:
        """All rows, until there are too many faults."""
        try:
            columns = self._header(next(rows, []))
            if columns is None:
                return
            for row in rows:
                self._row(rows.line_num, row, columns)
                if len(self.faults) >= MAX_FAULTS:
                    self.faults.append("and perhaps more: reading stopped here")
                    return
        except csv.Error as error:
            self.faults.append(f"{self.path}:{rows.line_num}: not CSV: {error}")

    def _header(self, header: list[str]) -> list[int] | None:
        """Where each of COLUMNS stands; None, with a fault, when the header is another."""
        names = [name.strip() for name in header]
        if sorted(names) == sorted(COLUMNS):
            return [names.index(name) for name in COLUMNS]
        found = ",".join(names)[:_SHOWN] or "nothing"
        self.faults.append(f"{self.path}:1: the columns are {found}; expected {','.join(COLUMNS)}")
        return None

    def _row(self, line: int, row: list[str], columns: list[int]) -> None:
        if not row:  # an empty line, often the last one
            return
        if len(row) != len(COLUMNS):
            self.faults.append(f"{self.path}:{line}: {len(row)} columns; expected {len(COLUMNS)}")
            return
        site, resource, time, value = (row[index].strip() for index in columns)
        try:
            key = SeriesKey(_name("site", site), _name("resource", resource))
            stamp, number = _stamp(time), _value(value)
        except _Fault as fault:
            place = columns[COLUMNS.index(fault.column)] + 1
            self.faults.append(f"{self.path}:{line}: column {place} ({fault.column}): {fault}")
            return
        if self.first_s <= stamp <= self.last_s:
            self.series.setdefault(key, UsageSeries.empty(key)).add(stamp, number)

    def require_faultless(self) -> None:
        """Raises InvalidInput when there are faults."""
        if self.faults:
            raise InvalidInput(
                f"usage history {self.path} has faults",
                details=self.faults,
                resolution="each line: site,resource,time,value, as in: ndc1,cpu,2026-01-31,1234.5",
            )


def _name(column: str, text: str) -> str:
    if not text or not text.isprintable() or len(text) > 253:
        raise _Fault(column, f"{_shown(text)} is not a name")
    return text


@lru_cache(maxsize=4096)  # every series has the same days
def _stamp(text: str) -> int:
    try:
        if _DAY.fullmatch(text):
            return int(datetime.combine(date.fromisoformat(text), time_of_day(), UTC).timestamp())
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise _Fault("time", f"{_shown(text)} has no UTC offset; expected for example 2026-01-31T00:00:00Z")
        return round(moment.timestamp())
    except (ValueError, OverflowError) as error:
        raise _Fault("time", f"{_shown(text)} is not a time; expected for example 2026-01-31T00:00:00Z") from error


def _value(text: str) -> float:
    if not text:
        return nan
    if not _NUMBER.fullmatch(text):
        raise _Fault("value", f"{_shown(text)} is not a number")
    return float(text)


def _shown(text: str) -> str:
    return f"{text!a}" if len(text) <= _SHOWN else f"{text[:_SHOWN]!a}…"
