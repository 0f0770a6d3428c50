"""Curves over time: the past as it was, the forecast with its band, the capacity, planned waves and the range."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from xml.etree.ElementTree import Element

from ndcops.model.document import Text
from ndcops.reports.svg.element import figure, group, path, rectangle, shape, titled
from ndcops.reports.svg.lettering import lettering

WIDTH, HEIGHT = 360.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 352.0, 24.0, 164.0
_TICKS: Final = 4
_ABOVE: Final = 1.06
"""Room above the highest value, as a share of it."""
_LABEL_PX: Final = 11


@dataclass(frozen=True)
class Curve:
    """What one chart shows; all values in one unit. Days ascend; `range_days`: earliest and latest of the passing.

    past: days and values before the forecast; band: days, low, middle, high.
    """

    capacity: float
    unit: Callable[[float], Text]
    past: Sequence[tuple[date, float]] = ()
    band: Sequence[tuple[date, float, float, float]] = ()
    waves: Sequence[tuple[date, str]] = ()
    range_days: tuple[date, date] | None = None
    likely_day: date | None = None
    css: str = field(default="")


def draw(curve: Curve, label: str) -> Element:
    """The chart, named by the element with the id `label`; nothing to draw gives an empty frame."""
    drawn = shape("svg", f"curve {curve.css}".strip(), viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", role="img")
    drawn.set("aria-labelledby", label)
    scale = _Scale.of(curve)
    drawn.extend(_axis(scale))
    if curve.band:
        drawn.append(path("band", _closed(scale, curve)))
        drawn.append(path("ahead", _line(scale, [(day, middle) for day, _, middle, _ in curve.band])))
    if curve.past:
        drawn.append(path("past", _line(scale, curve.past)))
    drawn.extend(_waves(scale, curve))
    drawn.extend(_capacity(scale, curve))
    return drawn


@dataclass(frozen=True)
class _Scale:
    first: date
    last: date
    top: float

    @classmethod
    def of(cls, curve: Curve) -> "_Scale":
        days = [*(day for day, _ in curve.past), *(each[0] for each in curve.band)] or [date(1970, 1, 1)]
        values = [curve.capacity, *(value for _, value in curve.past), *(each[3] for each in curve.band)]
        return cls(min(days), max(days), max(values) * _ABOVE or 1.0)

    def x(self, day: date) -> float:
        span = max((self.last - self.first).days, 1)
        share = min(max((day - self.first).days / span, 0.0), 1.0)
        return _LEFT + share * (_RIGHT - _LEFT)

    def y(self, value: float) -> float:
        return _BOTTOM - min(max(value / self.top, 0.0), 1.0) * (_BOTTOM - _TOP)


def _line(scale: _Scale, points: Sequence[tuple[date, float]]) -> str:
    return "M" + "L".join(f"{figure(scale.x(day))} {figure(scale.y(value))}" for day, value in points)


def _closed(scale: _Scale, curve: Curve) -> str:
    above = [(day, high) for day, _, _, high in curve.band]
    below = [(day, low) for day, low, _, _ in reversed(curve.band)]
    return f"{_line(scale, [*above, *below])}z"


def _axis(scale: _Scale) -> list[Element]:
    """The ground line and some first days of a month below it."""
    drawn = [path("axis", f"M{_LEFT} {_BOTTOM}H{_RIGHT}")]
    months = _months(scale.first, scale.last)
    step = max(-(-len(months) // _TICKS), 1)
    for month in months[::step]:
        at = scale.x(month)
        drawn.append(path("axis", f"M{figure(at)} {_BOTTOM}v4"))
        words = Text(vi=f"{month:%m/%Y}", en=f"{month:%Y-%m}")
        edge = min(max(at, _LEFT + 22), _RIGHT - 22)
        drawn.append(lettering(words, edge, _BOTTOM + 17, css="dim", size_px=_LABEL_PX, anchor="middle"))
    return drawn


def _months(first: date, last: date) -> list[date]:
    """First days of months within the days."""
    month, found = first.replace(day=1), []
    while month <= last:
        if month >= first:
            found.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return found


def _waves(scale: _Scale, curve: Curve) -> list[Element]:
    """A dotted line with a triangle for each day with waves; its title names them."""
    names: dict[date, list[str]] = {}
    for day, name in curve.waves:
        if scale.first <= day <= scale.last:
            names.setdefault(day, []).append(name)
    drawn = []
    for day, listed in sorted(names.items()):
        at = figure(scale.x(day))
        line = path("", f"M{at} {_TOP}V{_BOTTOM}")
        sign = path("sign", f"M{at} {_BOTTOM}l-5 -8h10z")
        drawn.append(titled(group("wave", line, sign), f"{day.isoformat()}: {', '.join(listed)}"))
    return drawn


def _capacity(scale: _Scale, curve: Curve) -> list[Element]:
    height = scale.y(curve.capacity)
    drawn = [path("limit", f"M{_LEFT} {figure(height)}H{_RIGHT}")]
    if curve.range_days is not None:
        left, right = (scale.x(day) for day in curve.range_days)
        drawn.append(rectangle("range", left, height - 3, max(right - left, 3), 6, radius=3))
    if curve.likely_day is not None:
        drawn.append(shape("circle", "likely", cx=scale.x(curve.likely_day), cy=height, r=5))
    words = curve.unit(curve.capacity)
    drawn.append(lettering(words, _LEFT, height - 7, css="strong", size_px=_LABEL_PX))
    return drawn
