"""Columns: personal data is found by values and names; numbers that only look alike are left alone."""

from datetime import date

import pytest

from ndcops.model.dossier import PersonalData
from ndcops.model.probe import ProbedColumn
from ndcops.onboarding.plan.personal_data import detect
from tests.vietnamese_data import LOOK_ALIKE, PERSONAL, Values

TODAY = date(2026, 2, 1)
ROWS = 300
WITHOUT_A_NAME = [
    PersonalData.CITIZEN_ID,
    PersonalData.PHONE,
    PersonalData.TAX_CODE,
    PersonalData.INSURANCE_NUMBER,
    PersonalData.HEALTH_CARD,
    PersonalData.NAME,
    PersonalData.ADDRESS,
    PersonalData.EMAIL,
    PersonalData.ETHNICITY,
]


def column(name: str, values: list[str], type_name: str = "text", comment: str = "") -> ProbedColumn:
    return ProbedColumn(name=name, type=type_name, comment=comment, sample=tuple(values))


def kind_of(found: object) -> object:
    return found[0] if isinstance(found, tuple) else None


@pytest.mark.parametrize("kind", WITHOUT_A_NAME)
def test_values_alone_tell_these(kind):
    values = Values(7)
    found = detect(column("c01", [PERSONAL[kind](values, row) for row in range(ROWS)]), TODAY)
    assert kind_of(found) is kind


@pytest.mark.parametrize("trap", list(LOOK_ALIKE))
def test_look_alikes_are_left_alone(trap):
    values = Values(11)
    type_name = "date" if trap in ("created", "founded") else "text"
    made = [LOOK_ALIKE[trap](values, row + 1) for row in range(ROWS)]
    # Days of founding have the spread of births: only the name tells them apart.
    assert detect(column("ngay_thanh_lap" if trap == "founded" else "x1", made, type_name), TODAY) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SoCCCD", PersonalData.CITIZEN_ID),
        ("so_cmnd", PersonalData.OLD_IDENTITY),
        ("Số hộ chiếu", PersonalData.PASSPORT),
        ("stk", PersonalData.BANK_ACCOUNT),
        ("ton_giao", PersonalData.RELIGION),
        ("chan_doan", PersonalData.HEALTH),
    ],
)
def test_names_help(name, kind):
    values = Values(3)
    assert kind_of(detect(column(name, [PERSONAL[kind](values, 1) for _ in range(60)]), TODAY)) is kind


def test_a_comment_counts_like_a_name():
    values = Values(3)
    sample = [values.digits(9) for _ in range(60)]
    assert kind_of(detect(column("x", sample, comment="Số CMND của chủ hộ"), TODAY)) is PersonalData.OLD_IDENTITY


def test_a_name_that_the_values_contradict_is_not_believed():
    assert detect(column("so_cccd", ["đang chờ cấp"] * 50), TODAY) is None


def test_an_empty_table_is_judged_by_its_names():
    assert kind_of(detect(column("so_cccd", []), TODAY)) is PersonalData.CITIZEN_ID
    assert detect(column("so_luong", []), TODAY) is None


def test_a_number_column_lost_its_leading_zeros():
    values = Values(5)
    sample = [str(int(values.citizen_id())) for _ in range(ROWS)]
    assert kind_of(detect(column("so_cccd", sample, "bigint"), TODAY)) is PersonalData.CITIZEN_ID


def test_numbers_inside_sentences():
    values = Values(5)
    sample = [f"Công dân có số {values.citizen_id()} đã nộp đủ hồ sơ theo quy định" for _ in range(40)]
    assert kind_of(detect(column("noi_dung", sample), TODAY)) is PersonalData.CITIZEN_ID


def test_fillers_are_not_judged():
    values = Values(9)
    sample = [values.phone() if row % 2 else "không có" for row in range(ROWS)]
    assert kind_of(detect(column("x", sample), TODAY)) is PersonalData.PHONE


def test_births_without_a_name():
    values = Values(2)
    births = [values.birth().isoformat() for _ in range(ROWS)]
    assert kind_of(detect(column("c9", births, "date"), TODAY)) is PersonalData.BIRTH_DATE


def test_samples_leave_no_trace():
    one = column("so_cccd", ["001099012345"])
    assert "001099012345" not in one.model_dump_json()
    assert "001099012345" not in repr(one)
