"""Changes of the writing end: reasons against, order of steps, and both ends under kills at every call."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ndcops.model.cutover import End, EndFacts, FenceState, SlotState, SubscriptionState
from ndcops.model.errors import NdcopsError, PartlyApplied, Refused
from ndcops.model.failover import NameState, ServerAnswer, Unreachable
from ndcops.model.lifecycle import CheckResult, GateReport, LifecycleState
from ndcops.model.move import Move
from ndcops.onboarding.plan.switching.facts import MoveFacts, NameFacts, SwitchFacts
from ndcops.onboarding.plan.switching.objections import objections
from ndcops.onboarding.plan.switching.planning import plan_switch
from ndcops.onboarding.run.switching.execution import Execution, ended_with, planned
from ndcops.onboarding.steps.switching import OneMove, SwitchLimits, SwitchWorld
from tests.fakes.move_ends import FakeEnd, fake_ends
from tests.onboarding_world import MemoryLedger
from tests.switch_runs import NoNames

GOOD = EndFacts(
    version=180004,
    in_recovery=False,
    fenceable=True,
    may_stream=True,
    wal_level="logical",
    free_slots=3,
    sessions=4,
    sequences=("public.tickets",),
    fence=FenceState(fenced=False),
    slot=SlotState(active=True, lost=False, lag_bytes=100),
    subscription=SubscriptionState(enabled=True, running=True, tables={"public.a": "r"}),
)


def move(database: str = "x-db") -> Move:
    return Move(
        agency="agency-x",
        system="x-records",
        database=database,
        source="host=a",
        target="host=b",
        source_for_target="host=a",
        target_for_source="host=b",
    )


FACTS_OF = MoveFacts(move(), {})
"""For the names of its streams."""


def gate(state: LifecycleState = LifecycleState.REHEARSED, *checks: CheckResult) -> GateReport:
    return GateReport(
        agency="agency-x", system="x-records", state=state, next=state.next, checks=checks, as_of=date(2026, 3, 1)
    )


def facts(
    leaving: End = End.SOURCE, *, source: EndFacts = GOOD, target: EndFacts = GOOD, at: GateReport | None = None
) -> SwitchFacts:
    found = at or gate(LifecycleState.REHEARSED if leaving is End.SOURCE else LifecycleState.CUT_OVER)
    return SwitchFacts("x-records", leaving, (MoveFacts(move(), {End.SOURCE: source, End.TARGET: target}),), found)


def changed(**fields: Any) -> EndFacts:
    return GOOD.model_copy(update=fields)


def test_nothing_speaks_against_good_facts() -> None:
    assert objections(facts()) == ()
    assert objections(facts(End.TARGET)) == ()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (facts(at=gate(LifecycleState.IN_SYNC)), "only a rehearsed system"),
        (facts(End.TARGET, at=gate(LifecycleState.ACCEPTED)), "only a system that is cut over"),
        (
            facts(at=gate(LifecycleState.REHEARSED, CheckResult(check="two-people", passed=False, why="one"))),
            "gate 'two-people'",
        ),
        (facts(source=changed(version=140010)), "PostgreSQL 14"),
        (facts(target=changed(in_recovery=True)), "a standby"),
        (facts(source=changed(fenceable=False)), "cannot lock out"),
        (facts(source=changed(prepared=("p",))), "prepared transactions"),
        (facts(source=changed(foreign_subscriptions=("theirs",))), "streams of others"),
        (facts(source=changed(may_stream=False)), "may not subscribe"),
        (facts(target=changed(wal_level="replica")), "wal_level is replica"),
        (facts(target=changed(keyless=("public.log",))), "no REPLICA IDENTITY"),
        (facts(source=changed(free_slots=0)), "no free replication slot to watch"),
        (facts(source=changed(unpublished=("public.new",))), "do not stream: public.new"),
        (facts(source=changed(slot=None)), "is missing"),
        (facts(source=changed(slot=SlotState(active=True, lost=True, lag_bytes=0))), "has lost WAL"),
        (facts(source=changed(slot=SlotState(active=False, lost=False, lag_bytes=0))), "nobody reads"),
        (facts(source=changed(slot=SlotState(active=True, lost=False, lag_bytes=1 << 30))), "bytes behind"),
        (facts(target=changed(subscription=None)), "subscription ndcops_agency_x_x_db"),
        (facts(target=changed(subscription=SubscriptionState(enabled=True, running=False))), "does not run"),
        (
            facts(target=changed(subscription=SubscriptionState(enabled=True, running=True, tables={"a": "d"}))),
            "not copied yet: a",
        ),
        (facts(target=changed(sequences=())), "sequences are missing: public.tickets"),
        (facts(source=changed(behind=("public.tickets",))), "used already"),
    ],
)
def test_every_reason_is_told_before_anything_is_stopped(given: SwitchFacts, why: str) -> None:
    found = objections(given)
    assert len(found) == 1, found
    assert why in found[0]
    with pytest.raises(Refused):
        plan_switch(given, target="lab", title="t")


def test_evidence_that_the_cutover_brings_is_not_asked_before() -> None:
    open_checks = [
        CheckResult(check=name, passed=False, why="none") for name in ("fence", "sentinel", "sequences")
    ]
    assert objections(facts(at=gate(LifecycleState.REHEARSED, *open_checks))) == ()


def test_no_database_is_fenced_before_all_are_prepared_nor_opened_before_all_are_drained() -> None:
    one = facts()
    two = replace(one, moves=(one.moves[0], MoveFacts(move("y-db"), one.moves[0].ends)))
    plan = plan_switch(two, target="lab", title="t")
    needs = {step.key: set(step.needs) for step in plan.steps}
    for database in ("x-db", "y-db"):
        assert needs[f"{database}/fence"] == {"x-db/prepare", "y-db/prepare"}
        assert needs[f"{database}/open"] == {"x-db/back", "y-db/back"}


@pytest.mark.parametrize("holder", ["source", "target"])
def test_large_objects_are_brought_up_before_the_pause_and_once_more_inside_it(holder: str) -> None:
    with_objects = facts(**{holder: changed(large_objects=2)})  # type: ignore[arg-type]
    keys = [step.key for step in plan_switch(with_objects, target="lab", title="t").order()]
    early, fence = keys.index("x-db/large-objects-early"), keys.index("x-db/fence")
    last, opened = keys.index("x-db/large-objects-last"), keys.index("x-db/open")
    assert early < fence < last < opened


def test_the_way_back_has_no_way_back() -> None:
    keys = [step.key for step in plan_switch(facts(End.TARGET), target="lab", title="t").order()]
    assert "x-db/back" not in keys
    assert keys[-1] == "x-db/clear"


def test_names_go_low_before_and_lead_to_the_new_end_after_the_opening() -> None:
    answer = ServerAnswer(server="s", site="ndc1", addresses=("10.0.0.1",), ttl_s=300)
    names = NameFacts(states=(NameState(name="x.example.vn", answers=(answer,)),), entry="10.1.0.1")
    plan = plan_switch(replace(facts(), names=names), target="lab", title="t")
    steps = {step.key: step for step in plan.steps}
    assert steps["x-records/names-low"].arguments()["addresses"] == ["10.0.0.1"]
    assert steps["x-db/prepare"].needs == ("x-records/names-low",)
    assert steps["x-records/names-moved"].arguments()["addresses"] == ["10.1.0.1"]
    assert steps["x-records/names-moved"].needs == ("x-db/open",)


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic_s(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += max(seconds, 0.001)


class Killed(BaseException):
    """SIGKILL: nothing after it happens in this process."""


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
