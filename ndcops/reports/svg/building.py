"""A data centre drawn as a building cut open: sign, systems, halls and pools, storage, power."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ndcops.model.document import Text
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.status_facts import SiteFacts, SiteState
from ndcops.reports.svg.element import figure, group, path, rectangle, shape
from ndcops.reports.svg.floors import (
    INNER_WIDTH,
    Floor,
    hall_floor,
    pools_floor,
    power_floor,
    storage_floor,
    systems_floor,
)
from ndcops.reports.svg.lettering import lettering, width_px

BUILDING_WIDTH = 312
_WALL = (BUILDING_WIDTH - INNER_WIDTH) / 2
_ROOF = 8.0
_GAP = 13


@dataclass(frozen=True)
class Building:
    """A drawn centre and its height in px; all are `BUILDING_WIDTH` wide."""

    element: Element
    height: float


def building(facts: SiteFacts, words: Catalogue) -> Building:
    """Draws a centre."""
    floors: list[Floor] = [_sign(facts, words)]
    if facts.state is SiteState.SILENT:
        floors.append(_silence(facts, words))
    if facts.placements:
        floors.append(systems_floor(facts, words))
    floors.extend(hall_floor(hall, list(facts.pools), words) for hall in facts.site.halls)
    floors += [pools_floor(facts, words), storage_floor(facts.site.tiers, words), power_floor(facts, words)]
    drawn = group("storeys")
    y = _ROOF + _GAP
    for index, (floor, height) in enumerate(floors):
        if index:
            drawn.append(shape("line", "slab", x1=0, x2=BUILDING_WIDTH, y1=y - _GAP / 2, y2=y - _GAP / 2))
        drawn.append(group("", floor, x=_WALL, y=y))
        y += height + _GAP
    return Building(group(f"centre {facts.state}", *_shell(y), drawn), y + 5)


def _shell(ground_y: float) -> list[Element]:
    """Walls, roof and ground."""
    eaves = BUILDING_WIDTH + 5
    return [
        rectangle("wall", 0.5, 4, BUILDING_WIDTH - 1, ground_y - 4),
        path("roof", f"M-5 {figure(_ROOF)}L4 0H{BUILDING_WIDTH - 4}L{eaves} {figure(_ROOF)}z"),
        path("ground", f"M-6 {figure(ground_y)}H{eaves + 1}v5H-6z"),
    ]


def _sign(facts: SiteFacts, words: Catalogue) -> Floor:
    """The centre's name, title, place, and in one word how it is."""
    site = facts.site
    place = words.text("drawing.place", place=site.location.place, province=site.location.province)
    stage = words.text(f"status.{site.status}")
    sign = group(
        "sign",
        lettering(site.name.upper(), 0, 15, css="name", size_px=20, limit_px=110),
        _state_badge(facts, words),
        lettering(site.title, 0, 33, css="strong", size_px=12, limit_px=INNER_WIDTH),
        lettering(words.text("drawing.stage", place=place, stage=stage), 0, 49, css="dim", limit_px=INNER_WIDTH),
    )
    return sign, 50


def _state_badge(facts: SiteFacts, words: Catalogue) -> Element:
    if facts.state is SiteState.ANSWERS:
        whole = facts.nodes > 0 and facts.ready == facts.nodes
        text = words.text("drawing.ready", ready=facts.ready, nodes=facts.nodes)
        return _badge(text, "good" if whole else "warn")
    css = "bad" if facts.state is SiteState.SILENT else "calm"
    return _badge(words.text(f"state.{facts.state}"), css)


def _badge(text: Text, css: str) -> Element:
    badge = group(f"badge {css}")
    for language, label in (("vi", text.vi), ("en", text.en)):
        width = width_px(label, 11) + 16
        inner = rectangle("", INNER_WIDTH - width, 0, width, 19, 9.5)
        word = lettering(label, INNER_WIDTH - width / 2, 13.2, css="", size_px=11, anchor="middle")
        badge.append(group(language, inner, word))
    return badge


def _silence(facts: SiteFacts, words: Catalogue) -> Floor:
    """Why nothing is known of a centre that should answer."""
    reason = facts.problem or words.text("matter.no_reason")
    drawn = group(
        "silence",
        lettering(words.text("drawing.silent"), 0, 11, css="strong", size_px=11.5, limit_px=INNER_WIDTH),
        lettering(reason, 0, 26, css="", size_px=10.5, limit_px=INNER_WIDTH, lines=3),
    )
    return drawn, 56
