"""The capacity page: room, losses, forecasts and purchases of a target in one self-contained HTML file."""

from pathlib import Path

from ndcops.capacity.plan.forecast import Outlook
from ndcops.capacity.plan.report import CapacityReport
from ndcops.model.document import Text
from ndcops.model.target import TargetKind
from ndcops.reports.capacity_facts import by_urgency, halls, losses, orders, shown_amounts, site_lines, tone
from ndcops.reports.capacity_forecasts import cards
from ndcops.reports.capacity_words import (
    binding_text,
    outlook_text,
    reason_text,
    resource_name,
    shortfall_text,
)
from ndcops.reports.catalogue import Catalogue, catalogue
from ndcops.reports.figures import day, moment, money, percent
from ndcops.reports.page import render, write_page
from ndcops.reports.status_page import Tile
from ndcops.reports.svg.bars import stacked_bar
from ndcops.reports.svg.heat import heat_ranges, rack_cell

_RACKS_LISTED = 40
"""Racks without room after their loss that the page lists; the heat map has all."""
_AGENCIES_LISTED = 30


def capacity_page(report: CapacityReport) -> str:
    """The page as one HTML document, Vietnamese first, English by a switch in the page."""
    words = catalogue()
    unfit_racks = [each for each in report.rack_losses if not each.survives]
    return render(
        "capacity.html.j2",
        words,
        sheets=("page.css", "capacity.css"),
        heading=words.text("capacity.heading"),
        report=report,
        target=words.named("target", report.target),
        rehearsal=report.target != TargetKind.PRODUCTION,
        taken_at=moment(report.taken_at),
        tiles=_tiles(report, words),
        lines=tuple(site_lines(report)),
        maps=tuple((room, halls(room, report.rack_losses, words)) for room in report.rooms),
        heat_ranges=heat_ranges(),
        losses=losses(report.survivals),
        unfit_racks=unfit_racks[:_RACKS_LISTED],
        hidden_racks=max(len(unfit_racks) - _RACKS_LISTED, 0),
        cards=tuple(cards(report, words)),
        orders=orders(report.purchase) if report.purchase else (),
        agencies_listed=_AGENCIES_LISTED,
        stacked_bar=stacked_bar,
        rack_cell=rack_cell,
        shown_amounts=shown_amounts,
        tone=tone,
        resource_name=lambda name: resource_name(words, name),
        reason_text=lambda reason: reason_text(words, reason),
        shortfall_text=lambda shortfall: shortfall_text(words, shortfall),
        outlook_text=lambda forecast: outlook_text(words, forecast),
        binding_text=lambda binding: binding_text(words, binding),
    )


def write_capacity_page(report: CapacityReport, path: Path) -> None:
    """Write the page, and the folders above it. Raises NdcopsError for a path that cannot be written."""
    write_page(capacity_page(report), path)


def _tiles(report: CapacityReport, words: Catalogue) -> tuple[Tile, ...]:
    unasked = words.text("capacity.unasked")
    return (
        _survivors("capacity.tile_sites", [each.survives for each in report.survivals], words, unasked),
        _survivors("capacity.tile_racks", [each.survives for each in report.rack_losses], words, unasked),
        _soonest(report, words, unasked),
        _cost(report, words, unasked),
    )


def _survivors(key: str, survive: list[bool], words: Catalogue, unasked: Text) -> Tile:
    if not survive:
        return Tile(words.text(key), unasked, "calm")
    css = "good" if all(survive) else "bad" if not any(survive) else "warn"
    return Tile(words.text(key), words.text("tile.share", part=sum(survive), whole=len(survive)), css)


def _soonest(report: CapacityReport, words: Catalogue, unasked: Text) -> Tile:
    label = words.text("capacity.tile_soonest")
    if not report.forecasts:
        return Tile(label, unasked, "calm")
    first = by_urgency(report.forecasts)[0]
    name = resource_name(words, first.series.resource)
    if first.outlook in (Outlook.FULL, Outlook.EXHAUSTS):
        label = words.text("capacity.tile_soonest_is", site=first.series.site.upper(), resource=name)
    if first.outlook is Outlook.FULL:
        return Tile(label, words.text("outlook.full"), "bad")
    if first.expected is not None:
        return Tile(label, day(first.expected), "warn")
    css = "good" if first.outlook is Outlook.LASTS else "calm"
    return Tile(label, words.text(f"outlook.{first.outlook}"), css)


def _cost(report: CapacityReport, words: Catalogue, unasked: Text) -> Tile:
    label = words.text("capacity.tile_cost")
    if report.purchase is None:
        return Tile(label, unasked, "calm")
    gap = words.text("capacity.gap_short", gap=percent(report.purchase.gap))
    cost = money(report.purchase.cost_vnd_millions)
    return Tile(Text(vi=f"{label.vi} ({gap.vi})", en=f"{label.en} ({gap.en})"), cost, "good")
