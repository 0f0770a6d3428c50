"""What `agency verify` found, for the agency: one self-contained HTML file, Vietnamese first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ndcops.model.document import Text
from ndcops.model.dossier import Dossier
from ndcops.model.proving import RowDifference, TableVerification, Verdict, Verification
from ndcops.model.target import TargetKind
from ndcops.reports.catalogue import Catalogue, catalogue
from ndcops.reports.figures import moment
from ndcops.reports.page import render
from ndcops.reports.status_page import Tile

_LISTED = 200
"""Differing rows of one database that the page names; a phone opens it, and `--report` has them all."""

_CSS = {Verdict.SAME: "good", Verdict.DIFFERENT: "bad", Verdict.UNDECIDED: "warn"}


@dataclass(frozen=True)
class OtherObject:
    """Something beside rows that differs."""

    kind: Text
    name: str
    source: str | Text
    target: str | Text


@dataclass(frozen=True)
class ProvenSide:
    """One database as the page shows it. rows: the first that differ, with their tables; more: how many follow."""

    found: Verification
    tables: tuple[TableVerification, ...]
    rows: tuple[tuple[str, RowDifference], ...]
    more: int
    objects: tuple[OtherObject, ...]


def proof_page(dossier: Dossier, found: Sequence[Verification], verdict: Verdict, *, target: str) -> str:
    """The page as one HTML document. verdict: of all together."""
    words = catalogue()
    return render(
        "proof.html.j2",
        words,
        sheets=("page.css", "capacity.css"),
        heading=words.text("proof.heading", agency=dossier.title),
        target=words.named("target", target),
        rehearsal=target != TargetKind.PRODUCTION,
        ended_at=max((one.ended_at for one in found), default=None),
        verdict=verdict,
        tiles=_tiles(found, verdict, words),
        sides=tuple(_side(one, words) for one in found),
        names_rows=any(table.listed for one in found for table in one.tables),
        css=_CSS,
        moment=moment,
        release=_release,
    )


def _tiles(found: Sequence[Verification], verdict: Verdict, words: Catalogue) -> tuple[Tile, ...]:
    differences = sum(one.differences for one in found)
    undecided = sum(len(one.undecided) for one in found)
    rows = sum(table.source_rows for one in found for table in one.tables)
    return (
        Tile(words.text("proof.tile_verdict"), words.named("proof.verdict", verdict), _CSS[verdict]),
        Tile(words.text("proof.tile_databases"), words.text("tile.count", count=len(found)), "calm"),
        Tile(words.text("proof.tile_rows"), words.text("tile.count", count=rows), "calm"),
        Tile(
            words.text("proof.tile_differences"),
            words.text("tile.count", count=differences),
            "bad" if differences else "good",
        ),
        Tile(
            words.text("proof.tile_undecided"),
            words.text("tile.count", count=undecided),
            "warn" if undecided else "good",
        ),
    )


def _side(found: Verification, words: Catalogue) -> ProvenSide:
    """What needs an eye comes first."""
    rows = [(table.table, row) for table in found.tables for row in table.listed]
    differing = sum(table.differing_rows for table in found.tables)
    return ProvenSide(
        found=found,
        tables=tuple(
            sorted(found.tables, key=lambda one: not (one.differing_rows or one.undecided or one.problem))
        ),
        rows=tuple(rows[:_LISTED]),
        more=max(0, differing - min(len(rows), _LISTED)),
        objects=tuple(_objects(found, words)),
    )


def _objects(found: Verification, words: Catalogue) -> Iterator[OtherObject]:
    pending = words.text("proof.pending")
    for one in found.catalog:
        yield OtherObject(Text(vi=one.kind, en=one.kind), one.name, one.source or "—", one.target or "—")
    for sequence in found.sequences:
        there = pending if sequence.pending else str(sequence.target_next)
        yield OtherObject(words.text("proof.sequence"), sequence.name, str(sequence.source_next), there)
    for each in found.large_objects:
        there = pending if each.pending else words.named("proof.kind", each.kind)
        yield OtherObject(words.text("proof.large_object"), str(each.oid), "—", there)
    for orphans in found.orphans:
        count = words.counted("proof.orphans", orphans.count)
        yield OtherObject(words.text("proof.orphan"), f"{orphans.table}: {orphans.foreign_key}", "—", count)


def _release(version: int) -> str:
    """150008 is 15.8."""
    return f"{version // 10000}.{version % 10000}"
