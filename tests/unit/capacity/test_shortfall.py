import pytest

from ndcops.capacity.plan.placing import Placement
from ndcops.capacity.plan.shortfall import Shortfall, limiting_reason, shortfall_of, worst_reason

CPU, MEMORY, FULL = "Insufficient cpu", "Insufficient memory", "Too many pods"
TAINT = "node(s) had untolerated taint(s)"


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ({}, ""),
        ({CPU: 1}, CPU),
        ({CPU: 1, MEMORY: 2}, MEMORY),
        ({CPU: 2, MEMORY: 2}, CPU),
        ({CPU: 1, TAINT: 90}, CPU),
        ({FULL: 1, TAINT: 90}, FULL),
        ({TAINT: 3, "node(s) were unschedulable": 5}, "node(s) were unschedulable"),
    ],
)
def test_room_goes_before_rules(reasons: dict[str, int], expected: str) -> None:
    assert worst_reason(reasons) == expected


def test_without_reasons_the_message_is_the_reason() -> None:
    assert limiting_reason(Placement("web", 1, 0, message="gated")) == "gated"


def test_what_lacks_is_added_up_by_reason() -> None:
    placements = [
        Placement("a", 5, 2, {"cpu": 1000, "memory": 7}, reasons={CPU: 4}),
        Placement("b", 4, 3, {"cpu": 500}, reasons={CPU: 4}),
        Placement("c", 9, 3, {"cpu": 100}, reasons={TAINT: 4}),
    ]
    assert list(shortfall_of("ndc2", placements)) == [
        Shortfall("ndc2", TAINT, 6, None),
        Shortfall("ndc2", CPU, 4, 3500),
    ]
