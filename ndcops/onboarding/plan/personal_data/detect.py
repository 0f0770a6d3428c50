"""The judgement on one column: values decide, names help; what only a name says must not be contradicted."""

import re
from collections.abc import Sequence
from datetime import date

from ndcops.model.document import Value
from ndcops.model.dossier import PersonalData
from ndcops.model.probe import ProbedColumn, ProbedDatabase
from ndcops.onboarding.plan.personal_data.evidence import Form, as_written, births, embedded, forms, told
from ndcops.onboarding.plan.personal_data.names import hints_of, is_of_a_firm, is_other_day, words_of

_NUMBER = re.compile(r"smallint|integer|bigint|numeric|int[248]?\b")
_TEXT = re.compile(r"char|text|citext|name\b")
_DAY = re.compile(r"date|timestamp")
_FREE_TEXT = 30
"""Characters: values that are longer on average are sentences, in which identifiers may stand."""


class Detection(Value):
    """A column that seems to hold personal data. share_ppm: values of that form, of a million; by_name: hinted."""

    table: str
    column: str
    kind: PersonalData
    share_ppm: int
    by_name: bool


def detect_all(database: ProbedDatabase, today: date) -> tuple[Detection, ...]:
    """Every column of the database that seems to hold personal data."""
    return tuple(
        Detection(table=table.full_name, column=column.name, kind=found[0], share_ppm=found[1], by_name=found[2])
        for table in database.tables
        for column in table.columns
        if (found := detect(column, today)) is not None
    )


def detect(column: ProbedColumn, today: date) -> tuple[PersonalData, int, bool] | None:
    """The kind, the share of values of its form in parts of a million, and whether the name hints at it."""
    words = words_of(column)
    hints = hints_of(words)
    if PersonalData.BIOMETRIC in hints and not _NUMBER.search(column.type):
        return PersonalData.BIOMETRIC, 0, True
    sample = told(column.sample)
    if _DAY.match(column.type) or PersonalData.BIRTH_DATE in hints:
        return _birth(sample, hints, words, today, is_day=bool(_DAY.match(column.type)))
    is_number = bool(_NUMBER.match(column.type))
    if not is_number and not _TEXT.search(column.type):
        return None
    if not sample:  # an empty table: the name is all there is
        return (hints[0], 0, True) if hints else None
    candidates = [form for form in forms(today) if not is_number or _may_be_number(form)]
    ordered = sorted(candidates, key=lambda form: form.kind not in hints)
    for form in ordered:
        share = _share(form, sample, hinted=form.kind in hints, is_number=is_number, words=words)
        if share is not None:
            return form.kind, share, form.kind in hints
    if not is_number and sum(map(len, sample)) / len(sample) >= _FREE_TEXT:
        inside = embedded(sample, today)
        return (inside, 0, False) if inside is not None else None
    return None


def _may_be_number(form: Form) -> bool:
    return form.kind in (
        PersonalData.CITIZEN_ID,
        PersonalData.PHONE,
        PersonalData.TAX_CODE,
        PersonalData.INSURANCE_NUMBER,
        PersonalData.OLD_IDENTITY,
        PersonalData.BANK_ACCOUNT,
    )


def _share(form: Form, sample: Sequence[str], *, hinted: bool, is_number: bool, words: str) -> int | None:
    """The share of values that fit, when it is enough; None otherwise."""
    if not hinted and (form.bare is None or (is_number and form.kind is not PersonalData.CITIZEN_ID)):
        return None
    if not hinted and form.kind in (PersonalData.NAME, PersonalData.ADDRESS) and is_of_a_firm(words):
        return None
    written = [as_written(value, form.kind, is_number=is_number) for value in sample]
    fitting = [value for value in written if form.fits(value)]
    share = len(fitting) / len(written)
    least = form.hinted if hinted else form.bare
    if least is None or share < least or not fitting:
        return None
    if not hinted and not form.diverse(fitting):
        return None
    return round(share * 1_000_000)


def _birth(
    sample: Sequence[str], hints: Sequence[PersonalData], words: str, today: date, *, is_day: bool
) -> tuple[PersonalData, int, bool] | None:
    years = [year for year in births(sample) if today.year - 120 <= year <= today.year]
    hinted = PersonalData.BIRTH_DATE in hints
    share = round(1_000_000 * len(years) / len(sample)) if sample else 0
    if hinted:
        return (PersonalData.BIRTH_DATE, share, True) if not sample or share >= 500_000 else None
    if not is_day or len(years) < 20 or share < 900_000 or is_other_day(words):
        return None
    ordered = sorted(years)
    spread = ordered[-len(ordered) // 20 - 1] - ordered[len(ordered) // 20]
    median = ordered[len(ordered) // 2]
    lived = 5 <= today.year - median <= 75 and spread >= 30
    return (PersonalData.BIRTH_DATE, share, False) if lived else None
