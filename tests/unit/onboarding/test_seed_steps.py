"""Seeds on both ends in memory: to the end, after kills at every copy, and what a copy waits for."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.model.errors import Interrupted, NdcopsError, Refused
from ndcops.model.move import Move
from ndcops.model.seed import LoadLimits, SeedTarget, SourceLoad, StreamSlot
from ndcops.model.target import TargetKind
from ndcops.onboarding.plan.moving.seeding import plan_watch
from ndcops.onboarding.run.moving.pacing import CopyPacing
from ndcops.onboarding.run.moving.seed import execute_seed, propose_seed
from ndcops.onboarding.steps.seeding import AwaitStream, SeedWorld, WatchStream
from ndcops.workflow.journal import Journal
from ndcops.workflow.runner import StepEvent
from tests.fakes.seeding import FakeCopies, FakeServers, FakeSource, FakeTarget
from tests.onboarding_world import MemoryLedger
from tests.seed_samples import MOVE, seed_table, seed_target, slot


class Journals:
    def open_journal(self, title: str) -> Journal:
        return MemoryLedger()

    def on_step(self, event: StepEvent) -> None:
        return


def seed(on: FakeServers, *, dies_after: int | None = None) -> None:
    source, target = FakeSource(on), FakeTarget(on)
    pacing = CopyPacing(MOVE, source, LoadLimits(), threading.Event(), lambda *_: None)
    proposal = propose_seed(MOVE, source, target, keeping=None, kind=TargetKind.LAB, width=1)
    execute_seed(proposal, source, target, FakeCopies(on, dies_after), pacing, Journals(), width=1)


ROWS = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.integers(0, 99), max_size=6), min_size=1)
WRITES = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(100, 199)), max_size=8)


@settings(max_examples=50)
@given(rows=ROWS, deaths=st.lists(st.integers(0, 200), max_size=3), writes=WRITES)
def test_whenever_it_dies_every_row_comes_once(
    rows: dict[str, list[int]], deaths: list[int], writes: list[tuple[str, int]]
):
    on = FakeServers({name: list(found) for name, found in rows.items()}, keyless=frozenset("ab"))
    for dies_after in deaths:
        with suppress(NdcopsError):
            seed(on, dies_after=dies_after)
        for table, number in writes:
            if table in on.rows:
                on.write(table, number)
    seed(on)
    for table, number in writes:
        if table in on.rows:
            on.write(table, number)
    on.apply_stream()
    assert on.database is not None
    assert {name: sorted(found) for name, found in on.database.items()} == {
        name: sorted(found) for name, found in on.rows.items()
    }
    assert set(on.states or {}) == {f"public.{name}" for name in rows}


class BusySource(FakeSource):
    """loads: what it answers, one after the other."""

    def __init__(self, loads: list[SourceLoad]) -> None:
        super().__init__(FakeServers({"a": []}))
        self.loads = loads

    def load(self, move: Move) -> SourceLoad:
        return self.loads.pop(0) if len(self.loads) > 1 else self.loads[0]


def test_a_copy_waits_while_the_source_is_busy_and_says_why(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ndcops.onboarding.run.moving.pacing._WAIT_S", 0.01)
    monkeypatch.setattr("ndcops.onboarding.run.moving.pacing._LOOK_EVERY_S", 0.02)
    loads = [SourceLoad(active_sessions=9), SourceLoad(active_sessions=1)]
    seen: list[tuple[int, int, str]] = []
    pacing = CopyPacing(
        MOVE,
        BusySource(loads),
        LoadLimits(active_sessions=5),
        threading.Event(),
        lambda label, done, of, left, why: seen.append((done, of, why)),
    )
    pacing.pace("t", 100)(60)
    pacing.pace("u", 50)(70)
    assert all(done == 0 for done, _, why in seen if why)
    assert "9 busy sessions" in seen[0][2]
    assert [entry for entry in seen if not entry[2]] == [(60, 100, ""), (50, 50, "")]


def test_a_stop_ends_a_copy_that_waits():
    stop = threading.Event()
    source = BusySource([SourceLoad(active_sessions=9)])
    pacing = CopyPacing(MOVE, source, LoadLimits(active_sessions=5), stop, lambda *_: stop.set())
    with pytest.raises(Interrupted, match="copied whole stay"):
        pacing.pace("t", 100)(60)
    with pytest.raises(Interrupted):
        pacing.wait(10)


UNREAD = 1000
"""A lag of so much and more: nobody reads the slot."""


def watching(lags: list[int], wait: Callable[[float], None]) -> SeedWorld:
    class Lagging(FakeSource):
        def slot(self, move: Move) -> object:  # type: ignore[override]
            lag = lags.pop(0)
            if lag < 0:
                return None
            seen = {"lag_bytes": lag % UNREAD, "retained_bytes": 2 * (lag % UNREAD), "active": lag < UNREAD}
            return slot().model_copy(update=seen)

    on = FakeServers({"a": []})
    return SeedWorld(MOVE, Lagging(on), FakeTarget(on), FakeCopies(on), lambda *_: lambda _: None, wait)


def watch(lags: list[int], hold_s: int) -> dict[str, dict[str, int]]:
    waited: list[float] = []
    plan = plan_watch(MOVE, kind="lab", hold_s=hold_s, bound_bytes=10, limit_bytes=99)
    (step,) = plan.steps
    assert isinstance(step, WatchStream)
    found: dict[str, dict[str, int]] = step.apply(watching(lags, waited.append), lambda _: None)
    assert waited == [1.0] * len(waited)
    return found


def test_a_lag_beyond_its_bound_begins_the_time_anew():
    found = watch([3, 4, 11, 2, 5, 1], 3)
    assert found["lag"] == {"held_s": 3, "needed_s": 3, "worst_bytes": 5, "bound_bytes": 10}
    assert found["slot-wal"] == {"bytes": 22, "limit_bytes": 99}


def test_a_stream_that_nobody_reads_begins_the_time_anew():
    assert watch([3, 4, UNREAD + 2, 2, 5, 1], 3)["lag"]["worst_bytes"] == 5


def awaiting(looks: list[tuple[int, str]]) -> dict[str, int]:
    """Wait for a stream of which each look tells: errors so far, the slot's position; `+` counts as in step."""
    on = FakeServers({"a": []})

    class Failing(FakeTarget):
        def facts(self, move: Move) -> SeedTarget:
            state = "r" if looks[0][1].endswith("+") else "d"
            return seed_target(states={"public.a": state}, stream_errors=looks[0][0])

    class Moving(FakeSource):
        def slot(self, move: Move) -> StreamSlot:
            return slot(looks.pop(0)[1])

    world = SeedWorld(MOVE, Moving(on), Failing(on), FakeCopies(on), lambda *_: lambda _: None, lambda _: None)
    found: dict[str, int] = AwaitStream().apply(world, lambda _: None)
    return found


def test_a_stream_that_lost_its_connection_is_waited_for():
    assert awaiting([(0, "0/1"), (1, "0/1"), (2, "0/1"), (2, "0/1+")])["tables"] == 1
    assert awaiting([(7, "0/1"), (9, "0/1"), (9, "0/2"), (11, "0/2"), (11, "0/2+")])["tables"] == 1


def test_a_stream_that_fails_again_and_again_at_one_place_is_told():
    with pytest.raises(NdcopsError, match="failed 3 times at one place"):
        awaiting([(4, "0/1"), (5, "0/1"), (7, "0/1"), (7, "0/1+")])


def test_a_stream_whose_slot_goes_is_no_evidence():
    with pytest.raises(NdcopsError, match="no slot"):
        watch([3, -1], 3)


def test_a_published_table_that_was_not_copied_stops_the_stream():
    on = FakeServers({"a": [1], "b": [2]})
    source, target = FakeSource(on), FakeTarget(on)
    target.create(MOVE, source.facts(MOVE))
    target.restore_tables(MOVE)
    source.publish(MOVE, [seed_table(1, name="a")])
    with source.snapshot(MOVE) as (_, position):
        target.begin_copies(MOVE, position)
    with pytest.raises(Refused, match="not copied"):
        target.subscribe(MOVE)
