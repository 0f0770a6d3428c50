"""Tax codes, social insurance numbers, health cards, older identity cards and passports."""

import re

from ndcops.onboarding.plan.identifiers.citizen import PROVINCES_BEFORE_MERGER

_TAX = re.compile(r"(\d{10})(?:-?\d{3})?", re.ASCII)
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_TEN_DIGITS = re.compile(r"\d{10}", re.ASCII)
_HEALTH_CARD = re.compile(
    r"(?:DN|HX|CH|NN|TK|HC|XK|HT|TB|NO|CT|XB|TN|CS|QN|CA|CY|XN|MS|CC|CK|CB|KC|HD|TE|BT|HN|DT|DK|XD|TS|TC|TQ|TA|TY|"
    r"HG|LS|PV|CN|HS|SV|GB|GD|ND|TH|TV|TD|TL|TG|XV|NV|NC)[1-5]\d{12}",
    re.ASCII,
)
_OLD_CARD = re.compile(r"\d{9}", re.ASCII)
_PASSPORT = re.compile(r"[A-Z]\d{7,8}", re.ASCII)


def is_tax_code(text: str) -> bool:
    """Ten digits whose last checks the others, and three more for a branch (Circular 105/2020, Article 5)."""
    match = _TAX.fullmatch(text.strip())
    if match is None:
        return False
    digits = [int(digit) for digit in match[1]]
    weighted = sum(digit * weight for digit, weight in zip(digits, _TAX_WEIGHTS, strict=False))
    return 10 - weighted % 11 == digits[9]


def is_insurance_number(text: str) -> bool:
    """Ten digits that begin with the code of the province that issued it; there is no digit that checks."""
    number = text.strip()
    return bool(_TEN_DIGITS.fullmatch(number)) and f"0{number[:2]}" in PROVINCES_BEFORE_MERGER


def is_health_card(text: str) -> bool:
    """Group of the insured, level of benefit, province, insurance number (Decision 1351/QĐ-BHXH)."""
    return bool(_HEALTH_CARD.fullmatch(text.replace(" ", "").upper()))


def is_old_identity_card(text: str) -> bool:
    """The nine digits of the card before 2016."""
    return bool(_OLD_CARD.fullmatch(text.strip()))


def is_passport(text: str) -> bool:
    """A letter and seven or eight digits."""
    return bool(_PASSPORT.fullmatch(text.strip()))
