"""Cells of the heat map: racks coloured by their largest share requested, hatched when their loss does not fit."""

from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element

from ndcops.reports.svg.element import path, rectangle, shape, titled

CELL_WIDTH, CELL_HEIGHT = 38, 26
HEAT_STEPS: Final = (0.5, 0.7, 0.8, 0.9, 0.95)
"""Shares from which the next colour is used; level 1 lies below the first, level 6 from the last on."""
LEVELS: Final = len(HEAT_STEPS) + 1


def heat_level(share: float) -> int:
    """1 to 6."""
    return 1 + sum(share >= step for step in HEAT_STEPS)


def heat_ranges() -> tuple[tuple[int, float, float], ...]:
    """Each level with the shares between which it lies; the last one is open."""
    bounds = (0.0, *HEAT_STEPS, 1.0)
    return tuple((level, low, high) for level, (low, high) in enumerate(pairwise(bounds), start=1))


def rack_cell(share: float, title: str = "", *, hatched: bool = False) -> Element:
    """One rack: its share in whole percent, rounded down so that 100 means full; its title has the figures."""
    level = heat_level(share)
    cell = shape("svg", "rack-cell", viewBox=f"0 0 {CELL_WIDTH} {CELL_HEIGHT}")
    cell.set("width", str(CELL_WIDTH))
    cell.set("height", str(CELL_HEIGHT))
    cell.append(rectangle(f"heat-{level}", 1, 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, radius=2))
    if hatched:
        cell.append(path(f"hatch on-{level}" if level == LEVELS else "hatch", _hatch()))
        cell.append(rectangle("lost", 1, 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, radius=2))
    label = shape("text", f"on-{level}", x=CELL_WIDTH / 2, y=17.5, text_anchor="middle", font_size=12)
    label.text = str(int(share * 100))
    cell.append(label)
    if not title:
        cell.set("aria-hidden", "true")
        return cell
    cell.set("role", "img")
    return titled(cell, title)


def _hatch() -> str:
    """Slanted lines over the whole cell."""
    top, bottom = 2, CELL_HEIGHT - 2
    rise = bottom - top
    lines = []
    for foot in range(2 - rise, CELL_WIDTH - 2, 7):
        low = max(foot, 2)
        high = min(foot + rise, CELL_WIDTH - 2)
        lines.append(f"M{low} {bottom - (low - foot)}L{high} {bottom - (high - foot)}")
    return "".join(lines)
