"""The agency's report: what an assessment found and what to do next, in one self-contained HTML file."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from xml.etree.ElementTree import Element

from ndcops.model.assessment import Assessment, CompletenessPart, QualityFinding, Severity
from ndcops.model.document import Text
from ndcops.model.dossier import Dossier
from ndcops.model.target import TargetKind
from ndcops.reports.catalogue import Catalogue, catalogue
from ndcops.reports.figures import moment, percent
from ndcops.reports.page import render, write_page
from ndcops.reports.status_page import Tile
from ndcops.reports.svg.bars import stacked_bar

_LISTED = 8
"""Missing facts and tables that a cell lists; the rest is counted."""

_MILLION = 1_000_000


@dataclass(frozen=True)
class NextStep:
    """Something that the agency has to do, about what, and whether the move waits for it."""

    severe: bool
    about: str
    text: Text


def agency_page(dossier: Dossier, assessment: Assessment, *, target: str) -> str:
    """The page as one HTML document, Vietnamese first, English by a switch in the page."""
    words = catalogue()
    return render(
        "agency.html.j2",
        words,
        sheets=("page.css", "capacity.css"),
        heading=words.text("agency.heading", agency=dossier.title),
        target=words.named("target", target),
        rehearsal=target != TargetKind.PRODUCTION,
        taken_at=moment(assessment.taken_at),
        assessment=assessment,
        silent=sum(bool(source.problem) for source in assessment.sources),
        tiles=_tiles(assessment, words),
        matters=tuple(next_steps(assessment, words)),
        qualities=_by_dataset(assessment),
        listed=_LISTED,
        points_bar=_points_bar,
        share=lambda ppm: percent(ppm / _MILLION),
    )


def write_agency_page(dossier: Dossier, assessment: Assessment, path: Path, *, target: str) -> None:
    """Write the page, and the folders above it. Raises NdcopsError for a path that cannot be written."""
    write_page(agency_page(dossier, assessment, target=target), path)


def next_steps(assessment: Assessment, words: Catalogue) -> Iterator[NextStep]:
    """What to do, what the gate waits for first."""
    for source in assessment.sources:
        if source.problem:
            yield NextStep(True, source.database, words.text("agency.next_source", reason=source.problem))
    for finding in assessment.importance:
        if finding.wrong:
            yield NextStep(True, finding.dataset, words.text("agency.next_importance", why=finding.why))
    if assessment.differences:
        text = words.counted("agency.next_differences", len(assessment.differences))
        yield NextStep(True, assessment.agency, text)
    if assessment.unlabelled:
        text = words.counted("agency.next_labels", len(assessment.unlabelled))
        yield NextStep(True, assessment.agency, text)
    for blocker in assessment.blockers:
        if blocker.severity is Severity.BLOCKS:
            yield NextStep(False, blocker.database, words.text("agency.next_blocker", why=blocker.why))


def _tiles(assessment: Assessment, words: Catalogue) -> tuple[Tile, ...]:
    answered = sum(not source.problem for source in assessment.sources)
    blocking = sum(one.severity is Severity.BLOCKS for one in assessment.blockers)
    wrong = sum(one.wrong for one in assessment.importance)
    done = assessment.points == assessment.points_of
    whole = answered == len(assessment.sources)
    return (
        Tile(
            words.text("agency.tile_points"),
            words.text("tile.share", part=assessment.points, whole=assessment.points_of),
            "good" if done else "warn",
        ),
        Tile(
            words.text("agency.tile_sources"),
            words.text("tile.share", part=answered, whole=len(assessment.sources)),
            "good" if whole else "bad",
        ),
        _count("agency.tile_differences", len(assessment.differences), "bad", whole, words),
        _count("agency.tile_importance", wrong, "bad", whole, words),
        _count("agency.tile_blockers", blocking, "warn", whole, words),
    )


def _count(key: str, count: int, css: str, whole: bool, words: Catalogue) -> Tile:
    """None is good only when every source was asked. whole: whether all answered."""
    value = words.text("tile.count", count=count) if count or whole else words.text("tile.not_compared")
    return Tile(words.text(key), value, css if count else "good" if whole else "warn")


def _points_bar(part: CompletenessPart) -> Element:
    css = "good" if part.points == part.of else "warn"
    return stacked_bar([(css, float(part.points))], float(part.of))


def _by_dataset(assessment: Assessment) -> tuple[tuple[str, tuple[QualityFinding, ...]], ...]:
    return tuple((name, tuple(found)) for name, found in groupby(assessment.qualities, lambda one: one.dataset))
