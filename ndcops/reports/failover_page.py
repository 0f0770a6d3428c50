"""The report of one failover run: what was ordered, done, measured and lost; HTML and Markdown, vi and en.

Made from the run's records alone, without a clock: whoever has the records makes the same bytes again, so a report
that was changed anywhere is told by comparing (`matches`).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from ndcops.failover.plan.story import RunStory, ServiceStory, StepStory, tell
from ndcops.model.document import Text
from ndcops.model.record import Record
from ndcops.model.target import TargetKind
from ndcops.reports.catalogue import LANGUAGES, Catalogue, Language, catalogue
from ndcops.reports.figures import decimal, moment
from ndcops.reports.page import render
from ndcops.reports.status_page import Tile

_NOTHING = Text(vi="—", en="—")


class _Row(NamedTuple):
    cells: tuple[Text, ...]
    css: str = ""


class _Table(NamedTuple):
    key: str
    columns: tuple[str, ...]
    rows: tuple[_Row, ...]


def failover_page(run: str, records: Sequence[Record]) -> str:
    """The page as one HTML document. Raises Refused when the records are damaged."""
    words, story = catalogue(), tell(run, records)
    return render(
        "failover.html.j2",
        words,
        sheets=("page.css", "evidence.css"),
        heading=words.text("failover.heading", run=story.run),
        target=words.named("target", story.target),
        rehearsal=story.target != TargetKind.PRODUCTION,
        story=story,
        tiles=_tiles(story, words),
        facts=_facts(story, words),
        tables=_tables(story, words),
    )


def failover_markdown(run: str, records: Sequence[Record]) -> str:
    """The same as Markdown, Vietnamese first. Raises Refused when the records are damaged."""
    words, story = catalogue(), tell(run, records)
    return "\n".join(line for language in LANGUAGES for line in _markdown(story, words, language)) + "\n"


def matches(report: bytes, run: str, records: Sequence[Record]) -> bool:
    """Whether a report is, byte for byte, what the records tell."""
    if report.lstrip()[:1] == b"<":
        return report == failover_page(run, records).encode()
    return report == failover_markdown(run, records).encode()


def _tiles(story: RunStory, words: Catalogue) -> tuple[Tile, ...]:
    moved = sum(each.outcome == "moved" for each in story.services)
    lost = [each.lost for each in story.services if each.lost is not None]
    longest = max((each.pause_ms for each in story.services if each.pause_ms is not None), default=None)
    promised = [each.as_predicted for each in story.services if each.as_predicted is not None]
    whole = moved == len(story.services)
    return (
        Tile(
            words.text("failover.tile_ending"), _ending(story, words), "good" if story.ending == "done" else "warn"
        ),
        Tile(
            words.text("failover.tile_moved"),
            words.text("tile.share", part=moved, whole=len(story.services)),
            "good" if whole else "bad",
        ),
        Tile(words.text("failover.tile_pause"), _seconds(longest), "calm"),
        Tile(
            words.text("failover.tile_promised"),
            words.text("tile.share", part=sum(promised), whole=len(promised)),
            "good" if all(promised) else "warn",
        ),
        Tile(
            words.text("failover.tile_lost"),
            decimal(sum(lost)) if lost else words.text("failover.not_measured"),
            "bad" if any(lost) else "good" if lost else "calm",
        ),
    )


def _ending(story: RunStory, words: Catalogue) -> Text:
    return words.named("failover.ending", story.ending or "open")


def _facts(story: RunStory, words: Catalogue) -> tuple[tuple[Text, Text], ...]:
    """Who, when, with which risks, and the end of the chain."""
    took = decimal(round((story.last_at - story.began_at) / timedelta(seconds=1), 1))
    order = words.named("failover.kind", story.order.kind) if story.order else _same(story.title)
    risks = "; ".join(f"{o.risk}: {o.reason}" for o in story.accepted)
    reasons = "; ".join(dict.fromkeys(r.reason for r in story.order.accepted)) if story.order else ""
    rows = [
        ("failover.fact_order", order),
        ("failover.fact_began", moment(story.began_at)),
        ("failover.fact_took", words.text("failover.seconds", seconds=took)),
        ("failover.fact_actors", _same(", ".join(story.actors))),
        ("failover.fact_epochs", _same(", ".join(str(epoch) for epoch in story.epochs))),
        ("failover.fact_risks", _same(f"{risks} ({reasons})") if risks else words.text("failover.no_risks")),
        ("failover.fact_records", _same(str(story.records))),
        ("failover.fact_digest", _same(story.digest)),
    ]
    if story.simulated:
        rows.insert(0, ("failover.fact_simulated", _same("; ".join(story.simulated))))
    return tuple((words.text(key), value) for key, value in rows)


def _tables(story: RunStory, words: Catalogue) -> tuple[_Table, ...]:
    services = ("service", "from", "to", "outcome", "pause", "promised", "outage", "lost_writes", "rpo")
    steps = ("step", "outcome", "begun", "took", "actors", "note")
    moments = ("number", "time", "actor", "epoch", "record", "subject", "note")
    return (
        _Table("services", services, tuple(_service_row(each, words) for each in story.services)),
        _Table("steps", steps, tuple(_step_row(each, words) for each in story.steps)),
        _Table(
            "timeline",
            moments,
            tuple(
                _Row(
                    tuple(
                        _same(text)
                        for text in (
                            str(m.sequence),
                            m.time.isoformat(),
                            m.actor,
                            str(m.epoch),
                            m.kind,
                            m.subject,
                            m.note,
                        )
                    )
                )
                for m in story.moments
            ),
        ),
    )


def _service_row(each: ServiceStory, words: Catalogue) -> _Row:
    promised = each.predicted_ms
    span = _NOTHING if promised is None else _same(f"{_s(promised[0])}–{_s(promised[2])} s")
    outcome = words.text(f"failover.outcome.{each.outcome}")
    rpo = _NOTHING if each.rpo_s is None else words.text("failover.seconds", seconds=decimal(each.rpo_s))
    cells = (
        _same(each.service),
        _same(each.source),
        _same(each.target),
        outcome,
        _seconds(each.pause_ms),
        span,
        _seconds(each.outage_ms),
        _NOTHING if each.lost is None else decimal(each.lost),
        rpo,
    )
    return _Row(cells, "held" if each.outcome == "moved" else "drifted" if each.outcome == "half" else "unknown")


def _step_row(each: StepStory, words: Catalogue) -> _Row:
    took = None
    if each.begun_at is not None and each.ended_at is not None:
        took = round((each.ended_at - each.begun_at) / timedelta(milliseconds=1))
    tries = words.text("failover.tries", count=each.tries) if each.tries > 1 else Text(vi=" ", en=" ")
    note = _same(each.error) if each.error else tries
    cells = (
        _same(each.key),
        words.text(f"failover.step.{each.outcome}"),
        _NOTHING if each.begun_at is None else _same(each.begun_at.isoformat()),
        _seconds(took),
        _same(", ".join(each.actors) or "—"),
        note,
    )
    return _Row(cells, "drifted" if each.outcome in ("failed", "begun") else "unknown")


def _markdown(story: RunStory, words: Catalogue, language: Language) -> list[str]:
    def said(text: Text) -> str:
        plain = text.vi if language == "vi" else text.en
        return plain.replace("|", "\\|").replace("\n", " ")

    lines = [f"# {said(words.text('failover.heading', run=story.run))}", ""]
    lines += [f"**{said(words.named('target', story.target))}**", ""]
    lines += [f"- {said(tile.label)}: **{said(tile.figure)}**" for tile in _tiles(story, words)]
    lines += [f"- {said(label)}: {said(value)}" for label, value in _facts(story, words)]
    for table in _tables(story, words):
        lines += ["", f"## {said(words.text(f'failover.section.{table.key}'))}", ""]
        lines.append("| " + " | ".join(said(words.text(f"failover.column.{c}")) for c in table.columns) + " |")
        lines.append("|" + " --- |" * len(table.columns))
        lines += ["| " + " | ".join(said(cell) for cell in row.cells) + " |" for row in table.rows]
    return [*lines, ""]


def _same(text: str) -> Text:
    return Text(vi=text or "—", en=text or "—")


def _s(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.1f}"


def _seconds(milliseconds: int | None) -> Text:
    if milliseconds is None:
        return _NOTHING
    value = decimal(round(milliseconds / 1000, 1))
    return Text(vi=f"{value.vi} s", en=f"{value.en} s")
