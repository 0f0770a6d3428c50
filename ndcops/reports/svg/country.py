"""The drawing of all centres with their links: in a row for wide screens and paper, in a column for phones."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from xml.etree.ElementTree import Element

from ndcops.model.coordination import Coordination
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.status_facts import SiteFacts, SiteState, StatusFacts
from ndcops.reports.svg.building import BUILDING_WIDTH, Building, building
from ndcops.reports.svg.element import figure, group, shape
from ndcops.reports.svg.links import Link, LinkState, arc_rise_px, gutter_arc, roof_arc
from ndcops.reports.svg.symbols import hexagon

_SPACE = 26
_EDGE = 8
_GUTTER = 36
_MAST = 20


@dataclass(frozen=True)
class Country:
    """`definitions` draws each centre once; `row` and `column` arrange them, and a page shows one of the two."""

    definitions: Element
    row: Element
    column: Element


@dataclass(frozen=True)
class _Centre:
    name: str
    building: Building
    member: bool
    """Whether a member of the coordination store stands there."""
    linked: bool


def country(facts: StatusFacts, coordination: Coordination | None, words: Catalogue, label_id: str) -> Country:
    """Draws every declared centre, however many; `label_id` is the element of the page that names the drawing."""
    members = {member.site for member in coordination.members} if coordination else set()
    links = _links(facts.sites, members)
    linked = {end for link in links for end in (link.first, link.second)}
    centres = [
        _Centre(site.site.name, building(site, words), site.site.name in members, index in linked)
        for index, site in enumerate(facts.sites)
    ]
    for centre in centres:
        centre.building.element.set("id", f"centre-{centre.name}")
    buildings = group("", *(centre.building.element for centre in centres))
    definitions = shape("svg", "definitions", buildings, width=0, height=0)
    definitions.set("aria-hidden", "true")
    return Country(definitions, _row(centres, links, label_id), _column(centres, links, label_id))


def _links(sites: tuple[SiteFacts, ...], members: set[str]) -> list[Link]:
    """A link for each pair that protects systems or shares the coordination store."""
    protecting = Counter(
        frozenset((placement.service.home, placement.service.standby))
        for site in sites
        for placement in site.placements
        if placement.at_home
    )
    links = []
    for (first, one), (second, other) in combinations(enumerate(sites), 2):
        pair = frozenset((one.site.name, other.site.name))
        if protecting[pair] or pair <= members:
            links.append(Link(first, second, protecting[pair], _link_state(one, other)))
    return links


def _link_state(one: SiteFacts, other: SiteFacts) -> LinkState:
    states = {one.state, other.state}
    if SiteState.SILENT in states:
        return LinkState.BROKEN
    return LinkState.UP if states == {SiteState.ANSWERS} else LinkState.PLANNED


def _row(centres: list[_Centre], links: list[Link], label_id: str) -> Element:
    """Side by side on one ground; masts reach one height, where the links meet."""
    mast_y = max((arc_rise_px(link) * 0.75 for link in links), default=0) + _MAST
    ground_y = mast_y + _MAST + max((centre.building.height for centre in centres), default=0)
    step = BUILDING_WIDTH + _SPACE
    masts = [_EDGE + index * step + BUILDING_WIDTH / 2 for index in range(len(centres))]
    parts = [roof_arc(link, masts, mast_y) for link in links]
    for x, centre in zip(masts, centres, strict=True):
        roof_y = ground_y - centre.building.height
        parts += [*_mast(centre, x, mast_y, roof_y), _use(centre, x - BUILDING_WIDTH / 2, roof_y)]
    return _arranged("row", parts, 2 * _EDGE + len(centres) * step - _SPACE, ground_y, label_id)


def _column(centres: list[_Centre], links: list[Link], label_id: str) -> Element:
    """One above the other; the links run in a gutter at their left."""
    roofs, y = [], float(_MAST)
    for centre in centres:
        roofs.append(y + _MAST)
        y += _MAST + centre.building.height + _SPACE
    parts = [gutter_arc(link, [roof + 30 for roof in roofs], _GUTTER - 4) for link in links]
    for roof_y, centre in zip(roofs, centres, strict=True):
        mast = _mast(centre, _GUTTER + BUILDING_WIDTH / 2, roof_y - _MAST, roof_y)
        parts += [*mast, _use(centre, _GUTTER, roof_y)]
    return _arranged("column", parts, _GUTTER + BUILDING_WIDTH + _EDGE, y - _SPACE, label_id)


def _mast(centre: _Centre, x: float, head_y: float, roof_y: float) -> list[Element]:
    """A mast on the roof of a linked centre; its head is a member of the coordination store, or bare."""
    if not (centre.member or centre.linked):
        return []
    head = hexagon(x, head_y, "member") if centre.member else shape("circle", "mast-head", cx=x, cy=head_y, r=4)
    return [shape("line", "mast", x1=x, x2=x, y1=head_y, y2=roof_y), head]


def _use(centre: _Centre, x: float, y: float) -> Element:
    return shape("use", "", href=f"#centre-{centre.name}", x=x, y=y)


def _arranged(css: str, parts: list[Element], width: float, height: float, label_id: str) -> Element:
    drawing = shape("svg", css, *parts, viewBox=f"0 0 {figure(width)} {figure(height)}", role="img")
    drawing.set("aria-labelledby", label_id)
    drawing.set("width", figure(width))
    drawing.set("height", figure(height))
    drawing.set("style", f"--natural: {figure(width)}px")
    return drawing
