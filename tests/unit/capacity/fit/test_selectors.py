import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.capacity.plan.fit.selectors import NOTHING, Requirement, Selector, equal_to, integer, label_selector
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import QUICKLY


def needs(operator: str, *values: str) -> Requirement:
    return Requirement("tier", operator, values)


@pytest.mark.parametrize(
    ("requirement", "value", "expected"),
    [
        (needs("In", "a", "b"), "b", True),
        (needs("In", "a", "b"), "c", False),
        (needs("In", "a"), None, False),
        (needs("In"), "a", False),
        (needs("NotIn", "a"), "b", True),
        (needs("NotIn", "a"), "a", False),
        (needs("NotIn", "a"), None, True),
        (needs("Exists"), "", True),
        (needs("Exists"), None, False),
        (needs("DoesNotExist"), None, True),
        (needs("DoesNotExist"), "", False),
        (needs("Gt", "5"), "6", True),
        (needs("Gt", "5"), "5", False),
        (needs("Gt", "5"), "10", True),
        (needs("Gt", "5"), "many", False),
        (needs("Gt", "5"), None, False),
        (needs("Gt", "five"), "6", False),
        (needs("Gt", "5", "6"), "7", False),
        (needs("Lt", "5"), "-7", True),
        (needs("Lt", "5"), "5", False),
        (needs("Near", "5"), "5", False),
    ],
)
def test_operators(requirement: Requirement, value: str | None, expected: bool) -> None:
    assert requirement.accepts(value) is expected
    assert requirement.matches({} if value is None else {"tier": value}) is expected


@pytest.mark.parametrize(
    ("written", "labels", "expected"),
    [
        (None, {"a": "1"}, False),
        ({}, {}, True),
        ({"matchLabels": {}}, {"a": "1"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        ({"matchLabels": {"a": "1", "b": "2"}}, {"a": "1"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, True),
        (
            {"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]},
            {"a": "1", "b": "2"},
            False,
        ),
        ({"matchExpressions": [{"key": "a", "operator": "!=", "values": ["1"]}]}, {"a": "1"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "==", "values": ["1"]}]}, {"a": "1"}, True),
    ],
)
def test_label_selectors(written: JsonObject | None, labels: dict[str, str], expected: bool) -> None:
    assert label_selector(written).matches(labels) is expected


def test_only_a_selector_without_requirements_is_everything() -> None:
    assert label_selector({}).is_everything
    assert not label_selector(None).is_everything
    assert not equal_to({"a": "1"}).is_everything


def test_more_labels_narrow_a_selector_but_never_wake_nothing() -> None:
    both = equal_to({"a": "1"}).also({"b": "2"})
    assert both.matches({"a": "1", "b": "2"})
    assert not both.matches({"a": "1"})
    assert NOTHING.also({"b": "2"}) is NOTHING
    assert equal_to({"a": "1"}).also({}) == equal_to({"a": "1"})


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("123"))


@QUICKLY
@given(LABELS, LABELS)
def test_equal_to_is_inclusion(wanted: dict[str, str], held: dict[str, str]) -> None:
    assert equal_to(wanted).matches(held) == (wanted.items() <= held.items())
    assert equal_to(dict(reversed(wanted.items()))) == equal_to(wanted)


@QUICKLY
@given(LABELS, st.sampled_from(["In", "Exists"]), st.lists(st.sampled_from("123"), min_size=1))
def test_a_requirement_and_its_negation_share_no_labels(
    labels: dict[str, str], operator: str, values: list[str]
) -> None:
    negation = {"In": "NotIn", "Exists": "DoesNotExist"}[operator]
    first, second = (Selector((Requirement("a", each, tuple(values)),)) for each in (operator, negation))
    assert first.matches(labels) != second.matches(labels)


@pytest.mark.parametrize("text", [None, "", "+", "-", "--1", "+-1", "1_0", " 1", "1.0", "٣", str(2**63), "1" * 30])
def test_what_is_no_64_bit_integer(text: str | None) -> None:
    assert integer(text) is None


@QUICKLY
@given(st.integers(-(2**63), 2**63 - 1))
def test_64_bit_integers(number: int) -> None:
    assert integer(str(number)) == number


@QUICKLY
@given(st.text(alphabet="+-0123456789_ x", max_size=12))
def test_an_integer_is_digits_with_at_most_one_sign(text: str) -> None:
    digits = text[1:] if text[:1] in ("+", "-") else text
    assert integer(text) == (int(text) if digits.isdigit() else None)
