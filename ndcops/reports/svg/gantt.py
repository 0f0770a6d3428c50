"""A Gantt chart: lines of bars over waves; bars that overlap take lanes of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ndcops.reports.svg.element import group, rectangle, shape, titled

_LABEL, _WAVE, _LANE, _GAP, _HEAD = 250.0, 34.0, 14.0, 6.0, 26.0
_NAME_LETTERS = 36


@dataclass(frozen=True)
class Bar:
    """Work from a wave to the one of the cut-over, both counted from 0."""

    begins: int
    ends: int
    css: str
    title: str


@dataclass(frozen=True)
class Line:
    """One line and its bars."""

    name: str
    bars: tuple[Bar, ...]


def gantt(lines: Sequence[Line], waves: Sequence[int], closed: Sequence[int]) -> Element:
    """The chart of these waves, which follow each other; `closed` ones, without any night, are shaded."""
    laid = [(line, _lanes(line.bars)) for line in lines]
    heights = [max((lane + 1 for _, lane in bars), default=1) * _LANE + _GAP for _, bars in laid]
    height, width = _HEAD + sum(heights), _LABEL + len(waves) * _WAVE
    chart = shape("svg", "gantt", viewBox=f"0 0 {width:.0f} {height:.0f}", width=width, height=height)
    chart.append(_shades(waves, closed, height))
    chart.append(_head(waves))
    top = _HEAD
    for (line, bars), line_height in zip(laid, heights, strict=True):
        chart.append(_line(line, bars, waves, top, width, line_height))
        top += line_height
    return chart


def _lanes(bars: Sequence[Bar]) -> list[tuple[Bar, int]]:
    """Each bar in the first lane that is free for it."""
    free_from: list[int] = []
    found = []
    for bar in sorted(bars, key=lambda bar: (bar.begins, bar.ends, bar.title)):
        lane = next((lane for lane, wave in enumerate(free_from) if wave <= bar.begins), len(free_from))
        if lane == len(free_from):
            free_from.append(0)
        free_from[lane] = bar.ends + 1
        found.append((bar, lane))
    return found


def _shades(waves: Sequence[int], closed: Sequence[int], height: float) -> Element:
    shades = group("shades")
    for place, wave in enumerate(waves):
        css = "closed" if wave in closed else "even" if wave % 2 == 0 else ""
        if css:
            shades.append(rectangle(css, _LABEL + place * _WAVE, 0, _WAVE, height))
    return shades


def _head(waves: Sequence[int]) -> Element:
    head = group("head")
    for place, wave in enumerate(waves):
        label = shape("text", "", x=_LABEL + (place + 0.5) * _WAVE, y=17, text_anchor="middle")
        label.text = str(wave + 1)
        head.append(label)
    return head


def _line(
    line: Line, bars: Sequence[tuple[Bar, int]], waves: Sequence[int], top: float, width: float, height: float
) -> Element:
    drawn = group("line", y=top)
    drawn.append(rectangle("rule", 0, height - 0.5, width, 0.5))
    name = line.name if len(line.name) <= _NAME_LETTERS else f"{line.name[: _NAME_LETTERS - 1]}…"
    label = shape("text", "name", x=2, y=_LANE)
    label.text = name
    drawn.append(titled(group("", label), line.name))
    for bar, lane in bars:
        left = _LABEL + (bar.begins - waves[0]) * _WAVE + 1
        wide = (bar.ends - bar.begins + 1) * _WAVE - 2
        box = rectangle(f"move {bar.css}", left, lane * _LANE + 4, wide, _LANE - 3, radius=2)
        drawn.append(titled(box, bar.title))
    return drawn
