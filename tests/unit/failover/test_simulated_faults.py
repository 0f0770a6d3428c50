"""A sample of what the benches split-brain and kill-points search at length, and seeds that once found a fault."""

from itertools import cycle

import pytest

from tests.bench import kill_points
from tests.simulation.scenario import run_seed

ONCE_FOUND = (10, 26, 129, 222, 413, 1125, 1003993, 1005975, 1009568)
"""10, 26: a fence lifted while the old primary had only been told to step down. 129, 222: a run that could neither
go on nor back after Patroni had moved its leader. 413, 1125: a rejoin while two copies carried the same epoch.
1005975: the abort of a run that another plan had not seen lifted that one's fence. 1003993, 1009568:
runs left half-way that no new order could replace."""


@pytest.mark.parametrize("seed", [*ONCE_FOUND, *range(8)])
def test_never_two_primaries_and_always_settled(seed: int) -> None:
    outcome = run_seed(seed)

    assert outcome.violations == []
    assert (outcome.lost_planned, outcome.over_rpo, outcome.broken_chains) == (0, 0, 0)
    assert outcome.converged, outcome.left


@pytest.mark.parametrize("operation", kill_points.OPERATIONS, ids=lambda each: each.name)
def test_a_killed_run_is_taken_up(operation: kill_points.Operation) -> None:
    """Points spread over the run, by turns before and after a call takes effect; the bench goes through all."""
    unkilled, calls = kill_points._unkilled(operation, 1)

    for at, when in zip(range(7, calls, calls // 4), cycle(("before", "after")), strict=False):
        trial = kill_points._trial(operation, 1, (at, when), unkilled)
        assert (trial["diverged"], trial["done_twice"], trial["two_primaries"]) == (0, 0, 0), (at, when, trial)


def test_a_seed_replays() -> None:
    first, second = run_seed(5), run_seed(5)

    assert first == second
