"""The page of a comparison: complete in both languages, safe to open, and it says what differs."""

from datetime import UTC, datetime, timedelta

import pytest

from ndcops.model.proving import (
    CatalogDifference,
    Direction,
    HashMethod,
    LargeObjectDifference,
    Orphans,
    RowDifference,
    RowDifferenceKind,
    SequenceDifference,
    SequenceRelation,
    TableVerification,
    Verdict,
    Verification,
)
from ndcops.onboarding.plan.proving.verdicts import concluded, worst
from ndcops.reports.catalogue import read_words
from ndcops.reports.proof_page import proof_page
from tests.onboarding_world import BEGAN, dossier
from tests.unit.reports.page_check import Page
from tests.unit.reports.test_status_page import ATTACK

SAME = TableVerification(
    table="public.khai_sinh", key=("id",), columns=3, method=HashMethod.RECORD, source_rows=1234, target_rows=1234
)
ROW = RowDifference(kind=RowDifferenceKind.CHANGED, key=(ATTACK,))
HELD = concluded(
    Verification(
        agency="agency-x",
        system="x-records",
        database="x-db",
        began_at=BEGAN,
        ended_at=BEGAN + timedelta(minutes=2),
        source_version=150008,
        target_version=180004,
        direction=Direction.REVERSE,
        began_lsn=1,
        seed=77,
        tables=(SAME,),
        catalog=(),
        sequences_compared=2,
        sequences=(),
        large_objects_compared=1,
        large_objects=(),
        foreign_keys_checked=3,
        orphans=(),
        undecided=(),
        notes=(),
        verdict=Verdict.UNDECIDED,
        differences=0,
    )
)
DIFFERENT = concluded(
    HELD.model_copy(
        update={
            "database": "other-db",
            "tables": (
                SAME,
                SAME.model_copy(update={"table": ATTACK, "differing_rows": 300, "listed": (ROW,) * 250}),
            ),
            "catalog": (CatalogDifference(kind="index", name=ATTACK, source=ATTACK, target=None),),
            "sequences": (
                SequenceDifference(
                    name="s", relation=SequenceRelation.BEHIND, source_next=9, target_next=4, pending=False
                ),
            ),
            "large_objects": (
                LargeObjectDifference(oid=7, kind=RowDifferenceKind.MISSING, rights_only=False, pending=True),
            ),
            "orphans": (Orphans(foreign_key="k", table="public.con", count=1, sample=(), not_valid=False),),
            "notes": (ATTACK,),
        }
    )
)
UNDECIDED = concluded(
    HELD.model_copy(update={"tables": (SAME.model_copy(update={"problem": ATTACK}),), "undecided": (ATTACK,)})
)
ALL = ((HELD,), (HELD, DIFFERENT), (UNDECIDED,))


def page_of(found: tuple[Verification, ...]) -> str:
    return proof_page(dossier(), found, worst(found), target="lab")


@pytest.mark.parametrize("found", ALL, ids=["same", "different", "undecided"])
def test_page_is_balanced_loads_nothing_and_both_languages_are_whole(found: tuple[Verification, ...]) -> None:
    html = page_of(found)
    page = Page(html)
    assert page.loads == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)
    assert "<script" not in html
    assert html.count('lang="vi"') - html.count('<html lang="vi"') == html.count('lang="en"')


def test_what_held_says_so_with_its_figures() -> None:
    html = page_of((HELD,))
    assert html.index("giống nhau") < html.index("the same")
    for said in ("1.234", "1,234", "15.8 → 18.4", "77", "from the centre back to the agency", "08:02:00"):
        assert said in html
    assert "personal data" not in html


def test_what_differs_is_named_and_the_rest_counted() -> None:
    html = page_of((HELD, DIFFERENT))
    assert "Differences are proven" in html
    assert "and 100 more" in html
    assert "personal data" in html
    for said in ("1 row without its parent", "no stream carries it", "large object", "other values"):
        assert said in html


def test_one_database_that_differs_is_more_than_one_that_is_undecided() -> None:
    assert worst((UNDECIDED, DIFFERENT, HELD)) is Verdict.DIFFERENT
    assert worst((HELD, UNDECIDED)) is Verdict.UNDECIDED
    assert "nothing is concluded" in page_of((HELD, UNDECIDED))


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("verdict", list(Verdict)),
        ("lead", list(Verdict)),
        ("direction", list(Direction)),
        ("kind", list(RowDifferenceKind)),
    ],
)
def test_every_name_has_words(group: str, names: list[str]) -> None:
    assert [name for name in names if f"proof.{group}.{name}" not in read_words("vi")] == []


def test_it_is_of_the_moment_when_the_last_comparison_ended() -> None:
    late = HELD.model_copy(update={"ended_at": datetime(2026, 5, 1, 9, 30, tzinfo=UTC)})
    assert "2026-05-01 09:30:00 UTC" in page_of((late, HELD))
