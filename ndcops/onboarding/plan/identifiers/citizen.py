"""The 12-digit citizen number: place of birth registration, century and sex, year, six random digits.

Rules: Decree 137/2015, Article 13, and Circular 59/2021 (codes 001 to 096, digit 0/1 for births of 1900-1999, 2/3
for 2000-2099). Provinces merged on 1 July 2025 (Decision 19/2025): who is born later has one of 34 codes, all
others keep theirs of 63.
"""

import re


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


PROVINCES_BEFORE_MERGER = _codes(
    "001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 "
    "042 044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 "
    "086 087 089 091 092 093 094 095 096"
)
"""The 63 codes of births registered up to 30 June 2025."""

PROVINCES_AFTER_MERGER = _codes(
    "001 004 008 011 012 014 015 019 020 022 024 025 031 033 037 038 040 042 044 046 048 051 052 056 066 068 075 "
    "079 080 082 086 091 092 096"
)
"""The 34 codes of births registered since 1 July 2025."""

MERGER_YEAR = 2025
_FORM = re.compile(r"\d{12}", re.ASCII)


def birth_year(number: str) -> int:
    """The year that a number of the right form says."""
    return 1900 + 100 * (int(number[3]) // 2) + int(number[4:6])


def is_citizen_id(text: str, *, year: int) -> bool:
    """Whether the text is a number that somebody could have. year: the current one; nobody is born later."""
    number = text.strip()
    if not _FORM.fullmatch(number):
        return False
    born = birth_year(number)
    if born > year:
        return False
    provinces = PROVINCES_AFTER_MERGER if born > MERGER_YEAR else PROVINCES_BEFORE_MERGER
    return number[:3] in provinces
