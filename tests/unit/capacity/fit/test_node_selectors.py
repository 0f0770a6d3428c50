import pytest

from ndcops.capacity.plan.fit.node_selectors import named_nodes, node_selector
from ndcops.model.record import JsonObject

LABELS = {"disk": "ssd", "cores": "16"}


def expression(key: str, operator: str, *values: str) -> JsonObject:
    return {"key": key, "operator": operator, "values": list(values)}


def by_label(*expressions: JsonObject) -> JsonObject:
    return {"matchExpressions": list(expressions)}


def by_name(*names: str, operator: str = "In") -> JsonObject:
    return {"matchFields": [expression("metadata.name", operator, *names)]}


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([], False),
        ([{}], False),
        ([by_label(expression("disk", "In", "ssd"))], True),
        ([by_label(expression("disk", "In", "hdd")), by_label(expression("cores", "Gt", "8"))], True),
        ([by_label(expression("disk", "In", "ssd"), expression("cores", "Lt", "8"))], False),
        ([by_label(expression("gpu", "DoesNotExist"))], True),
        ([by_label(expression("gpu", "NotIn", "h100"))], True),
        ([by_name("n1")], True),
        ([by_name("n2")], False),
        ([by_name("n2", operator="NotIn")], True),
        ([{**by_name("n1"), **by_label(expression("disk", "In", "hdd"))}], False),
    ],
)
def test_terms_are_ored_and_their_expressions_anded(terms: list[JsonObject], expected: bool) -> None:
    selector = node_selector({"nodeSelectorTerms": terms})
    assert selector is not None
    assert selector.matches("n1", LABELS) is expected


@pytest.mark.parametrize(
    "broken",
    [
        by_label(expression("disk", "In")),
        by_label(expression("disk", "NotIn")),
        by_label(expression("disk", "Exists", "ssd")),
        by_label(expression("gpu", "DoesNotExist", "h100")),
        by_label(expression("cores", "Gt", "eight")),
        by_label(expression("cores", "Gt", "1", "2")),
        by_label(expression("disk", "Like", "s")),
        by_name("n1", "n2"),
        by_name("n1", operator="Exists"),
    ],
)
def test_a_broken_term_matches_nothing_but_spares_the_others(broken: JsonObject) -> None:
    alone = node_selector({"nodeSelectorTerms": [broken]})
    beside = node_selector({"nodeSelectorTerms": [broken, by_name("n1")]})
    assert alone is not None
    assert beside is not None
    assert not alone.matches("n1", LABELS)
    assert beside.matches("n1", LABELS)


def test_no_selector_is_none() -> None:
    assert node_selector(None) is None


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (None, None),
        ([], None),
        ([by_label(expression("disk", "In", "ssd"))], None),
        ([by_name("n1")], {"n1"}),
        ([by_name("n1"), by_name("n2")], {"n1", "n2"}),
        ([by_name("n1"), by_label(expression("disk", "In", "ssd"))], None),
        ([by_name("n1", operator="NotIn")], None),
        ([{"matchFields": [*by_name("n1")["matchFields"], *by_name("n2")["matchFields"]]}], set()),
    ],
)
def test_which_nodes_are_named(terms: list[JsonObject] | None, expected: set[str] | None) -> None:
    assert named_nodes(None if terms is None else {"nodeSelectorTerms": terms}) == expected
