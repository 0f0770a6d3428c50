"""The roadmap as Markdown, in one language: for files, mail and pull requests."""

from collections.abc import Callable, Iterator, Mapping

from ndcops.model.document import Text
from ndcops.model.roadmap import PlannedMove, Roadmap, RoadmapRules
from ndcops.reports.catalogue import Language, catalogue
from ndcops.reports.figures import day
from ndcops.reports.markdown import table
from ndcops.reports.roadmap_words import Names, left_out_words, reasons_words


def roadmap_markdown(
    found: Roadmap,
    rules: RoadmapRules,
    agencies: Mapping[str, Text],
    systems: Mapping[str, Text],
    language: Language,
) -> str:
    """The document."""
    return "\n".join(_lines(found, Names(agencies, systems, rules), language)) + "\n"


def _lines(found: Roadmap, names: Names, language: Language) -> Iterator[str]:
    words = catalogue()

    def say(text: Text) -> str:
        return text.vi if language == "vi" else text.en

    def told(key: str, **fillings: Text | str | int) -> str:
        return say(words.text(key, **fillings))

    yield f"# {told('roadmap.heading')}"
    yield ""
    yield told("roadmap.as_of", day=day(found.as_of))
    yield told("roadmap.waves_of", waves=found.makespan_waves, bound=found.lower_bound_waves)
    for wave in found.waves:
        moves = [move for move in found.moves if move.ends == wave.number]
        if not moves:
            continue
        yield ""
        yield f"## {told('roadmap.wave', number=wave.number + 1, first=day(wave.first), last=day(wave.last))}"
        yield ""
        head = [told(f"roadmap.column_{name}") for name in ("night", "system", "agency", "team", "why")]
        yield from table(head, [_row(move, names, say, say(reasons_words(move, names, words))) for move in moves])
    if found.left_out:
        yield ""
        yield f"## {told('roadmap.section_left')}"
        yield ""
        head = [told(f"roadmap.column_{name}") for name in ("system", "agency", "why_left")]
        yield from table(
            head,
            [
                [
                    say(names.system(each.system)),
                    say(names.agency(each.agency)),
                    say(left_out_words(each, names, words)),
                ]
                for each in found.left_out
            ],
        )


def _row(move: PlannedMove, names: Names, say: Callable[[Text], str], why: str) -> list[str]:
    nights = sorted({each.night for each in move.cutovers})
    teams = {team.name: team.title for team in names.rules.teams}
    return [
        ", ".join(say(day(night)) for night in nights),
        " + ".join(say(names.system(each.system)) for each in move.cutovers),
        ", ".join(say(names.agency(agency)) for agency in sorted({each.agency for each in move.cutovers})),
        ", ".join(say(teams[name]) for name in move.team.split(" + ") if name in teams),
        why,
    ]
