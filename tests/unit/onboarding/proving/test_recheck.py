"""Rounds of looks at one row, against a simulated stream: no false alarm whatever happens when, nothing hidden."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from ndcops.model.proving import ItemState
from ndcops.onboarding.plan.proving.recheck import Judgement, Round, judge

NOTHING = ItemState(0, 0, 0)
VALUES = st.sampled_from([None, 1, 2])


@dataclass
class World:
    """One row on both sides. A write makes a new version, on the downstream too when it arrives."""

    upstream: ItemState = NOTHING
    downstream: ItemState = NOTHING
    written: list[int | None] = field(default_factory=list)
    arrived: int = 0
    version: int = 0

    def write(self, value: int | None) -> None:
        self.upstream = self._state(value)
        self.written.append(value)

    def arrive(self, upto: int) -> None:
        while self.arrived < min(upto, len(self.written)):
            self.downstream = self._state(self.written[self.arrived])
            self.arrived += 1

    def happen(self, event) -> None:
        writes, arrivals = event
        for value in writes:
            self.write(value)
        self.arrive(self.arrived + arrivals)

    def tamper(self, value: int | None) -> None:
        self.downstream = self._state(value)

    def _state(self, value: int | None) -> ItemState:
        self.version += 1
        return NOTHING if value is None else ItemState(1, value, self.version)


def looks(world: World, between) -> Round:
    """A round; `between` is what happens between its looks: writes, and how many changes arrive."""
    before = world.downstream
    world.happen(between[0])
    upstream, position = world.upstream, len(world.written)
    world.happen(between[1])
    world.arrive(position)
    then = world.downstream
    world.happen(between[2])
    return Round(before, upstream, then, world.upstream)


EVENT = st.tuples(st.lists(VALUES, max_size=3), st.integers(0, 4))
EVENTS = st.tuples(EVENT, EVENT, EVENT)
QUIET = (([], 0), ([], 0), ([], 0))


@given(st.lists(VALUES, max_size=4), st.integers(0, 4), st.lists(EVENTS, min_size=1, max_size=4))
def test_a_stream_that_loses_nothing_is_never_called_different(history, arrived, rounds):
    world = World()
    world.happen((history, arrived))
    for events in rounds:
        assert judge(looks(world, events)) is not Judgement.DIFFERENT


@given(st.lists(VALUES, max_size=4), VALUES, st.lists(EVENTS, max_size=3))
def test_a_lie_that_was_not_written_over_is_found_in_a_quiet_round(history, lie, rounds):
    world = World()
    world.happen((history, len(history)))
    world.tamper(lie)
    for events in rounds:
        looks(world, events)
    world.arrive(len(world.written))
    expected = Judgement.SAME if world.downstream.is_like(world.upstream) else Judgement.DIFFERENT
    assert judge(looks(world, QUIET)) is expected


def test_a_row_that_changes_at_every_look_is_undecided():
    states = [ItemState(1, number, number) for number in range(4)]
    assert judge(Round(*states)) is Judgement.UNDECIDED


def test_the_same_rows_elsewhere_are_the_same():
    assert judge(Round(NOTHING, ItemState(2, 5, 1), ItemState(2, 5, 9), ItemState(2, 5, 1))) is Judgement.SAME
