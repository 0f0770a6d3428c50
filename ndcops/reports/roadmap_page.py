"""The roadmap as a page: the Gantt chart, every move with its night and reason, what has no place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ndcops.model.document import Text
from ndcops.model.roadmap import PlannedMove, Roadmap, RoadmapRules
from ndcops.model.target import TargetKind
from ndcops.reports.catalogue import Catalogue, catalogue
from ndcops.reports.figures import day
from ndcops.reports.page import render
from ndcops.reports.roadmap_words import Names, left_out_words, reasons_words
from ndcops.reports.status_page import Tile
from ndcops.reports.svg.bars import stacked_bar
from ndcops.reports.svg.gantt import Bar, Line, gantt

_LINES_BY_SYSTEM = 60
"""Up to so many moves each has a line of its own; beyond, an agency's share one."""


@dataclass(frozen=True)
class MoveRow:
    """A move as its table shows it."""

    wave: int
    nights: Text
    systems: tuple[Text, ...]
    agencies: tuple[Text, ...]
    why: Text


def roadmap_page(
    found: Roadmap,
    rules: RoadmapRules,
    agencies: Mapping[str, Text],
    systems: Mapping[str, Text],
    *,
    target: str,
) -> str:
    """The page as one HTML document, Vietnamese first, English by a switch in the page."""
    words = catalogue()
    names = Names(agencies, systems, rules)
    waves = [wave.number for wave in found.shown_waves]
    closed = [wave.number for wave in found.shown_waves if not wave.effort_permille and not wave.systems]
    return render(
        "roadmap.html.j2",
        words,
        sheets=("page.css", "capacity.css", "roadmap.css"),
        heading=words.text("roadmap.heading"),
        target=words.named("target", target),
        rehearsal=target != TargetKind.PRODUCTION,
        as_of=day(found.as_of),
        found=found,
        tiles=_tiles(found, words),
        charts=tuple(gantt(_lines(found, names, language), waves, closed) for language in ("vi", "en")),
        rows=tuple(_row(move, names, words) for move in found.moves),
        left=tuple((each, names, left_out_words(each, names, words)) for each in found.left_out),
        teams=rules.teams,
        load_bar=lambda permille: stacked_bar([("used", min(permille, 1000))], 1000),
    )


def _tiles(found: Roadmap, words: Catalogue) -> tuple[Tile, ...]:
    systems = sum(len(move.cutovers) for move in found.moves)
    last = max((each.night for move in found.moves for each in move.cutovers), default=None)
    waves = words.text("roadmap.tile_waves_of", waves=found.makespan_waves, bound=found.lower_bound_waves)
    missing = sum(not each.is_settled for each in found.left_out)
    return (
        Tile(words.text("roadmap.tile_systems"), words.text("tile.count", count=systems), "good"),
        Tile(words.text("roadmap.tile_last"), day(last) if last else words.text("roadmap.none"), "good"),
        Tile(words.text("roadmap.tile_waves"), waves, "good"),
        Tile(
            words.text("roadmap.tile_missing"),
            words.text("tile.count", count=missing),
            "bad" if missing else "good",
        ),
    )


def _lines(found: Roadmap, names: Names, language: str) -> Sequence[Line]:
    """A line for each move, or for each agency when there are many."""

    def told(text: Text) -> str:
        return text.vi if language == "vi" else text.en

    if len(found.moves) <= _LINES_BY_SYSTEM:
        return [
            Line(" + ".join(told(names.system(each.system)) for each in move.cutovers), (_bar(move, names, told),))
            for move in found.moves
        ]
    by_agency: dict[str, list[PlannedMove]] = {}
    for move in found.moves:
        for agency in sorted({each.agency for each in move.cutovers}):
            by_agency.setdefault(agency, []).append(move)
    return [
        Line(told(names.agency(agency)), tuple(_bar(move, names, told) for move in moves))
        for agency, moves in sorted(by_agency.items())
    ]


def _bar(move: PlannedMove, names: Names, told: Callable[[Text], str]) -> Bar:
    systems = " + ".join(told(names.system(each.system)) for each in move.cutovers)
    night = max(each.night for each in move.cutovers)
    return Bar(move.begins, move.ends, "long" if move.begins < move.ends else "short", f"{systems}: {night}")


def _row(move: PlannedMove, names: Names, words: Catalogue) -> MoveRow:
    nights = sorted({each.night for each in move.cutovers})
    shown = [day(night) for night in nights]
    return MoveRow(
        wave=move.ends + 1,
        nights=Text(vi=", ".join(each.vi for each in shown), en=", ".join(each.en for each in shown)),
        systems=tuple(names.system(each.system) for each in move.cutovers),
        agencies=tuple(names.agency(agency) for agency in sorted({each.agency for each in move.cutovers})),
        why=reasons_words(move, names, words),
    )
