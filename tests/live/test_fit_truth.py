"""The fit engine against the filters of the real scheduler: 500 seeded clusters, never a false "fits"."""

import pytest

from tests.oracle.cases import case
from tests.oracle.comparison import Tally, compared

pytestmark = [pytest.mark.live, pytest.mark.slow]

CASES = 500


def test_every_verdict_is_the_schedulers() -> None:
    tally = Tally()
    differing = []
    for each in compared(case(seed) for seed in range(1, CASES + 1)):
        tally.add(each)
        if not each.agrees or not each.same_reason:
            differing.append(each.case["id"])
    assert tally.cases == CASES, f"{tally.unjudged} cases ended with an error of the scheduler itself"
    assert tally.false_fits == 0, f"python -m tests.oracle.differ --only {differing}"
    assert tally.agreement >= 0.999, f"python -m tests.oracle.differ --only {differing}"
    assert tally.reason_agreement >= 0.995, f"python -m tests.oracle.differ --only {differing}"
