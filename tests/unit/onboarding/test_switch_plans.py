"""Changes of the writing end as plans: reasons against, and the order of steps."""

from dataclasses import replace

import pytest

from ndcops.model.cutover import End, SlotState, SubscriptionState
from ndcops.model.errors import Refused
from ndcops.model.failover import NameState, ServerAnswer
from ndcops.model.lifecycle import CheckResult, LifecycleState
from ndcops.model.slot_keeping import SlotKeeping
from ndcops.onboarding.plan.switching.facts import MoveFacts, NameFacts, SwitchFacts
from ndcops.onboarding.plan.switching.objections import objections
from ndcops.onboarding.plan.switching.planning import plan_switch
from tests.switch_facts import changed, facts, gate, move


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
        (replace(facts(), keeping=SlotKeeping(service="registry")), "ignore_slots"),
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


@pytest.mark.parametrize(
    ("outlives", "words"), [(True, "it outlives a change of"), (False, "ends it, and with it agency rollback")]
)
def test_a_plan_says_whether_the_way_back_outlives_a_leader(outlives: bool, words: str) -> None:
    plan = plan_switch(facts(target=changed(outlives_leader=outlives)), target="lab", title="t")
    assert [words in step.describe() for step in plan.steps if step.key == "x-db/prepare"] == [True]


def test_a_way_back_does_not_need_the_slots_that_it_leaves() -> None:
    assert objections(replace(facts(End.TARGET), keeping=SlotKeeping(service="registry"))) == ()


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
