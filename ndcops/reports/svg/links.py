"""Links between centres: an arc for each pair, from roof to roof in a row or along the gutter of a column."""

from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element

from ndcops.reports.svg.element import figure, group, path, rectangle, shape


class LinkState(StrEnum):
    """Whether both ends of a declared link answer."""

    UP = "up"
    BROKEN = "broken"
    PLANNED = "planned"


@dataclass(frozen=True)
class Link:
    """Two centres, by their place in the drawing, and how many systems each protects for the other."""

    first: int
    second: int
    services: int
    state: LinkState

    @property
    def span(self) -> int:
        """1 for neighbours."""
        return self.second - self.first


def arc_rise_px(link: Link) -> float:
    """How far above the roofs an arc's control points stand; longer links pass over shorter ones."""
    return 34 + 44 * link.span


def roof_arc(link: Link, masts_x: list[float], mast_y: float) -> Element:
    """An arc from one mast's head to another's, with the number of systems at its crown."""
    start, end = masts_x[link.first], masts_x[link.second]
    rise = arc_rise_px(link)
    commands = (
        f"M{figure(start)} {figure(mast_y)}C{figure(start + 30)} {figure(mast_y - rise)} "
        f"{figure(end - 30)} {figure(mast_y - rise)} {figure(end)} {figure(mast_y)}"
    )
    return _drawn(link, commands, (start + end) / 2, mast_y - 0.75 * rise)


def gutter_arc(link: Link, signs_y: list[float], gutter_x: float) -> Element:
    """An arc left of a column of centres."""
    start, end = signs_y[link.first] + 6 * link.span, signs_y[link.second] - 6 * link.span
    bulge = min(8 + 10 * link.span, gutter_x - 2)
    commands = (
        f"M{figure(gutter_x)} {figure(start)}C{figure(gutter_x - bulge)} {figure(start + 30)} "
        f"{figure(gutter_x - bulge)} {figure(end - 30)} {figure(gutter_x)} {figure(end)}"
    )
    return _drawn(link, commands, gutter_x - 0.75 * bulge, (start + end) / 2)


def _drawn(link: Link, commands: str, x: float, y: float) -> Element:
    drawn = group(f"link {link.state}", path("", commands))
    if link.services:
        label = shape("text", "", x=x, y=y + 3.8, text_anchor="middle", font_size=11)
        label.text = str(link.services)
        width = 10 + 7 * len(label.text)
        drawn.extend((rectangle("", x - width / 2, y - 9, width, 18, 9), label))
    return drawn
