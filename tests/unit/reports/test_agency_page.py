"""The agency's report: complete in both languages, safe to open, and it says what to do next."""

from pathlib import Path

import pytest

from ndcops.model.assessment import Severity
from ndcops.model.document import Text
from ndcops.model.dossier import Importance, PersonalData, Strategy
from ndcops.model.errors import NdcopsError
from ndcops.onboarding.plan.assessment import SourceFacts, assess
from ndcops.onboarding.plan.personal_data import Detection
from ndcops.reports.agency_page import agency_page, next_steps, write_agency_page
from ndcops.reports.catalogue import catalogue, read_words
from tests.onboarding_world import BEGAN, dossier
from tests.probed import probed, table
from tests.unit.reports.page_check import Page
from tests.unit.reports.test_status_page import ATTACK

DATABASES = [
    {"id": "db", "system": "x-records", "engine": "postgresql", "connection": "service=x"},
    {"id": "old", "system": "x-records", "engine": "oracle"},
]
DATASETS = [
    {
        "id": "d",
        "title": {"vi": ATTACK, "en": ATTACK},
        "database": "db",
        "importance": "other",
        "fields": [{"name": "id"}, {"name": ATTACK}],
    }
]
NAMES = Detection(
    table=f"public.{ATTACK}", column="ho_ten", kind=PersonalData.NAME, share_ppm=950_000, by_name=True
)
WHOLE = dossier(databases=DATABASES, datasets=DATASETS)
FOUND = assess(
    WHOLE,
    [
        SourceFacts(
            "db",
            probed(table(ATTACK, unlogged=True)),
            detections=(
                Detection(
                    table=f"public.{ATTACK}",
                    column="ho_ten",
                    kind=PersonalData.NAME,
                    share_ppm=950_000,
                    by_name=True,
                ),
            ),
        ),
        SourceFacts("old", problem=ATTACK),
    ],
    taken_at=BEGAN,
)
NOTHING = assess(dossier(), [], taken_at=BEGAN)


@pytest.mark.parametrize("found", [FOUND, NOTHING], ids=["all", "nothing"])
def test_page_is_balanced_loads_nothing_and_its_references_lead_somewhere(found):
    html = agency_page(WHOLE, found, target="lab")
    page = Page(html)
    assert page.loads == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)
    assert "<script" not in html
    assert "default-src 'none'" in html


def test_both_languages_vietnamese_first():
    html = agency_page(WHOLE, FOUND, target="lab")
    assert html.index("Việc cơ quan cần làm tiếp") < html.index("What the agency does next")
    assert html.count('lang="vi"') - html.count('<html lang="vi"') == html.count('lang="en"')


def test_what_the_gate_waits_for_comes_first():
    steps = list(next_steps(FOUND, catalogue()))
    assert [step.about for step in steps] == ["old", "d", "agency-x", "agency-x", "db"]
    assert [step.severe for step in steps] == [True, True, True, True, False]
    assert list(next_steps(NOTHING, catalogue())) == []


def test_nothing_is_called_right_while_a_source_is_silent():
    """No difference found is no praise for what nobody could look at."""
    silent = assess(WHOLE, [SourceFacts("db", problem="away"), SourceFacts("old", problem="away")], taken_at=BEGAN)
    text = Page(agency_page(WHOLE, silent, target="lab")).text
    assert text.count("Not known: 2 sources did not answer.") == 2
    assert text.count("not compared") == 2, "differences and blockers; classes are wrong while nobody is counted"
    assert "None: everything declared agrees" not in text
    assert "None: everything declared agrees" in Page(agency_page(WHOLE, NOTHING, target="lab")).text


def test_a_page_that_cannot_be_written(tmp_path: Path):
    with pytest.raises(NdcopsError, match="cannot write the page"):
        write_agency_page(WHOLE, FOUND, tmp_path, target="lab")


def test_the_heading_names_the_agency():
    of = WHOLE.model_copy(
        update={"agency": WHOLE.agency.model_copy(update={"title": Text(vi="Bộ Y tế", en="Ministry of Health")})}
    )
    html = agency_page(of, NOTHING, target="production")
    assert "Đánh giá hồ sơ: Bộ Y tế" in html
    assert "Assessment of the dossier: Ministry of Health" in html


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("personal", list(PersonalData)),
        ("strategy", list(Strategy)),
        ("importance", [*Importance, "unknown"]),
        ("severity", list(Severity)),
        ("part", [part.part for part in NOTHING.completeness]),
    ],
)
def test_every_name_has_words(group, names):
    words = read_words("vi")
    assert [name for name in names if f"agency.{group}.{name}" not in words] == []
