"""`ndcops agency roadmap|portfolio` at the command line, on the sample inventory."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, Run


def test_a_roadmap_is_shown_and_written_in_every_form(ndcops: Run, tmp_path: Path) -> None:
    html, markdown, ics = tmp_path / "r.html", tmp_path / "r.md", tmp_path / "r.ics"
    ended = ndcops(
        "agency", "roadmap", "--html", str(html), "--markdown", str(markdown), "--ics", str(ics), "--json"
    )
    assert ended.code == 0
    assert {each["system"] for each in ended.document["left_out"]} == {"ha-noi-land-records"}
    assert "Lộ trình" in html.read_text()
    assert markdown.read_text().startswith("# Lộ trình")
    assert ics.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert "ho-tich-dien-tu" in ndcops("agency", "roadmap").out


def test_a_recorded_roadmap_is_kept_by_the_next(ndcops: Run) -> None:
    ended = ndcops("agency", "roadmap", "--record")
    assert ended.code == 2
    assert "there is no terminal" in ended.err
    assert ndcops("agency", "roadmap", "--record", "--yes").code == 0
    again = ndcops("agency", "roadmap", "--json").document
    assert again["kept"] == again["formerly_planned"] == 5
    assert ndcops("agency", "roadmap", "--anew", "--json").document["formerly_planned"] == 0
    assert ndcops("agency", "portfolio", "--json").document["ledger_records"] == 2


def test_the_country_is_shown_with_page_and_catalogue(ndcops: Run, tmp_path: Path) -> None:
    html, dcat = tmp_path / "p.html", tmp_path / "catalogue.jsonld"
    ended = ndcops("agency", "portfolio", "--html", str(html), "--dcat", str(dcat), "--json")
    assert ended.code == 0
    assert all(figure["sourced"]["source"] for figure in ended.document["figures"])
    assert "Toàn cảnh" in html.read_text()
    assert json.loads(dcat.read_text())["@type"] == "dcat:Catalog"
    assert "the country at a glance" in ndcops("agency", "portfolio").out


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        (("wave_weeks: 2", "wave_weeks: 0"), 2, "roadmap.yaml"),
        (("waves: 40", "waves: 1"), 3, "find no wave in a calendar of 1"),
        (('starts: "22:00"', 'starts: "10 pm"'), 2, "a time of the day like 22:00"),
        (('last: "2026-05-04"', 'last: "2026-04-01"'), 2, "is before"),
        (("agencies:\n      - bo-tu-phap", "agencies: []"), 2, "is of team 'bo-nganh' already"),
    ],
)
def test_bad_rules_and_impossible_ones_are_said(
    ndcops: Run, tmp_path: Path, change: tuple[str, str], code: int, why: str
) -> None:
    inventory = tmp_path / "inventory"
    shutil.copytree(REPOSITORY / "inventory", inventory)
    text = (inventory / "roadmap.yaml").read_text()
    assert change[0] in text
    (inventory / "roadmap.yaml").write_text(text.replace(change[0], change[1], 1))
    ended = ndcops("agency", "roadmap", "--inventory", str(inventory))
    assert ended.code == code
    assert why in ended.err


def test_without_rules_the_next_command_is_said(ndcops: Run, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory"
    shutil.copytree(REPOSITORY / "inventory", inventory)
    (inventory / "roadmap.yaml").unlink()
    ended = ndcops("agency", "roadmap", "--inventory", str(inventory))
    assert ended.code == 2
    assert "ndcops inventory schema --kind RoadmapRules" in ended.err


def test_another_language_is_refused(ndcops: Run, tmp_path: Path) -> None:
    ended = ndcops("agency", "roadmap", "--markdown", str(tmp_path / "x.md"), "--language", "fr")
    assert ended.code == 2
    assert "expected vi or en" in ended.err
