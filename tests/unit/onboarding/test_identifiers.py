"""Vietnamese identifiers: what is one, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.onboarding.plan.identifiers import (
    PROVINCES_AFTER_MERGER,
    PROVINCES_BEFORE_MERGER,
    is_address,
    is_citizen_id,
    is_email,
    is_ethnicity,
    is_health_card,
    is_insurance_number,
    is_person_name,
    is_phone,
    is_tax_code,
    plain,
)
from tests.vietnamese_data import PERSONAL, Values


def test_provinces_before_and_after_the_merger():
    assert len(PROVINCES_BEFORE_MERGER) == 63
    assert len(PROVINCES_AFTER_MERGER) == 34
    assert PROVINCES_AFTER_MERGER < PROVINCES_BEFORE_MERGER


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        ("001099012345", True),
        (" 079204001234 ", True),
        ("003099012345", False),  # no province 003
        ("001226012345", True),  # born 2026 in a province that is still there
        ("006226012345", False),  # born 2026 in one that was merged
        ("006225012345", True),  # born 2025, when both were
        ("001227012345", False),  # not born yet
        ("001499012345", False),  # born 2199
        ("00109901234", False),
        ("0010990123456", False),
        ("٠٠١٠٩٩٠١٢٣٤٥", False),  # digits, but not ASCII
    ],
)
def test_citizen_numbers(number, is_one):
    assert is_citizen_id(number, year=2026) is is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("0912345678", True),
        ("+84 912 345 678", True),
        ("84912345678", True),
        ("0912.345.678", True),
        ("024 3825 1234", True),
        ("0316794479", False),  # a tax code
        ("0123456789", False),  # gone since 2018
        ("912345678", False),
        ("113", False),
    ],
)
def test_phones(text, is_one):
    assert is_phone(text) is is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("0100109106", True), ("0100109106-001", True), ("0100109107", False), ("0100109106-01", False), ("", False)],
)
def test_tax_codes(text, is_one):
    assert is_tax_code(text) is is_one


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (is_insurance_number, "0123456789", "0323456789"),
        (is_health_card, "GD4 01 0123456789", "ZZ4010123456789"),
        (is_email, "an@example.vn", "an@example"),
        (is_ethnicity, "H'Mông", "Mông Cổ"),
        (is_person_name, "Nguyễn Thị Bình", "Công ty Nguyễn Thị Bình"),
        (is_person_name, "TRẦN VĂN AN", "Phường Bến Nghé"),
        (is_address, "12 đường Lê Lợi, phường Bến Nghé, TP. Hồ Chí Minh", "Lê Lợi"),
    ],
)
def test_words_and_cards(check, good, bad):
    assert check(good)
    assert not check(bad)


@pytest.mark.parametrize(("text", "bare"), [("Đặng Thị Hồng", "dang thi hong"), ("ĐƯỜNG", "duong")])
def test_marks_are_taken_off(text, bare):
    assert plain(text) == bare


@given(st.integers(0, 10_000))
def test_generated_identifiers_are_recognised(seed):
    values = Values(seed)
    assert is_citizen_id(values.citizen_id(), year=2026)
    assert is_phone(values.phone())
    assert is_tax_code(values.tax_code())
    assert is_health_card(values.health_card())


@given(st.text(max_size=40))
def test_no_text_makes_a_check_fail(text):
    for check in (is_phone, is_tax_code, is_health_card, is_person_name, is_address, is_email, is_ethnicity):
        assert check(text) in (True, False)
    assert is_citizen_id(text, year=2026) in (True, False)
    assert PERSONAL
