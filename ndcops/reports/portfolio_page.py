"""The country at a glance as a page: progress, states, classes, agencies, waves, and who is late and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ndcops.model.document import Text
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.portfolio import Figure, Portfolio, PortfolioSystem, Progress
from ndcops.model.target import TargetKind
from ndcops.reports.catalogue import Catalogue, catalogue
from ndcops.reports.figures import day
from ndcops.reports.page import render
from ndcops.reports.status_page import Tile
from ndcops.reports.svg.bars import stacked_bar

_LATE_LISTED = 200
_PROGRESS = (Progress.STABLE, Progress.BUILDING, Progress.BEHIND, Progress.NOT_PLANNED, Progress.STAYS)


@dataclass(frozen=True)
class ChartRow:
    """A count with its bar, the day that it is of and its source."""

    label: Text
    count: int
    bar: Element
    figure: Figure


@dataclass(frozen=True)
class Chart:
    """A group of counts."""

    title: Text
    rows: tuple[ChartRow, ...]


def portfolio_page(found: Portfolio, *, target: str) -> str:
    """The page as one HTML document, Vietnamese first, English by a switch in the page."""
    words = catalogue()
    late = [system for system in found.systems if system.progress is Progress.BEHIND]
    return render(
        "portfolio.html.j2",
        words,
        sheets=("page.css", "capacity.css", "roadmap.css", "portfolio.css"),
        heading=words.text("portfolio.heading"),
        target=words.named("target", target),
        rehearsal=target != TargetKind.PRODUCTION,
        as_of=day(found.as_of),
        found=found,
        tiles=_tiles(found, words),
        progress=_PROGRESS,
        charts=tuple(_charts(found, words)),
        late=tuple((system, _why(system, words)) for system in late[:_LATE_LISTED]),
        hidden_late=max(len(late) - _LATE_LISTED, 0),
        progress_bar=_progress_bar,
        named=words.named,
    )


def _tiles(found: Portfolio, words: Catalogue) -> tuple[Tile, ...]:
    behind = found.figure("progress", Progress.BEHIND)
    figures = (
        ("portfolio.tile_systems", found.figure("total", "systems"), "calm"),
        ("portfolio.tile_stable", found.figure("progress", Progress.STABLE), "good"),
        ("portfolio.tile_building", found.figure("progress", Progress.BUILDING), "calm"),
        ("portfolio.tile_behind", behind, "bad" if behind else "good"),
    )
    return tuple(Tile(words.text(key), words.text("tile.count", count=count), css) for key, count, css in figures)


def _charts(found: Portfolio, words: Catalogue) -> Sequence[Chart]:
    """Groups in a fixed order; states in that of the life cycle."""
    states = {state.value: state.rank for state in LifecycleState}
    charts = []
    for group in ("progress", "state", "importance", "scope", "home", "late", "wave"):
        figures = sorted(found.group(group), key=lambda figure: (states.get(figure.name, 0), figure.name))
        if not figures:
            continue
        most = max(figure.count for figure in figures)
        rows = tuple(
            ChartRow(
                _label(group, figure, words), figure.count, stacked_bar([("used", figure.count)], most), figure
            )
            for figure in figures
        )
        charts.append(Chart(words.text(f"portfolio.chart_{group}"), rows))
    return charts


def _label(group: str, figure: Figure, words: Catalogue) -> Text:
    if group == "wave":
        return words.text("portfolio.wave", number=int(figure.name))
    return words.named(f"portfolio.{group}", figure.name)


def _why(system: PortfolioSystem, words: Catalogue) -> Text:
    if system.late_why is None:
        return words.text("roadmap.none")
    return words.text(f"portfolio.why.{system.late_why}", about=system.late_about or "–")


def _progress_bar(progress: dict[str, int], systems: int) -> Element:
    """An agency's systems by progress, in the order of the legend."""
    return stacked_bar([(each.value, progress.get(each.value, 0)) for each in _PROGRESS], systems)
