"""The status page: all centres of a target in one self-contained HTML file; called by `ndcops status --html`."""

from dataclasses import dataclass
from datetime import datetime

from ndcops.model.document import Text
from ndcops.model.inventory import Inventory
from ndcops.model.site_status import StatusReport
from ndcops.model.stack_changes import ObjectChange, Operation, StackChanges
from ndcops.model.target import TargetKind
from ndcops.reports.attention import matters
from ndcops.reports.catalogue import Catalogue, catalogue
from ndcops.reports.figures import moment
from ndcops.reports.network_facts import network_rules, zone_kinds
from ndcops.reports.page import render
from ndcops.reports.status_facts import Health, SiteState, StatusFacts, gather
from ndcops.reports.svg.country import country

_DIFFERENCES_SHOWN = 200
"""A drift beyond this is read with `ndcops stack drift --json`; the page stays one that a phone opens."""


@dataclass(frozen=True)
class Tile:
    """One headline figure."""

    label: Text
    figure: Text
    css: str


def status_page(report: StatusReport, inventory: Inventory, drift: tuple[StackChanges, ...] = ()) -> str:
    """The page as one HTML document, Vietnamese first, English by a switch in the page.

    `drift` is what a drift run found, one entry for each stack; empty means that nothing was compared.
    """
    words = catalogue()
    facts = gather(report, inventory)
    rehearsal = report.target != TargetKind.PRODUCTION
    differing = [(found.stack, change) for found in drift for change in _differences(found)]
    return render(
        "status.html.j2",
        words,
        heading=words.text("page.heading"),
        report=report,
        target=words.named("target", report.target),
        rehearsal=rehearsal,
        taken_at=_moment(report.taken_at),
        inventory=inventory,
        facts=facts,
        tiles=_tiles(facts, drift, words),
        matters=matters(facts, drift, words, full_scale=not rehearsal),
        drawing=country(facts, inventory.coordination, words, "drawing-name"),
        networks_shown=network_rules(inventory.sites),
        zones=zone_kinds(inventory.sites),
        drift=drift,
        differing=differing[:_DIFFERENCES_SHOWN],
        hidden=max(len(differing) - _DIFFERENCES_SHOWN, 0),
    )


def _differences(found: StackChanges) -> list[ObjectChange]:
    return [change for change in found.changes if change.operation is not Operation.SAME]


def _tiles(facts: StatusFacts, drift: tuple[StackChanges, ...], words: Catalogue) -> tuple[Tile, ...]:
    asked = [site for site in facts.sites if site.state in (SiteState.ANSWERS, SiteState.SILENT)]
    answering = [site for site in asked if site.state is SiteState.ANSWERS]
    ready, nodes = sum(site.ready for site in answering), sum(site.nodes for site in answering)
    whole = sum(service.health is Health.WHOLE for service in facts.services)
    differing = sum(len(_differences(found)) for found in drift)
    compared = words.text("tile.count", count=differing) if drift else words.text("tile.not_compared")
    return (
        _share("tile.sites", len(answering), len(asked), words),
        _share("tile.nodes", ready, nodes, words),
        _share("tile.services", whole, len(facts.services), words),
        Tile(words.text("tile.drift"), compared, "warn" if differing else "good" if drift else "calm"),
    )


def _share(key: str, part: int, whole: int, words: Catalogue) -> Tile:
    css = "calm" if whole == 0 else "good" if part == whole else "warn" if part else "bad"
    return Tile(words.text(key), words.text("tile.share", part=part, whole=whole), css)


def _moment(taken_at: str) -> Text:
    """The moment as each language writes it; a text that is no ISO 8601 time is shown as it came."""
    try:
        read = datetime.fromisoformat(taken_at)
    except ValueError:
        return Text(vi=taken_at or "—", en=taken_at or "—")
    return moment(read)
