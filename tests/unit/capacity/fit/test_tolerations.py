import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.capacity.plan.fit.tolerations import (
    CORDONED,
    Taint,
    Toleration,
    taints_of,
    tolerate_all,
    tolerations_of,
)
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import QUICKLY

TAINT = Taint("gpu", "h100", "NoSchedule")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"key": "gpu", "value": "h100", "effect": "NoSchedule"}, True),
        ({"key": "gpu", "operator": "Equal", "value": "h100"}, True),
        ({"key": "gpu", "value": "a100"}, False),
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "cpu", "operator": "Exists"}, False),
        ({"operator": "Exists"}, True),
        ({"operator": "Exists", "effect": "NoSchedule"}, True),
        ({"key": "gpu", "operator": "Gt", "value": "1"}, False),
        ({}, False),
    ],
)
def test_what_a_toleration_covers(written: JsonObject, expected: bool) -> None:
    (toleration,) = tolerations_of([written])
    assert toleration.tolerates(TAINT) is expected


def test_preferences_never_refuse() -> None:
    written = [{"key": "a", "effect": "PreferNoSchedule"}, {"key": "b", "effect": "NoExecute"}]
    assert taints_of(written) == (Taint("b", "", "NoExecute"),)
    assert taints_of(None) == ()


def test_every_taint_needs_a_toleration() -> None:
    gpu = Toleration("gpu", "Exists", "", "")
    assert tolerate_all((gpu,), (TAINT,))
    assert not tolerate_all((gpu,), (TAINT, CORDONED))
    assert tolerate_all((), ())


TAINTS = st.builds(
    Taint, st.sampled_from("ab"), st.sampled_from(["", "1"]), st.sampled_from(["NoSchedule", "NoExecute"])
)
TOLERATIONS = st.builds(
    Toleration,
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(["", "Equal", "Exists", "Gt"]),
    st.sampled_from(["", "1"]),
    st.sampled_from(["", "NoSchedule", "NoExecute"]),
)


@QUICKLY
@given(st.lists(TOLERATIONS), TOLERATIONS, st.lists(TAINTS))
def test_one_more_toleration_never_shuts_a_node(
    held: list[Toleration], more: Toleration, taints: list[Taint]
) -> None:
    assert tolerate_all((*held, more), taints) or not tolerate_all(tuple(held), taints)
