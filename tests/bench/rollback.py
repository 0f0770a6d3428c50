"""Ways back after writes on the new side, one of them after ten minutes; they add up over calls."""

import random
from dataclasses import asdict
from typing import Any

from ndcops.model.cutover import End
from tests.bench.changes import accumulated
from tests.bench.result import AtLeast, Measured, middle
from tests.bench.sandbox import Sandbox
from tests.bench.timing import Clock
from tests.switch_rounds import CLIENTS, RATE_PER_S, Arena, settle

ROUNDS = 50
LONG_ROUND, LONG_S = 5, 600.0
TARGETS = {
    "rollbacks": AtLeast(ROUNDS),
    "lost": 0,
    "doubled": 0,
    "unbalanced": 0,
    "pause_p100_s": 5,
    "long": AtLeast(1),
}
NOTES = (
    f"two PostgreSQL 18 on loopback, {CLIENTS} clients, {RATE_PER_S} transactions a second asked for, writing "
    "before, through the cut-over, on the new side for 1 to 8 s (once 600 s), through the way back and after it",
    "lost: acknowledged commits of the whole round, on whichever side, that are missing at the source afterwards",
    "pause: the longest time without an acknowledged commit from the beginning of the way back",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """As many ways back as are missing and as the time allows."""
    del sandbox
    done = accumulated("rollback", clock, _round)
    return Measured(_figures(done), {"rounds": done}, NOTES, len(done) >= clock.wanted)


def _round(field: Arena, clock: Clock, number: int) -> dict[str, Any]:
    chance = random.Random(f"{clock.seed}/{number}")
    new_side_s = LONG_S if number == LONG_ROUND else chance.uniform(1, 8)
    field.begin()
    with field.clients() as log:
        settle()
        field.change(End.SOURCE)
        settle(new_side_s)
        since = log.stat().st_size
        change = field.change(End.TARGET)
        settle()
    seen = field.judged(log, field.pair.source, change, since=since)
    clock.say(
        f"  after {new_side_s:.0f} s: pause {seen.gap_s} s, {seen.acknowledged} commits at {seen.per_s}/s, "
        f"lost {seen.lost}, doubled {seen.doubled}"
    )
    return {"number": number, "new_side_s": round(new_side_s, 1), **asdict(seen)}


def _figures(done: list[dict[str, Any]]) -> dict[str, float | int]:
    if not done:
        return {}
    return {
        "rollbacks": len(done),
        "long": sum(each["new_side_s"] >= LONG_S for each in done),
        "acknowledged": sum(each["acknowledged"] for each in done),
        **{name: sum(each[name] for each in done) for name in ("lost", "doubled", "unbalanced")},
        "pause_p50_s": middle([each["gap_s"] for each in done]),
        "pause_p100_s": max(each["gap_s"] for each in done),
    }
