"""Importance by law, and how people are counted for it, as tables."""

from typing import Any

import pytest

from ndcops.model.dossier import Dataset, Importance, PersonalData, Sharing, Subjects
from ndcops.model.probe import ProbedColumn
from ndcops.onboarding.plan.importance import judge_importance, least_importance
from ndcops.onboarding.plan.people import count_people, question_of
from ndcops.onboarding.plan.personal_data import Detection
from tests.onboarding_world import NAME
from tests.probed import probed, table


def dataset(**changes: Any) -> Dataset:
    return Dataset.model_validate({"id": "d", "title": NAME, "database": "db", "tables": ["public.a"], **changes})


@pytest.mark.parametrize(
    ("basic", "sensitive", "least"),
    [
        (0, 0, Importance.OTHER),
        (99_999, 9_999, Importance.OTHER),
        (100_000, 0, Importance.IMPORTANT),
        (0, 10_000, Importance.IMPORTANT),
        (999_999, 99_999, Importance.IMPORTANT),
        (1_000_000, 0, Importance.CORE),
        (0, 100_000, Importance.CORE),
    ],
)
def test_thresholds(basic, sensitive, least):
    assert least_importance(Subjects(basic=basic, sensitive=sensitive), None) is least
    assert least_importance(Subjects(basic=basic, sensitive=sensitive), Sharing.OPEN) is Importance.OTHER


@pytest.mark.parametrize("declared", list(Importance))
@pytest.mark.parametrize(("people", "least"), [(50, "other"), (100_000, "important"), (1_000_000, "core")])
def test_a_class_below_the_thresholds_is_always_wrong(declared, people, least):
    found = judge_importance(dataset(importance=declared), Subjects(basic=people))
    assert found.wrong is (declared != least)
    lawful = judge_importance(dataset(importance=declared, legal_basis="Luật"), Subjects(basic=people))
    assert lawful.wrong is (declared.level < Importance(least).level)


def test_what_could_not_be_counted_is_not_right():
    assert judge_importance(dataset(importance="core"), None).wrong
    assert judge_importance(dataset(), Subjects()).wrong


def test_open_data_with_people_in_it_is_wrong():
    assert judge_importance(dataset(importance="other", sharing="open"), Subjects(basic=1)).wrong


def counted(of: Dataset, live: Any, *found: Detection, answer: Any = lambda places: 7) -> Any:
    return count_people(question_of(of, live, found), answer)


def detection(column: str, kind: PersonalData, name: str = "public.a") -> Detection:
    return Detection(table=name, column=column, kind=kind, share_ppm=1_000_000, by_name=True)


def test_people_are_counted_by_their_best_identifier():
    live = probed(
        table(columns=(ProbedColumn(name="cccd", type="text"), ProbedColumn(name="benh", type="text"))),
        table("b", columns=(ProbedColumn(name="so", type="text"),)),
    )
    asked: list[Any] = []

    def count(places: Any) -> int:
        asked.append([(place.name, columns) for place, columns in places])
        return len(asked) * 10

    of = dataset(tables=["public.a", "public.b"])
    found = (
        detection("cccd", PersonalData.CITIZEN_ID),
        detection("benh", PersonalData.HEALTH),
        detection("so", PersonalData.CITIZEN_ID, "public.b"),
    )
    assert count_people(question_of(of, live, found), count) == Subjects(basic=10, sensitive=20)
    assert asked == [[("a", ("cccd",)), ("b", ("so",))], [("a", ("cccd",))]]


def test_firms_are_not_people():
    assert counted(dataset(), probed(), detection("ho_ten", PersonalData.TAX_CODE)) == Subjects()


def test_without_an_answer_nothing_is_known():
    found = detection("ho_ten", PersonalData.NAME)
    assert counted(dataset(), probed(), found, answer=lambda _: None) is None
