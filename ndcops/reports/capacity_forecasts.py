"""Forecasts as cards: the range in words, the chart, and how right such forecasts were in the past."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import isfinite
from typing import Final
from xml.etree.ElementTree import Element

from ndcops.capacity.plan.forecast import Forecast, History, Outlook, Wave
from ndcops.capacity.plan.forecast.history import calendar
from ndcops.capacity.plan.report import CapacityReport
from ndcops.model.document import Text
from ndcops.reports.capacity_facts import by_urgency
from ndcops.reports.capacity_words import finding_text, outlook_text, resource_name
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.figures import usage
from ndcops.reports.svg.curve import Curve, draw

CHARTS_SHOWN: Final = 60
"""Charts on a page, the most urgent; the other forecasts are in its table."""
_POINTS: Final = 90
_PAST_DAYS: Final = 365
_WEEK: Final = 7


@dataclass(frozen=True)
class Card:
    """One forecast with its chart, which is None when nothing was foretold; `label` is the id of its heading."""

    label: str
    forecast: Forecast
    name: Text
    said: Text
    chart: Element | None
    findings: tuple[Text, ...]
    waves: tuple[Wave, ...]


def cards(report: CapacityReport, words: Catalogue) -> Iterator[Card]:
    """A card for each forecast, most urgent first."""
    for number, forecast in enumerate(by_urgency(report.forecasts), start=1):
        own = tuple(each for each in report.waves if each.series == forecast.series and each.day in forecast.days)
        charted = number <= CHARTS_SHOWN and forecast.outlook is not Outlook.UNKNOWN and forecast.days
        label = f"forecast-{number}"
        yield Card(
            label=label,
            forecast=forecast,
            name=resource_name(words, forecast.series.resource),
            said=outlook_text(words, forecast),
            chart=draw(_curve(forecast, report.history, own), label) if charted else None,
            findings=tuple(finding_text(words, each) for each in forecast.findings),
            waves=own,
        )


def _curve(forecast: Forecast, history: History | None, waves: Sequence[Wave]) -> Curve:
    past_days, past_values = _past(forecast, history)
    past = tuple((day, value) for day, (value,) in thinned(past_days, (past_values,)))
    ahead = thinned(forecast.days, (forecast.low, forecast.middle, forecast.high))
    joint = tuple((day, value, value, value) for day, value in past[-1:])
    first, last = forecast.earliest, forecast.latest or forecast.days[-1]
    return Curve(
        capacity=forecast.capacity,
        unit=partial(usage, resource=forecast.series.resource),
        past=past,
        band=joint + tuple((day, low, middle, high) for day, (low, middle, high) in ahead),
        waves=tuple((wave.day, wave.name) for wave in waves),
        range_days=(first, last) if first is not None else None,
        likely_day=forecast.expected,
        css=forecast.outlook.value,
    )


def _past(forecast: Forecast, history: History | None) -> tuple[list[date], list[float]]:
    """The last year of the series before its forecast."""
    if history is None or forecast.series not in history.series:
        return [], []
    row = history.values[history.series.index(forecast.series)].tolist()
    rows = zip(map(calendar, history.days.tolist()), row, strict=True)
    known = [(day, value) for day, value in rows if isfinite(value) and day < forecast.days[0]][-_PAST_DAYS:]
    known = known[len(known) % _WEEK :]  # the last day of the past ends a whole week
    return [day for day, _ in known], [value for _, value in known]


def thinned(days: Sequence[date], columns: Sequence[Sequence[float]]) -> Iterator[tuple[date, list[float]]]:
    """Means of whole weeks, so many weeks each that a chart has few points: weekdays would blur the line.

    What is left over at the end is no whole week and has no point.
    """
    width = max(-(-len(days) // (_POINTS * _WEEK)), 1) * _WEEK
    for start in range(0, len(days) - width + 1, width):
        stretch = slice(start, start + width)
        part = days[stretch]
        yield part[len(part) // 2], [sum(column[stretch]) / len(part) for column in columns]
