"""What is compared beside rows by asking both sides once more: large objects, orphans."""

from collections.abc import Sequence
from functools import partial

from ndcops.model.proving import DatabaseFacts, LargeObjectDifference, NotLookedAt, Orphans
from ndcops.onboarding.plan.proving.large_objects import large_object_differences
from ndcops.onboarding.run.proving.sides import Sides, while_not_stopped


def compare_large_objects(
    sides: Sides, undecided: list[str], *, pending: bool
) -> tuple[Sequence[LargeObjectDifference], int]:
    """Differences, and how many the source has. What keeps them from being compared is added to `undecided`."""
    try:
        left, right = (
            while_not_stopped(side.large_objects(), sides.pool.stop) for side in (sides.source, sides.target)
        )
        return large_object_differences(left, right, pending=pending)
    except NotLookedAt as error:
        undecided.append(f"large objects: {error.message}")
        return (), 0


def check_foreign_keys(sides: Sides, target: DatabaseFacts, undecided: list[str]) -> tuple[Orphans, ...]:
    """Keys with orphans at the target, which takes over: a stream's rows are not checked when they arrive."""
    found = []
    for key in target.foreign_keys:
        try:
            orphans, _ = sides.pool.both(partial(sides.target.orphans, key), lambda: None)
        except NotLookedAt as error:
            undecided.append(f"foreign key {key.name} of {key.table_schema}.{key.table}: {error.message}")
            continue
        if orphans.count:
            found.append(orphans)
    return tuple(found)
