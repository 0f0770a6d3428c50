"""Changes of the writing end: both ends under kills at every call."""

import itertools
import threading
from collections.abc import Callable

import pytest

from ndcops.model.cutover import End
from ndcops.model.errors import NdcopsError, PartlyApplied, Refused
from ndcops.model.failover import Unreachable
from ndcops.model.lifecycle import LifecycleState
from ndcops.onboarding.plan.switching.facts import MoveFacts, SwitchFacts
from ndcops.onboarding.plan.switching.planning import plan_switch
from ndcops.onboarding.run.switching.execution import Execution, ended_with, planned
from ndcops.onboarding.steps.switching import OneMove, SwitchLimits, SwitchWorld
from tests.fakes.move_ends import FakeEnd, fake_ends
from tests.onboarding_world import MemoryLedger
from tests.switch_facts import FakeClock, Killed, gate, move
from tests.switch_runs import NoNames


class Stage:
    """Two fake ends, an application that writes wherever it may, and runs that are killed at the n-th call."""

    def __init__(self) -> None:
        self.move = move()
        self.journals = {End.SOURCE: MemoryLedger(), End.TARGET: MemoryLedger()}
        names = MoveFacts(self.move, {})
        self.streams = {End.SOURCE: names.forward, End.TARGET: names.reverse}
        self.source, self.target = fake_ends(names.forward)
        self.target.fenced = True
        self.confirmed: list[str] = []
        self.numbers, self.tokens = itertools.count(1), itertools.count(1)
        self.left = -1
        self.at_call: Callable[[str], None] = lambda _: None
        for end in (self.source, self.target):
            end.calls = self._called

    def _called(self, name: str) -> None:
        self._application()
        self.at_call(name)
        self.left -= 1
        if self.left == 0:
            raise Killed(name)

    def _application(self) -> None:
        both = [end for end in (self.source, self.target) if not object.__getattribute__(end, "fenced")]
        assert len(both) < 2, "both ends take writes"
        for end in both:
            row = f"row {next(self.numbers)}"
            if FakeEnd.write(end, row):
                self.confirmed.append(row)

    def run(self, leaving: End, *, killed_at: int = -1) -> None:
        self.left = -1
        ends = {End.SOURCE: self.source, End.TARGET: self.target}
        world = SwitchWorld(
            run="run",
            moves={self.move.database: OneMove(ends, {End.SOURCE: "", End.TARGET: ""}, lambda _: 0)},
            names=NoNames(),
            clock=FakeClock(),
            token=lambda: f"token {next(self.tokens)}",
            limits=SwitchLimits(),
        )
        journal = self.journals[leaving]
        plan = planned(journal.records())
        if plan is None:
            found = {
                end: ends[end].facts(self.streams[end], self.streams[end.other])
                for end in (End.SOURCE, End.TARGET)
            }
            state = LifecycleState.REHEARSED if leaving is End.SOURCE else LifecycleState.CUT_OVER
            plan = plan_switch(
                SwitchFacts("x-records", leaving, (MoveFacts(self.move, found),), gate(state)),
                target="lab",
                title="t",
            )
        self.left = killed_at
        Execution(plan, journal, world, 1, threading.Event(), lambda _: None).run()
        assert ended_with(journal.records()) == "done"

    def lost_and_doubled(self, end: FakeEnd) -> tuple[list[str], list[str]]:
        self.left = -1
        end.pump()
        rows = end.rows
        lost = [row for row in self.confirmed if row not in rows]
        return lost, [row for row, count in rows.items() if count > 1]


def test_a_cutover_and_the_way_back_keep_every_row_killed_at_any_call() -> None:
    for killed_at in range(1, 200):
        stage = Stage()
        for leaving, holder in ((End.SOURCE, stage.target), (End.TARGET, stage.source)):
            try:
                stage.run(leaving, killed_at=killed_at)
            except Killed:
                stage.run(leaving)
            assert stage.lost_and_doubled(holder) == ([], []), killed_at
        assert not stage.source.fenced
        assert stage.target.fenced
        assert stage.source.numbers["tickets"] == (41, True)
        if stage.left > 0:
            break
    assert killed_at > 30


def test_a_late_write_is_found_and_the_source_takes_writes_again() -> None:
    stage = Stage()

    def intrude(name: str) -> None:
        if name == "target.halt":
            FakeEnd.write(stage.source, "intruder", overrides=True)

    stage.at_call = intrude
    with pytest.raises(Refused, match="taken back"):
        stage.run(End.SOURCE)
    assert (stage.source.fenced, stage.target.fenced) == (False, True)
    stage.at_call = lambda _: None
    assert stage.lost_and_doubled(stage.target) == ([], [])  # the forward stream goes on where it stopped
    assert "intruder" in stage.target.rows


@pytest.mark.parametrize(
    "method", ["source.put_out", "target.has_sentinel", "target.halt", "target.set_sequences"]
)
def test_an_end_that_is_gone_inside_the_pause_is_waited_for_then_all_is_taken_back(method: str) -> None:
    stage = Stage()
    gone = {"is": False}

    def vanish(name: str) -> None:
        gone["is"] |= (name == method and stage.source.proven is not None) or (name == method == "source.put_out")
        if gone["is"] and name == method:
            raise Unreachable("gone")

    stage.at_call = vanish
    with pytest.raises(NdcopsError, match="taken back"):
        stage.run(End.SOURCE)
    assert not stage.source.fenced
    assert stage.target.fenced


def test_what_was_made_ready_is_taken_away_when_writes_were_never_stopped() -> None:
    stage = Stage()

    def refuse(name: str) -> None:
        if name == "source.send_sentinel":
            raise Refused("too slow")

    stage.at_call = refuse
    with pytest.raises(Refused, match="taken back"):
        stage.run(End.SOURCE)
    stage.at_call = lambda _: None
    assert set(stage.source.slots) == {
        stage.streams[End.SOURCE].slot
    }  # any other would hold the agency's WAL back
    assert stage.target.slots == {}
    assert stage.source.following == {}
    assert not stage.source.fenced


def test_past_the_point_of_no_return_nothing_is_taken_back() -> None:
    stage = Stage()

    def fail(name: str) -> None:
        if name == "source.drop_stream":
            raise Unreachable("gone")

    stage.at_call = fail
    with pytest.raises(PartlyApplied) as caught:
        stage.run(End.SOURCE)
    assert "rollback" in caught.value.resolution
    assert (stage.source.fenced, stage.target.fenced) == (True, False)
    stage.at_call = lambda _: None
    stage.run(End.SOURCE)
