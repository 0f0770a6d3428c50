"""The capacity page: complete in both languages, safe to open anywhere, small, honest about what was not asked."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ndcops.capacity.plan.forecast import Outlook, SeriesId, Trouble
from ndcops.capacity.plan.losses import RackLoss
from ndcops.capacity.plan.report import CapacityReport
from ndcops.capacity.plan.shortfall import Shortfall
from ndcops.model.errors import NdcopsError
from ndcops.reports.capacity_facts import by_urgency, halls, tone
from ndcops.reports.capacity_forecasts import CHARTS_SHOWN, thinned
from ndcops.reports.capacity_page import capacity_page, write_capacity_page
from ndcops.reports.capacity_words import reason_text, resource_name, shortfall_text
from ndcops.reports.catalogue import catalogue, read_words
from tests.unit.reports.page_check import Page
from tests.unit.reports.sample_capacity import (
    FIRST_DAY,
    GIB,
    TAKEN_AT,
    capacity_report,
    placement,
    purchase,
    room,
    survivals,
    told,
    unknown,
)
from tests.unit.reports.test_status_page import ATTACK

EMPTY = CapacityReport("lab", TAKEN_AT)


@pytest.fixture(scope="module")
def shown() -> str:
    """What a reader of the whole page sees."""
    return re.sub(r"\s+", " ", Page(capacity_page(capacity_report())).text)


@pytest.mark.parametrize("report", [capacity_report(), EMPTY], ids=["all", "nothing"])
def test_page_is_balanced_loads_nothing_and_its_references_lead_somewhere(report: CapacityReport) -> None:
    html = capacity_page(report)
    page = Page(html)

    assert page.loads == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)
    assert "default-src 'none'" in html
    assert "://" not in html


def test_same_answers_give_the_same_page() -> None:
    assert capacity_page(capacity_report()) == capacity_page(capacity_report())


def test_both_languages_are_in_the_page_vietnamese_first() -> None:
    html = capacity_page(capacity_report())

    assert html.startswith('<!doctype html>\n<html lang="vi">')
    assert html.count('lang="vi"') - html.count('<html lang="vi"') == html.count('lang="en"')
    assert html.index("Năng lực các trung tâm") < html.index("Capacity of the data centres")


@pytest.mark.parametrize(
    "expected",
    [
        "08:00:00 ngày 31/01/2026 UTC",
        "máy chủ và pod (KWOK)",
        "1/2",
        "154 lõi",
        "154 cores",
        "1.5 MW of 2 MW",
        "1,5 kW",
        "không đủ chỗ",
        "NDC2: not enough CPU, 2 pods without a place, 8 cores missing",
        "tier fast at NDC2: 200 GiB needed, 100 GiB there",
        "NDC1 lost: 2 systems do not fit",
        "0/8 nodes are available: 8 Insufficient cpu.",
        "has no pool 'tape'",
        "7 of 20 pods",
        "từ 01/07/2026 đến 09/10/2026, nhiều khả năng nhất 20/08/2026",
        "from 2026-07-01 to 2026-10-09, most likely 2026-08-20",
        "at least until 2027-01-31",
        "cannot be foretold: history too short",
        "median date error 4.5 days",
        "79% of outcomes in the 80% band",
        "MASE 0,81",
        "wave two (+40 lõi40 cores)",
        "1,45 tỷ đồng",
        "no plan is cheaper than 1.44 billion VND (gap 0.7%)",
        "3 × large",
        "NDC2: storage fast 90% in use in 2026-Q3, with one storage unit lost",
        "NDC1 / data: memory 97% in use in 2026-Q2, with NDC2 lost",
        "All centres: budget 100% in use in 2026-Q1",
        "-20 GiB",
        "ministry-of-land",
    ],
)
def test_page_shows(shown: str, expected: str) -> None:
    assert expected in shown


def test_systems_without_room_stand_in_recovery_order_and_others_do_not_stand_there() -> None:
    html = capacity_page(capacity_report())

    assert html.index("land-register") < html.index("old-archive")
    assert "civil-status" not in html


def test_a_rack_whose_loss_does_not_fit_is_hatched_and_says_why() -> None:
    html = capacity_page(capacity_report())
    cells = [
        cell for hall in halls(room("ndc1"), capacity_report().rack_losses, catalogue()) for cell in hall.cells
    ]
    hatched = [any("hatch" in part.get("class", "") for part in cell) for cell in cells]

    assert hatched == [False, False, False, True]
    assert "if lost: 7/20 pods find no place (not enough memory)" in html
    assert "nếu mất: 20 pod đều có chỗ mới" in html


def test_what_was_not_asked_is_not_called_fine() -> None:
    text = Page(capacity_page(replace(EMPTY, rooms=(room("ndc1"),)))).text

    for expected in ("did not compute the loss", "has no forecasts", "has no purchase plan", "not computed"):
        assert expected in text
    assert "every pod finds a place" not in text


def test_what_could_not_be_read_is_said() -> None:
    html = capacity_page(capacity_report(unread=("ndc1: resourceslices",)))

    assert "answers that need them may be wrong" in html
    assert "ndc1: resourceslices" in html


def test_whatever_people_write_is_shown_as_text() -> None:
    attacked = replace(
        room(ATTACK),
        pools=(replace(room("x").pools[0], name=ATTACK),),
        racks=(replace(room("x").racks[0], name=ATTACK),),
        tiers=(replace(room("x").tiers[0], name=ATTACK),),
        agencies=(replace(room("x").agencies[0], agency=ATTACK),),
    )
    lost = survivals()[0]
    fate = replace(lost.fates[0], service=ATTACK, site=ATTACK, placements=(replace(placement(1), message=ATTACK),))
    report = capacity_report(
        target=ATTACK,
        simulated=(ATTACK,),
        unread=(ATTACK,),
        rooms=(attacked,),
        survivals=(replace(lost, lost=ATTACK, fates=(fate,), shortfalls=(Shortfall(ATTACK, ATTACK, 1),)),),
        rack_losses=(RackLoss(ATTACK, ATTACK, 1, 1, 1, ATTACK),),
        forecasts=(replace(told(Outlook.EXHAUSTS), series=SeriesId(ATTACK, ATTACK, ATTACK)),),
        waves=(replace(capacity_report().waves[0], site=ATTACK, resource=ATTACK, pool=ATTACK, name=ATTACK),),
        purchase=replace(purchase(), lines=(replace(purchase().lines[0], sku=ATTACK, pool=ATTACK, site=ATTACK),)),
    )

    page = Page(capacity_page(report))

    assert page.loads == []
    assert {"script", "img"}.isdisjoint(page.tags)
    assert page.text.upper().count("<SCRIPT>ALERT(1)</SCRIPT>") >= 20
    assert "{{ 7*7 }}" in page.text


def test_a_country_of_600_racks_and_1000_lost_systems_stays_small() -> None:
    lost = replace(survivals()[0], fates=survivals()[0].fates * 330)
    names = [f"ndc{number}" for number in range(1, 4)]
    report = capacity_report(
        rooms=tuple(room(name, racks=200) for name in names),
        survivals=tuple(replace(lost, lost=name) for name in names),
        rack_losses=tuple(
            RackLoss(name, rack.name, 5, 300, 12, "Insufficient memory")
            for name in names
            for rack in room(name, racks=200).racks
        ),
        forecasts=tuple(
            told(Outlook.EXHAUSTS, f"storage/t{number}", name) for number in range(40) for name in names
        ),
    )
    html = capacity_page(report)

    assert html.count('class="rack-cell" ') - 7 == 600
    assert html.count('class="curve ') == CHARTS_SHOWN
    assert "and 560 more systems" in html
    assert "and 560 more racks" in html
    assert len(html.encode()) < 1_500_000


def test_a_page_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "capacity.html"
    write_capacity_page(EMPTY, path)

    assert path.read_text("utf-8") == capacity_page(EMPTY)


def test_a_path_that_cannot_be_written_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(NdcopsError, match="cannot write the page") as caught:
        write_capacity_page(EMPTY, tmp_path)

    assert "--html" in caught.value.resolution


@pytest.mark.parametrize("outlook", [each for each in Outlook if each is not Outlook.UNKNOWN])
def test_every_outlook_has_a_chart_and_words(outlook: Outlook) -> None:
    html = capacity_page(capacity_report(forecasts=(told(outlook),)))

    assert f'class="curve {outlook.value}"' in html
    assert catalogue().text(f"outlook.{outlook}").vi in html


def test_an_open_end_says_after_which_day() -> None:
    html = capacity_page(capacity_report(forecasts=(replace(told(Outlook.EXHAUSTS), latest=None),)))

    assert "at the latest after 2027-01-31" in html


def test_the_most_urgent_forecast_comes_first() -> None:
    late = replace(told(Outlook.EXHAUSTS, "b"), expected=told(Outlook.EXHAUSTS).days[-1])
    given = [told(Outlook.LASTS), unknown(), late, told(Outlook.EXHAUSTS, "a"), told(Outlook.FULL)]

    assert [each.series.resource for each in by_urgency(given)][:3] == ["cpu", "a", "b"]
    assert by_urgency(given)[-1].outlook is Outlook.LASTS


def test_a_chart_has_few_points_and_means_of_whole_weeks() -> None:
    days = told(Outlook.LASTS).days
    points = list(thinned(days, ([float(number % 7) for number in range(len(days))],)))

    assert len(points) == 52
    assert {mean for _, (mean,) in points} == {3.0}
    assert points[0][0] > FIRST_DAY


def test_every_value_of_a_closed_set_has_words() -> None:
    keys = set(read_words("en"))

    assert {f"trouble.{each}" for each in Trouble} <= keys
    assert {f"outlook.{each}" for each in Outlook} <= keys
    assert {f"outlook.{each}.text" for each in Outlook} <= keys


def test_keys_that_the_code_names_exist() -> None:
    folder = Path(__file__).parents[3] / "ndcops" / "reports"
    sources = [path.read_text("utf-8") for path in folder.glob("capacity_*.py")]
    named = {key for source in sources for key in re.findall(r'"(capacity\.[a-z_]+)"', source)}

    assert len(named) > 15
    assert named - {"capacity.html", "capacity.css"} <= set(read_words("vi"))


@pytest.mark.parametrize(
    ("reason", "en"),
    [
        ("Insufficient cpu", "not enough CPU"),
        ("Insufficient example.com/fpga", "not enough example.com/fpga"),
        ("Too many pods", "too many pods"),
        ("node(s) had untolerated taint(s)", "node(s) had untolerated taint(s)"),
        ("", "no reason known"),
    ],
)
def test_reasons_have_words(reason: str, en: str) -> None:
    assert reason_text(catalogue(), reason).en == en


def test_a_shortfall_says_its_amount_only_when_it_is_known() -> None:
    known = shortfall_text(catalogue(), Shortfall("ndc1", "Insufficient memory", 1, 3 * GIB))
    bare = shortfall_text(catalogue(), Shortfall("ndc1", "Too many pods", 2))

    assert known.vi == "NDC1: thiếu bộ nhớ, 1 pod không có chỗ, thiếu 3 GiB"
    assert bare.en == "NDC1: too many pods, 2 pods without a place"


def test_tiers_are_named_as_storage() -> None:
    assert resource_name(catalogue(), "storage/fast").en == "storage fast"
    assert resource_name(catalogue(), "storage").en == "storage"


@pytest.mark.parametrize(("share", "expected"), [(0.79, "good"), (0.8, "warn"), (0.95, "bad"), (1.2, "bad")])
def test_tones(share: float, expected: str) -> None:
    assert tone(share) == expected
