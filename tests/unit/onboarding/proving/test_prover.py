"""The whole proof over two sides in memory: directions, streams that lag, hot rows, tables of one side."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ndcops.model.errors import Interrupted, Refused
from ndcops.model.move import Move
from ndcops.model.proving import (
    CatalogLine,
    Direction,
    SequenceState,
    StreamState,
    SubscriptionState,
    Verdict,
)
from ndcops.onboarding.ports import ProofLimits
from ndcops.onboarding.run.proving import Prover
from tests.fakes.proven_databases import FakeDatabase, FakeDatabases

MOVE = Move(
    agency="agency-x",
    system="x-records",
    database="x",
    source="source",
    target="target",
    source_for_target="source",
    target_for_source="target",
)
RUNS = SubscriptionState(is_enabled=True, waiting=())


class Sides:
    """Both, equal; time passes only by waiting."""

    def __init__(self, *, keyed: bool = True) -> None:
        self.source, self.target = FakeDatabase("source", keyed=keyed), FakeDatabase("target", keyed=keyed)
        for side in (self.source, self.target):
            for key in range(20):
                side.write("t", key, f"x{key}")
        self.now_s = 0.0
        self.stop = threading.Event()

    def streams(self, direction: Direction, applied: int = 10**9) -> None:
        names, state = MOVE.names, StreamState(applied, True)
        if direction is Direction.FORWARD:
            self.target.subscriptions[names.subscription] = RUNS
            self.source.slots[names.slot] = state
        else:
            self.source.subscriptions[names.reverse_subscription] = RUNS
            self.target.slots[names.reverse_slot] = state

    def _wait(self, seconds: float) -> None:
        self.now_s += max(seconds, 0.01)

    def prove(self, **changes: Any):
        prover = Prover(
            databases=FakeDatabases({"source": self.source, "target": self.target}),
            limits=ProofLimits(lag_s=5, recheck_s=5),
            now=lambda: datetime(2026, 3, 1, tzinfo=UTC),
            clock=lambda: self.now_s,
            wait=self._wait,
            seed=lambda: 42,
            stop=self.stop,
            on_progress=lambda what, done, of: None,
        )
        return replace(prover, **changes).prove(MOVE)


def listed(found) -> list[tuple[str, tuple[str, ...]]]:
    return sorted((str(one.kind), one.key) for table in found.tables for one in table.listed)


def test_equal_sides_are_the_same():
    found = Sides().prove()
    assert (found.verdict, found.direction, found.differences) == (Verdict.SAME, Direction.NONE, 0)


def test_without_a_stream_all_that_differs_is_different():
    sides = Sides()
    sides.target.write("t", 3, "lie")
    sides.target.delete("t", 4)
    sides.target.write("t", 99, "extra")
    found = sides.prove()
    assert listed(found) == [("changed", ("3",)), ("extra", ("99",)), ("missing", ("4",))]
    assert found.differences == 3


def test_copies_in_a_table_without_key():
    sides = Sides(keyed=False)
    row = sides.target.tables["t"][0]
    sides.target.tables["t"] += [row, row]
    (one,) = sides.prove().tables[0].listed
    assert (str(one.kind), one.source_copies, one.target_copies, one.key) == ("extra", 0, 2, ())
    assert one.place


@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.REVERSE])
def test_a_row_that_arrives_meanwhile_is_the_same_and_a_lie_is_not(direction):
    sides = Sides()
    sides.streams(direction)
    forward = direction is Direction.FORWARD
    upstream, downstream = (sides.source, sides.target) if forward else (sides.target, sides.source)
    upstream.write("t", 5, "in flight")
    upstream.write("t", 50, "in flight")
    downstream.write("t", 7, "lie")
    downstream.delete("t", 8)

    def arrive() -> None:
        downstream.write("t", 5, "in flight")
        downstream.write("t", 50, "in flight")

    upstream.before_look = arrive
    found = sides.prove()
    assert found.direction is direction
    assert listed(found) == [("changed", ("7",)), ("missing" if forward else "extra", ("8",))]
    assert found.tables[0].rechecked == 4


def test_a_way_back_that_is_switched_off_does_not_lead():
    sides = Sides()
    sides.streams(Direction.FORWARD)
    sides.source.subscriptions[MOVE.names.reverse_subscription] = SubscriptionState(False, ())
    assert sides.prove().direction is Direction.FORWARD


def test_a_row_that_changes_at_every_look_is_undecided():
    sides = Sides()
    sides.streams(Direction.FORWARD)
    sides.target.write("t", 5, "other")
    numbers = iter(range(10**6))
    sides.source.before_look = lambda: sides.source.write("t", 5, f"hot {next(numbers)}")
    sides.target.before_look = lambda: sides.target.write("t", 5, f"late {next(numbers)}")
    found = sides.prove()
    assert (found.verdict, found.tables[0].undecided) == (Verdict.UNDECIDED, 1)
    assert found.undecided == ("public.t: 1 rows kept changing",)


def test_a_stream_that_does_not_catch_up_concludes_nothing():
    sides = Sides()
    sides.streams(Direction.FORWARD, applied=1)
    with pytest.raises(Refused, match="did not catch up within 5 s"):
        sides.prove()


def test_wal_that_no_commit_needs_is_asked_for():
    sides = Sides()
    sides.streams(Direction.FORWARD, applied=sides.source.wal - 5)
    sides.source.unflushed = 5
    assert sides.prove().verdict is Verdict.SAME
    assert sides.source.nudges == 1


def test_a_table_whose_first_copy_is_not_done_is_undecided():
    sides = Sides()
    sides.streams(Direction.FORWARD)
    sides.target.subscriptions[MOVE.names.subscription] = SubscriptionState(True, ("public.t",))
    sides.target.tables["t"] = []
    found = sides.prove()
    assert (found.verdict, found.undecided) == (Verdict.UNDECIDED, ("public.t: its first copy is not done",))


def test_a_table_of_one_side_differs_by_all_its_rows():
    sides = Sides()
    sides.source.tables["gone"] = sides.source.tables["t"][:3]
    sides.target.tables["empty"] = []
    found = sides.prove()
    rows = {table.table: table.differing_rows for table in found.tables}
    assert rows == {"public.gone": 3, "public.empty": 1, "public.t": 0}


def test_what_is_locked_is_undecided_and_the_rest_is_compared():
    sides = Sides()
    sides.source.tables["u"] = sides.target.tables["u"] = sides.source.tables["t"]
    sides.target.refuses = {"u"}
    found = sides.prove()
    assert found.verdict is Verdict.UNDECIDED
    assert [bool(table.problem) for table in found.tables] == [False, True]


def test_what_no_stream_carries_is_pending():
    sides = Sides()
    sides.source.objects = {1: "a"}
    sequence = SequenceState(name="s", last_value=5, is_called=True, increment=1, cycles=False)
    sides.source.sequences = (sequence,)
    sides.target.sequences = (sequence.model_copy(update={"last_value": 1}),)
    assert sides.prove().differences == 2
    sides.streams(Direction.FORWARD)
    found = sides.prove()
    assert (found.verdict, found.differences) == (Verdict.SAME, 0)
    assert found.large_objects[0].pending
    assert found.sequences[0].pending


def test_definitions_are_compared():
    sides = Sides()
    sides.source.lines = (CatalogLine("index", "public.i", "CREATE INDEX …"),)
    found = sides.prove()
    assert [(one.kind, one.source, one.target) for one in found.catalog] == [("index", "CREATE INDEX …", None)]


def test_encodings_that_cannot_be_compared_are_refused():
    sides = Sides()
    facts = sides.target.facts
    sides.target.facts = lambda *, ours: facts(ours=ours).model_copy(update={"encoding": "SQL_ASCII"})  # type: ignore[method-assign]
    with pytest.raises(Refused, match="SQL_ASCII"):
        sides.prove()


def test_a_stop_is_heard():
    sides = Sides()
    sides.stop.set()
    with pytest.raises(Interrupted):
        sides.prove()
