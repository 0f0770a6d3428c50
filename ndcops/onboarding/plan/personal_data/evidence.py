"""How far a column's values look like one kind of personal data; diversity tells people from serial numbers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from ndcops.model.dossier import PersonalData
from ndcops.onboarding.plan import identifiers
from ndcops.onboarding.plan.identifiers.citizen import birth_year

_OLDEST = 105
"""Years: codes of places that have the form of a citizen number mostly say births of the 1900s to 1920s."""

_DIGITS = re.compile(r"\d+", re.ASCII)
_ACCOUNT = re.compile(r"\d{6,19}", re.ASCII)
_ICD = re.compile(r"[A-Z]\d{2}(\.\d{1,2})?", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{4})", re.ASCII)
_EMBEDDED = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)
_EMBEDDED_PHONE = re.compile(r"(?<!\d)(?:\+84|0)(?:[\s.]?\d){9}(?!\d)", re.ASCII)

_FILLERS = frozenset(
    ("-", "--", ".", "x", "xx", "0", "na", "n/a", "null", "none", "khong co", "khong ro", "chua co", "chua ro")
)


@dataclass(frozen=True)
class Form:
    """How one kind shows in values.

    hinted, bare: the least share of values that must have the form, when the name hints at the kind and when it
    does not; None: without a hint nothing is said. diverse: whether the matching values could be many people's.
    """

    kind: PersonalData
    fits: Callable[[str], bool]
    hinted: float
    bare: float | None
    diverse: Callable[[Sequence[str]], bool]


def forms(today: date) -> tuple[Form, ...]:
    """Every form, the most telling first."""

    def citizen(text: str) -> bool:
        return (
            identifiers.is_citizen_id(text, year=today.year) and birth_year(text.strip()) >= today.year - _OLDEST
        )

    return (
        Form(PersonalData.EMAIL, identifiers.is_email, 0.4, 0.6, _some),
        Form(PersonalData.HEALTH_CARD, identifiers.is_health_card, 0.4, 0.6, _some),
        Form(PersonalData.CITIZEN_ID, citizen, 0.5, 0.6, _many_births),
        Form(PersonalData.PHONE, identifiers.is_phone, 0.4, 0.6, _some),
        Form(PersonalData.TAX_CODE, identifiers.is_tax_code, 0.5, 0.6, _some),
        Form(PersonalData.INSURANCE_NUMBER, identifiers.is_insurance_number, 0.5, 0.95, _many_provinces),
        Form(PersonalData.OLD_IDENTITY, identifiers.is_old_identity_card, 0.5, None, _some),
        Form(PersonalData.PASSPORT, identifiers.is_passport, 0.5, None, _some),
        Form(PersonalData.NAME, identifiers.is_person_name, 0.4, 0.7, _full_names),
        Form(PersonalData.ADDRESS, identifiers.is_address, 0.3, 0.7, _some),
        Form(PersonalData.ETHNICITY, identifiers.is_ethnicity, 0.6, 0.8, _several_peoples),
        Form(PersonalData.RELIGION, identifiers.is_religion, 0.6, None, _any),
        Form(PersonalData.BANK_ACCOUNT, lambda text: bool(_ACCOUNT.fullmatch(text)), 0.6, None, _some),
        Form(PersonalData.HEALTH, _is_health, 0.3, None, _any),
    )


def told(sample: Sequence[str]) -> list[str]:
    """The values without what people type where they know nothing."""
    return [value for value in sample if value.strip() and identifiers.plain(value) not in _FILLERS]


def as_written(text: str, kind: PersonalData, *, is_number: bool) -> str:
    """A number column loses the leading zero that citizen numbers and telephones have; it is put back."""
    if is_number and _DIGITS.fullmatch(text):
        if kind is PersonalData.CITIZEN_ID:
            return text.zfill(12) if len(text) in (10, 11) else text
        if kind in (PersonalData.PHONE, PersonalData.TAX_CODE, PersonalData.INSURANCE_NUMBER):
            return text.zfill(10) if len(text) == 9 else text
    return text


def births(sample: Sequence[str]) -> list[int]:
    """Years of values that are days or years."""
    found = []
    for text in sample:
        match = _DAY.match(text.strip())
        if match is not None:
            found.append(int(match[1] or match[6] or match[7]))
    return found


def embedded(sample: Sequence[str], today: date) -> PersonalData | None:
    """Identifiers inside free text, such as notes; when a tenth of it holds some."""
    if not sample:
        return None
    citizens = sum(
        any(identifiers.is_citizen_id(number, year=today.year) for number in _EMBEDDED.findall(text))
        for text in sample
    )
    if citizens >= max(2, len(sample) / 10):
        return PersonalData.CITIZEN_ID
    phones = sum(any(identifiers.is_phone(n) for n in _EMBEDDED_PHONE.findall(text)) for text in sample)
    return PersonalData.PHONE if phones >= max(2, len(sample) / 10) else None


def _any(_: Sequence[str]) -> bool:
    return True


def _some(values: Sequence[str]) -> bool:
    return len(set(values)) >= min(5, len(values))


def _several_peoples(values: Sequence[str]) -> bool:
    return len({identifiers.plain(value) for value in values}) >= 3


def _many_births(values: Sequence[str]) -> bool:
    """Births are spread over decades; serial numbers and dates are not."""
    years = {birth_year(value.strip()) for value in values}
    return len(years) >= min(8, max(2, len(set(values)) // 3)) and max(years) - min(years) >= min(15, len(values))


def _many_provinces(values: Sequence[str]) -> bool:
    return len({value.strip()[:2] for value in values}) >= 5


def _full_names(values: Sequence[str]) -> bool:
    """Streets are named after people, too, but mostly in two words, and there are fewer of them."""
    long = sum(len(value.split()) >= 3 for value in values)
    return long >= len(values) / 2 and len(set(values)) >= min(20, max(2, len(values) // 2))


def _is_health(text: str) -> bool:
    return bool(_ICD.fullmatch(text.strip())) or len(text.strip()) >= 1
