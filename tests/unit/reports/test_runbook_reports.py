"""The runbook as page and Markdown: whole, the same in both, safe with any name; duties and checks have words."""

import pytest

from ndcops.model.document import Text
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.runbook import Duty, FilledRunbook
from ndcops.onboarding.plan.gates import CHECKS
from ndcops.reports.catalogue import LANGUAGES, catalogue, read_words
from ndcops.reports.runbook_page import runbook_page
from ndcops.reports.runbook_text import runbook_markdown
from ndcops.reports.runbook_words import when
from tests.unit.onboarding.runbook_samples import filled, roadmap
from tests.unit.onboarding.zone_samples import agency, system
from tests.unit.reports.page_check import Page

NASTY = Text(vi='Hộ tịch <b>"&|\n# x', en="Civil; status, \\ [x](y) <script>")


def nasty() -> FilledRunbook:
    from datetime import date

    titled = system(title=NASTY)
    given = agency(
        "agency-x", titled, system("x-portal"), agency={"id": "agency-x", "title": NASTY, "level": "ministry"}
    )
    states = {"x-portal": LifecycleState.DECOMMISSIONED}
    return filled(given, states=states, nights=roadmap(("x-records", date(2026, 3, 7))))


def test_the_page_is_whole_and_loads_nothing():
    page = Page(runbook_page(nasty(), target="lab"))
    assert page.loads == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)
    for each in nasty().tasks:
        assert each.command in page.text
        assert each.step.abort.vi in page.text
    assert "Civil; status, \\ [x](y) <script>" in page.text
    assert "script" not in page.tags


@pytest.mark.parametrize("language", LANGUAGES)
def test_markdown_says_the_same(language):
    text = runbook_markdown(nasty(), language, target="lab")
    assert "\n# x" not in text
    assert "<script>" not in text
    for each in nasty().tasks:
        assert f"`{each.command}`" in text
    cards = [line for line in text.splitlines() if line.startswith("### ") and "(`" in line]
    assert len(cards) == len(nasty().tasks)


def test_the_point_of_no_return_is_said_where_it_is():
    page = runbook_page(nasty(), target="production")
    assert page.count('class="no-return"') == len([t for t in nasty().tasks if t.step.point_of_no_return]) > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_duty_and_every_check_of_a_gate_has_words(language):
    words = read_words(language)
    checks = {check.name for asked in CHECKS.values() for check in asked}
    assert {f"check.{name}" for name in checks} <= set(words)
    assert {f"duty.{duty}" for duty in Duty} <= set(words)
    assert {f"portfolio.state.{state}" for state in LifecycleState} <= set(words)


@pytest.mark.parametrize(
    ("t_minus_h", "words"),
    [
        (0, "T"),
        (1, "T − 1 h"),
        (-47, "T + 47 h"),
        (48, "T − 2 d"),
        (-167, "T + 6 d 23 h"),
        (-2161, "T + 90 d 1 h"),
    ],
)
def test_hours_far_from_the_cut_over_are_days(t_minus_h: int, words: str) -> None:
    assert when(t_minus_h, None, catalogue()).en == words
