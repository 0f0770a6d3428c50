"""The bar of a failover run: steps of the plan in hand only."""

from typing import Any

from ndcops.cli.failover_run import Pace
from ndcops.workflow.runner import StepEvent


class Bars:
    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def advance(self, part: str, phase: str, done: int, total: int, remaining_s: float | None) -> None:
        self.told.append((done, total))


def test_a_second_plan_begins_at_its_own_first_step() -> None:
    """A failback is two: sites rejoin, then services come home; the second seemed over at its first step."""
    bars: Any = Bars()
    pace = Pace(bars)
    for keys in ("ab", "cde"):
        pace.expect(len(keys), None)
        for key in keys:
            pace.step(StepEvent(key, "done"))
    assert bars.told == [(1, 2), (2, 2), (1, 3), (2, 3), (3, 3)]
