import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.capacity.plan.fit.node_selectors import node_selector
from ndcops.capacity.plan.fit.nodes import ABSENT, NodeTable
from ndcops.capacity.plan.fit.selectors import NOTHING, Requirement, Selector, equal_to
from ndcops.capacity.plan.fit.tolerations import Toleration
from tests.unit.capacity.builders import QUICKLY, node

TABLE = NodeTable(
    [
        node("n1", labels={"rack": "r1", "cores": "8"}),
        node(
            "n2",
            cpu="2",
            labels={"rack": "r2"},
            taints=[{"key": "gpu", "effect": "NoSchedule"}],
            extended={"nvidia.com/gpu": "8"},
        ),
        node("n3", labels={"rack": "r1", "cores": "16"}, cordoned=True),
        node("n4"),
    ]
)


def test_amounts_are_a_matrix_of_nodes_and_resources() -> None:
    assert TABLE.resources == ("cpu", "memory", "nvidia.com/gpu")
    assert TABLE.allocatable.tolist()[1] == [2000, 8 * 2**30, 8]
    assert TABLE.allocatable.tolist()[0] == [4000, 8 * 2**30, 0]
    assert TABLE.pod_slots.tolist() == [10, 10, 10, 10]
    assert TABLE.is_cordoned.tolist() == [False, False, True, False]


def test_a_label_is_a_column_of_codes() -> None:
    column = TABLE.label("rack")
    assert column.values == ("r1", "r2")
    assert column.codes.tolist() == [0, 1, 0, ABSENT]
    assert column.domain_totals(np.array([1, 2, 3, 4])).tolist() == [4, 2]
    assert column.has_any(np.array([False, True, False, True])).tolist() == [False, True]
    assert TABLE.label("nobody").values == ()


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(), [True, True, True, True]),
        (NOTHING, [False, False, False, False]),
        (equal_to({"rack": "r1"}), [True, False, True, False]),
        (Selector((Requirement("rack", "NotIn", ("r1",)),)), [False, True, False, True]),
        (Selector((Requirement("cores", "Gt", ("9",)),)), [False, False, True, False]),
        (Selector((Requirement("nobody", "DoesNotExist"),)), [True, True, True, True]),
        (Selector((Requirement("nobody", "Exists"),)), [False, False, False, False]),
    ],
)
def test_selectors_over_columns(selector: Selector, expected: list[bool]) -> None:
    assert TABLE.where(selector).tolist() == expected


def test_tolerations_open_tainted_and_cordoned_nodes() -> None:
    everything = (Toleration("", "Exists", "", ""),)
    assert TABLE.tolerated(()).tolist() == [True, False, True, True]
    assert TABLE.tolerated(everything).all()
    assert TABLE.uncordoned(()).tolist() == [True, True, False, True]
    assert TABLE.uncordoned(everything).all()


def test_nodes_open_to_a_pod_are_numbers_in_order() -> None:
    assert TABLE.open_to(None, None, ()).tolist() == [0, 2, 3]
    assert TABLE.open_to(equal_to({"rack": "r2"}), None, (Toleration("gpu", "Exists", "", ""),)).tolist() == [1]
    assert TABLE.open_to(equal_to({"rack": "r2"}), None, ()).tolist() == []


def test_what_is_remembered_cannot_be_written_to() -> None:
    rack = equal_to({"rack": "r1"})
    for found in (
        TABLE.tolerated(()),
        TABLE.matching(rack, None),
        TABLE.uncordoned(()),
        TABLE.open_to(rack, None, ()),
    ):
        with pytest.raises(ValueError, match="read-only"):
            found[0] = False


def test_no_nodes_at_all() -> None:
    empty = NodeTable([])
    assert len(empty) == 0
    assert empty.where(equal_to({"a": "b"})).tolist() == []
    assert empty.tolerated(()).tolist() == []
    assert empty.label("rack").domain_totals(np.array([], dtype=np.int64)).tolist() == []


KEYS, VALUES = st.sampled_from("ab"), st.sampled_from(["1", "2", "x"])
REQUIREMENTS = st.builds(
    lambda key, operator, values: {"key": key, "operator": operator, "values": values},
    KEYS,
    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
    st.lists(VALUES, max_size=2),
)


@QUICKLY
@given(
    st.lists(st.dictionaries(KEYS, VALUES), max_size=4), st.lists(st.lists(REQUIREMENTS, max_size=2), max_size=3)
)
def test_columns_say_what_objects_say(labels: list[dict[str, str]], terms: list[list[dict[str, object]]]) -> None:
    table = NodeTable([node(f"n{number}", labels=each) for number, each in enumerate(labels)])
    selector = node_selector({"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]})
    assert selector is not None
    by_object = [selector.matches(name, labels[number]) for number, name in enumerate(table.names)]
    assert table.chosen(selector).tolist() == by_object
