"""How many citizens a data set speaks of: what must be counted, and what the counts mean; pure."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ndcops.model.dossier import Dataset, PersonalData, Subjects
from ndcops.model.probe import ProbedDatabase, ProbedTable
from ndcops.onboarding.plan.columns import fields_by_column, tables_of
from ndcops.onboarding.plan.personal_data import Detection

Place = tuple[ProbedTable, tuple[str, ...]]
Count = Callable[[Sequence[Place]], int | None]
"""Different values over all the places together; None when nobody could count."""

_IDENTIFYING = (
    (PersonalData.CITIZEN_ID,),
    (PersonalData.INSURANCE_NUMBER,),
    (PersonalData.HEALTH_CARD,),
    (PersonalData.OLD_IDENTITY,),
    (PersonalData.PASSPORT,),
    (PersonalData.NAME, PersonalData.BIRTH_DATE),
    (PersonalData.PHONE,),
    (PersonalData.EMAIL,),
    (PersonalData.BANK_ACCOUNT,),
    (PersonalData.TAX_CODE,),
)
"""What tells people apart, best first."""


@dataclass(frozen=True)
class PeopleQuestion:
    """Groups of places to count: in each group one kind of identifier, so that a person is counted once."""

    basic: tuple[tuple[Place, ...], ...]
    sensitive: tuple[tuple[Place, ...], ...]


def question_of(dataset: Dataset, probed: ProbedDatabase, found: Sequence[Detection]) -> PeopleQuestion:
    """What to count. What was found in values and what the dossier says both make a column personal."""
    kinds = _kinds(dataset, probed, found)
    basic: dict[tuple[PersonalData, ...], list[Place]] = defaultdict(list)
    sensitive: dict[tuple[PersonalData, ...], list[Place]] = defaultdict(list)
    for table in tables_of(dataset, probed):
        columns = kinds.get(table.full_name, {})
        if not columns or set(columns.values()) == {
            PersonalData.TAX_CODE
        }:  # of firms, as long as nothing else is said
            continue
        by, place = _identifier(table, columns)
        basic[by].append(place)
        if any(kind.is_sensitive for kind in columns.values()):
            sensitive[by].append(place)
    return PeopleQuestion(tuple(map(tuple, basic.values())), tuple(map(tuple, sensitive.values())))


def count_people(question: PeopleQuestion, count: Count) -> Subjects | None:
    """The numbers; None as soon as one of them is not known. Groups overlap, so the largest counts."""
    numbers: dict[str, int] = {}
    for name, groups in (("basic", question.basic), ("sensitive", question.sensitive)):
        found = [count(places) for places in groups]
        if any(number is None for number in found):
            return None
        numbers[name] = max((number for number in found if number is not None), default=0)
    return Subjects(**numbers)


def _kinds(
    dataset: Dataset, probed: ProbedDatabase, found: Sequence[Detection]
) -> Mapping[str, dict[str, PersonalData]]:
    kinds: dict[str, dict[str, PersonalData]] = defaultdict(dict)
    for (table, column), field in fields_by_column(dataset, probed).items():
        if field is not None and field.pii is not None and field.pii.is_personal:
            kinds[table][column] = field.pii
    names = {table.full_name for table in tables_of(dataset, probed)}
    for one in found:
        if one.table in names:
            kinds[one.table][one.column] = one.kind
    return kinds


def _identifier(table: ProbedTable, columns: Mapping[str, PersonalData]) -> tuple[tuple[PersonalData, ...], Place]:
    for kinds in _IDENTIFYING:
        chosen = [next((name for name, kind in columns.items() if kind is wanted), None) for wanted in kinds]
        if all(name is not None for name in chosen):
            return kinds, (table, tuple(name for name in chosen if name is not None))
    return (), (table, ())
