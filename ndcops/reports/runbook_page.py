"""The runbook as a page: schedule, contacts, go or no-go, a card a step, texts for the public; ready to print."""

from ndcops.model.runbook import FilledRunbook, TaskState
from ndcops.model.target import TargetKind
from ndcops.reports.catalogue import Catalogue, catalogue
from ndcops.reports.figures import moment
from ndcops.reports.page import render
from ndcops.reports.runbook_words import clock, first_night, items, person_words, state_words, when
from ndcops.reports.status_page import Tile


def runbook_page(filled: FilledRunbook, *, target: str) -> str:
    """The page as one HTML document, Vietnamese first, English by a switch in the page."""
    words = catalogue()
    return render(
        "runbook.html.j2",
        words,
        sheets=("page.css", "runbook.css"),
        heading=words.text("runbook.heading", agency=filled.title),
        target=words.named("target", target),
        rehearsal=target != TargetKind.PRODUCTION,
        filled=filled,
        taken_at=moment(filled.as_of),
        tiles=_tiles(filled, words),
        rows=tuple(
            (task, when(task.step.t_minus_h, task.due, words), state_words(task, words)) for task in filled.tasks
        ),
        cards=tuple((task, tuple(items(task, filled.agency, words))) for task in filled.tasks),
        notices=tuple((each, when(each.t_minus_h, each.due, words)) for each in filled.notices),
        person=lambda each: person_words(each, words),
        named=words.named,
    )


def _tiles(filled: FilledRunbook, words: Catalogue) -> tuple[Tile, ...]:
    done = sum(task.state is TaskState.DONE for task in filled.tasks)
    night = first_night(filled)
    still_open = sum(not check.passed for gate in filled.gates for check in gate.checks)
    following = filled.next_task
    return (
        Tile(
            words.text("runbook.tile_done"),
            words.text("tile.share", part=done, whole=len(filled.tasks)),
            "good" if done == len(filled.tasks) else "calm",
        ),
        Tile(
            words.text("runbook.tile_next"),
            following.step.title if following is not None else words.text("runbook.all_done"),
            "calm",
        ),
        Tile(
            words.text("runbook.tile_night"),
            clock(night) if night is not None else words.text("runbook.none"),
            "calm" if night is not None else "warn",
        ),
        Tile(
            words.text("runbook.tile_gates"),
            words.text("tile.count", count=still_open),
            "warn" if still_open else "good",
        ),
    )
