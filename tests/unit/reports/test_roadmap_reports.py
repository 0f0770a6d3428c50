"""The roadmap and the portfolio as page, Markdown and calendar: whole, in both languages, safe with any name."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.model.document import Text
from ndcops.model.portfolio import LateWhy, Progress
from ndcops.model.roadmap import (
    Cutover,
    LeftOut,
    LeftOutWhy,
    PlannedMove,
    Reason,
    ReasonKind,
    Roadmap,
    RoadmapRules,
    Team,
    WaveLoad,
    Window,
)
from ndcops.reports.catalogue import catalogue
from ndcops.reports.markdown import escaped, table
from ndcops.reports.roadmap_calendar import roadmap_calendar
from ndcops.reports.roadmap_page import roadmap_page
from ndcops.reports.roadmap_text import roadmap_markdown
from ndcops.reports.roadmap_words import Names, left_out_words, reason_words
from tests.unit.reports.page_check import Page

NASTY = Text(vi='Hộ tịch <b>"&|\n# x', en="Civil; status, \\ [x](y)")
RULES = RoadmapRules(
    first_day=date(2026, 3, 2),
    waves=4,
    windows=(Window(weekday="saturday", starts="22:00", hours=6),),
    teams=(Team(name="t", title=Text(vi="Tổ", en="Team"), effort_days_per_wave=9, cutovers_per_window=1),),
    risk_per_wave=9,
)


def found(systems: int = 2) -> Roadmap:
    moves = tuple(
        PlannedMove(
            key=f"s{number}",
            cutovers=(
                Cutover(agency="bo-a", system=f"s{number}", night=date(2026, 3, 7), starts="22:00", hours=6),
            ),
            begins=0,
            ends=number % 2,
            team="t",
            reasons=tuple(Reason(kind=kind, about="s0") for kind in ReasonKind),
        )
        for number in range(systems)
    )
    waves = tuple(
        WaveLoad(
            number=number,
            first=RULES.first_day_of(number),
            last=RULES.first_day_of(number + 1) - timedelta(days=1),
            systems=1,
            risk=2,
            effort_permille={"t": 900},
        )
        for number in range(2)
    )
    left = tuple(LeftOut(agency="bo-a", system=f"l-{why}", why=why, about="s0") for why in LeftOutWhy)
    return Roadmap(
        as_of=date(2026, 2, 1),
        source={},
        waves=waves,
        moves=moves,
        left_out=left,
        makespan_waves=2,
        lower_bound_waves=2,
        kept=0,
        formerly_planned=0,
    )


@pytest.mark.parametrize("systems", [0, 2, 100])
def test_the_page_is_whole_and_loads_nothing(systems: int) -> None:
    page = Page(roadmap_page(found(systems), RULES, {"bo-a": NASTY}, {"s0": NASTY}, target="lab"))
    assert page.loads == []
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.references) <= set(page.ids)
    assert "<b>" not in page.tags
    assert systems == 0 or 'Hộ tịch <b>"&|' in page.text


def test_waves_that_are_over_are_not_shown() -> None:
    all_of = found()
    later = tuple(move.model_copy(update={"begins": 1, "ends": 1}) for move in all_of.moves)
    second = all_of.model_copy(update={"as_of": RULES.first_day_of(1), "moves": later})
    assert [wave.number for wave in second.shown_waves] == [1]
    assert all_of.shown_waves == all_of.waves
    page = roadmap_page(second, RULES, {}, {}, target="lab")
    assert [place for place in re.findall(r'<rect[^>]* x="([-0-9.]+)"', page) if place.startswith("-")] == []
    assert roadmap_page(second.model_copy(update={"moves": ()}), RULES, {}, {}, target="lab")


def test_every_reason_and_every_absence_has_words() -> None:
    names = Names({}, {}, RULES)
    for kind in ReasonKind:
        assert reason_words(Reason(kind=kind, about=""), names, catalogue()).vi
    for why in LeftOutWhy:
        assert left_out_words(LeftOut(agency="a", system="b", why=why), names, catalogue()).en
    for late in LateWhy:
        assert catalogue().text(f"portfolio.why.{late}", about="x").vi
    for progress in Progress:
        assert catalogue().text(f"portfolio.progress.{progress}").vi


@pytest.mark.parametrize("language", ["vi", "en"])
def test_markdown_keeps_its_tables_whatever_names_hold(language: str) -> None:
    text = roadmap_markdown(found(), RULES, {"bo-a": NASTY}, {"s0": NASTY}, language)  # type: ignore[arg-type]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert widths == {6, 4}
    assert "\n# x" not in text


@given(st.text(), st.text())
def test_a_cell_is_one_line_and_adds_no_column(one: str, other: str) -> None:
    lines = list(table(["a", "b"], [[one, other]]))
    assert len(lines) == 3
    assert len(re.findall(r"(?<!\\)\|", lines[2].replace("\\\\", ""))) == 3
    assert "\n" not in escaped(one)


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_calendar_entries_are_as_rfc_5545_wants_them() -> None:
    text = roadmap_calendar(found(), {"bo-a": NASTY}, {"s0": NASTY}, "en")
    lines = unfolded(text)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTART;TZID=Asia/Ho_Chi_Minh:20260307T220000" in lines
    assert "DTEND;TZID=Asia/Ho_Chi_Minh:20260308T040000" in lines
    assert "SUMMARY:Cut-over: Civil\\; status\\, \\\\ [x](y)" in lines
    assert sum(line == "BEGIN:VEVENT" for line in lines) == 2


def test_an_entry_keeps_its_identity_when_its_night_moves() -> None:
    moved = found().model_copy(update={"as_of": date(2026, 2, 2)})
    identities = [
        [line for line in unfolded(roadmap_calendar(each, {}, {}, "vi")) if line.startswith("UID:")]
        for each in (found(), moved)
    ]
    assert identities[0] == identities[1]
    assert len(set(identities[0])) == 2


@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_no_line_is_longer_than_75_bytes_and_folding_loses_nothing(name: str) -> None:
    text = roadmap_calendar(found(1), {}, {"s0": Text(vi=name, en=name)}, "vi")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    summary = next(line for line in unfolded(text) if line.startswith("SUMMARY:"))
    plain = summary.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
    assert plain == f"SUMMARY:Cắt chuyển: {name}"
