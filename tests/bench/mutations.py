"""A thousand seeded differences between two databases: is each named exactly, and nothing else, live as well?"""

from collections import Counter
from random import Random
from typing import Any

from ndcops.model.proving import Verdict
from tests.bench.result import AtLeast, Measured
from tests.bench.sandbox import Sandbox
from tests.bench.timing import Clock
from tests.mutations import live
from tests.mutations.lie import Lie
from tests.mutations.rounds import LIES, Outcome, chosen, prepare, still_round
from tests.postgres_source import PostgresSource, postgres_source

TARGETS = {
    "missed": 0,
    "false_alarms": 0,
    "undecided": 0,
    "wrong_verdicts": 0,
    "lies": AtLeast(1000),
    "live_lies": AtLeast(200),
    "controls": AtLeast(10),
}
ROUNDS = 1000
"""Lies."""

_A_ROUND = 10
_LIVE_SHARE = 5
"""One of so many lies is told under a live stream."""

_CONTROL_EACH = 10
"""One of so many rounds tells none."""

NOTES = (
    f"{len(LIES)} sorts of lies, each as often as the others: values that read alike (NULL, '', '<null>', borders "
    "that move over a delimiter, case, spaces, 1.0 and 1.00, 0 and -0, NaN, zones, bigints that PostgreSQL's own "
    "hash folds together), rows missing, extra, exchanged, copies in a table without key, orphans, sequences, "
    "grants, owners, constraints, indexes, functions, triggers, policies, comments, large objects",
    "missed: a lie whose sort, object and exact key is not named; false_alarms: whatever else is named",
    "live: two writers change other rows of the same tables at the source, one row in every second statement, "
    "while logical replication carries them; lies add up in a target that is not made anew",
)


class Tally:
    """Counts of all rounds."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self.told: Counter[str] = Counter()

    def add(self, what: str, outcome: Outcome) -> None:
        """One round. what: where it was, for the faults."""
        self.counts["lies"] += len(outcome.lies)
        self.counts["missed"] += len(outcome.missed)
        self.counts["false_alarms"] += len(outcome.false)
        self.counts["undecided"] += len(outcome.found.undecided)
        self.counts["controls"] += not outcome.lies
        self.told.update(outcome.lies)
        if outcome.missed or outcome.false or outcome.found.undecided:
            self.faults.append(f"{what}: {outcome.missed} {outcome.false} {outcome.found.undecided}")

    def expect(self, outcome: Outcome, verdict: Verdict) -> None:
        """Whether the round ended with the verdict that it should."""
        self.counts["wrong_verdicts"] += outcome.found.verdict is not verdict


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Still rounds first, then one live world."""
    del sandbox
    tally = Tally()
    wanted_live = clock.wanted // _LIVE_SHARE
    with postgres_source(wal_level="logical", shared_buffers="256MB") as server:
        prepare(server)
        _still(server, clock, tally, clock.wanted - wanted_live)
        _live(server, clock, tally, wanted_live)
    figures: dict[str, Any] = {name: tally.counts[name] for name in TARGETS}
    figures["sorts"] = len(tally.told)
    complete = tally.counts["lies"] >= clock.wanted
    return Measured(figures, {"faults": tally.faults[:20], "told": dict(tally.told)}, NOTES, complete=complete)


def _still(server: PostgresSource, clock: Clock, tally: Tally, wanted: int) -> None:
    queue = chosen(LIES, wanted, Random(f"still/{clock.seed}"))
    number = 0
    while queue and clock.left_s > 120:
        lies: list[Lie] = [] if number % _CONTROL_EACH == 0 else queue[:_A_ROUND]
        outcome = still_round(server, lies, f"{clock.seed}/{number}")
        queue = _without(queue, outcome) if lies else queue
        tally.add(f"still round {number}", outcome)
        tally.expect(outcome, Verdict.DIFFERENT if lies else Verdict.SAME)
        number += 1
        if number % 10 == 0:
            clock.say(f"still: {wanted - len(queue)} of {wanted} lies")


def _without(queue: list[Lie], outcome: Outcome) -> list[Lie]:
    """The lies that are still to be told. One that found no object of its own waits for the next world."""
    tried, rest = queue[:_A_ROUND], queue[_A_ROUND:]
    return rest + [lie for lie in tried if lie.name not in outcome.lies]


def _live(server: PostgresSource, clock: Clock, tally: Tally, wanted: int) -> None:
    """World after world: one has only so many objects for lies of their own."""
    queue = chosen(live.LIES, wanted, Random(f"live/{clock.seed}"))
    world_number = 0
    while queue and clock.left_s > 60:
        with live.live_world(server, f"{clock.seed}/{world_number}") as world:
            control = world.round(())
            tally.add("live control", control)
            tally.expect(control, Verdict.SAME)
            for _ in range(10):
                if not queue or clock.left_s < 60:
                    break
                outcome = world.round(queue[:_A_ROUND])
                queue = _without(queue, outcome)
                tally.add(f"live world {world_number}", outcome)
                tally.counts["live_lies"] += len(outcome.lies)
                clock.say(f"live: {wanted - len(queue)} of {wanted} lies, {sum(world.writes)} transactions")
        world_number += 1
