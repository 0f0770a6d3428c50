"""The room from order to report, in the simulated country: moves, aborts, rejoins, what is told of them."""

import random

import pytest

from ndcops.failover.plan.order import Order
from ndcops.failover.run import execution
from ndcops.failover.run.held_journal import HeldJournal
from ndcops.failover.run.room import Failover
from ndcops.failover.steps import DECODERS, STEPS, FenceSite, MoveNames, ServiceStep, VerifyService
from ndcops.failover.steps.s80_verify import look_ended_at
from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.record import canonical_json
from ndcops.reports.failover_page import failover_markdown, failover_page, matches
from ndcops.workflow.plan import plan_from_document
from tests.simulation.country import entry_of
from tests.simulation.process_world import ProcessWorld
from tests.simulation.sample_services import service
from tests.unit.failover.conftest import accepted

ALL = ("keys", "ident", "regis")
RISKS = accepted(*(f"{risk}:{name}" for name in ALL for risk in ("rto", "rpo", "lag-unknown")))


def primary_sites(world: ProcessWorld) -> dict[str, str]:
    return {one.id: world.country.primary_of(store) for one, store in world.country.stores}


def led_to(world: ProcessWorld, name: str) -> set[str]:
    return {world.country.records[server, f"{name}.ndc.gov.vn"].addresses[0] for server in world.country.sites}


def test_a_switch_moves_data_names_and_pods_and_loses_nothing(world: ProcessWorld) -> None:
    room = world.room("ndc3")
    proposal = room.propose(Order(kind="switch", services=ALL))
    room.execute(proposal)
    world.kernel.pass_time(30)

    assert primary_sites(world) == {"ident": "ndc2", "regis": "ndc3", "keys": "ndc2"}
    assert led_to(world, "regis") == {entry_of("ndc3")}
    assert world.country.pods["ndc1", "ident", "ident-ident-web"].replicas == 0
    assert not any(world.country.lost().values())
    assert world.country.judge.violations == []
    assert {each.outcome for each in room.story(proposal.run).services} == {"moved"}


def test_the_plan_keeps_the_order(world: ProcessWorld) -> None:
    plan = world.room("ndc3").propose(Order(kind="switch", services=ALL)).plan
    steps = [step for step in plan.steps if isinstance(step, ServiceStep)]
    place = {step.key: number for number, step in enumerate(plan.order())}

    assert place["keys/demote-volumes@ndc1"] < place["keys/promote-volumes@ndc2"]
    assert place["regis/demote-cluster@ndc1"] < place["regis/promote-cluster@ndc3"]
    for step in steps:
        first = f"{step.service}/claim"
        assert step.key == first or first in step.needs
    assert place["keys/verify@ndc2"] < place["ident/switch-database"]
    assert place["ident/verify@ndc2"] < place["regis/demote-cluster@ndc1"]


def test_a_journal_builds_the_same_plan(world: ProcessWorld) -> None:
    plan = world.room("ndc3").propose(Order(kind="switch", services=ALL)).plan

    assert plan_from_document(plan.document(), DECODERS) == plan
    assert len(DECODERS) == len(STEPS) == len({step.kind for step in STEPS})


def test_a_lost_site_is_fenced_before_anything_is_promoted(world: ProcessWorld) -> None:
    world.country.kill("ndc1")
    room = world.room("ndc2")
    proposal = room.propose(Order(kind="evacuate", site="ndc1", lost=True, accepted=RISKS))
    place = {step.key: number for number, step in enumerate(proposal.plan.order())}
    room.execute(proposal)
    world.kernel.pass_time(30)

    assert place["ndc1/fence@ndc2"] < place["keys/force-promote-volumes@ndc2"]
    assert place["ndc1/fence@ndc3"] < place["regis/force-promote-cluster@ndc3"]
    assert primary_sites(world) == {"ident": "ndc2", "regis": "ndc3", "keys": "ndc2"}
    assert world.country.judge.violations == []


def test_a_lost_site_rejoins_behind_its_fence_and_everything_goes_home(world: ProcessWorld) -> None:
    world.country.kill("ndc1")
    room = world.room("ndc2")
    room.execute(room.propose(Order(kind="evacuate", site="ndc1", lost=True, accepted=RISKS)))
    world.country.revive("ndc1")
    with pytest.raises(Refused) as refusal:
        room.propose(Order(kind="failback", accepted=RISKS))
    rejoin = room.propose_rejoin(Order(kind="failback", site="ndc1"))
    assert rejoin is not None
    room.execute(rejoin)
    room.execute(room.propose(Order(kind="failback", accepted=RISKS)))
    world.kernel.pass_time(30)

    assert any("failover failback --site ndc1" in line for line in refusal.value.details)
    assert room.propose_rejoin(Order(kind="failback", site="ndc1")) is None
    assert primary_sites(world) == {"ident": "ndc1", "regis": "ndc1", "keys": "ndc1"}
    assert world.country.judge.violations == []
    assert not any(held[0] for held in world.country.fences.standing.values())


def test_a_member_that_is_back_confirms_writes_before_anything_goes_home() -> None:
    world = ProcessWorld(7, (service("ident", "patroni", "ndc1", "ndc2"),))
    for record in world.country.records.values():
        record.ttl_s = 30
    world.country.kill("ndc1")
    room = world.room("ndc2")
    room.execute(room.propose(Order(kind="evacuate", site="ndc1", lost=True, accepted=RISKS)))
    world.country.revive("ndc1")
    rejoin = room.propose_rejoin(Order(kind="failback", site="ndc1"))
    assert rejoin is not None
    world.country.patroni["ident"].sync = ("ndc3",)
    room.execute(rejoin)

    assert world.country.patroni["ident"].sync == ("ndc1",)
    assert {record.ttl_s for record in world.country.records.values()} == {30}


def test_a_fence_stays_while_a_promotion_relies_on_it(world: ProcessWorld) -> None:
    """Found by the simulation: a later run's abort lifted the fence that an earlier one had promoted behind."""
    world.country.kill("ndc1")
    room = world.room("ndc2")
    proposal = room.propose(Order(kind="evacuate", site="ndc1", lost=True, accepted=RISKS))
    room.execute(proposal)
    fences = [step for step in proposal.plan.steps if isinstance(step, FenceSite)]
    hold = room.given.coordination.acquire(purpose="abort of another run", lease_s=15)
    journal = HeldJournal(room.given.coordination.journal(proposal.run, hold))
    steps_world = execution._world(room.given, journal, hold, proposal.run)
    evidence = [step.undo(steps_world, lambda _: None) for step in fences]

    assert len(fences) == 2
    assert all(each["fenced"] for each in evidence)
    assert all(held[0] for held in world.country.fences.standing.values())


def test_an_abort_in_the_middle_goes_back_to_one_side(
    world: ProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = world.room("ndc3")
    proposal = room.propose(Order(kind="switch", services=ALL))
    stuck = _fails(monkeypatch, "regis")
    with pytest.raises(NdcopsError, match="steps failed"):
        room.execute(proposal)
    stuck.undo()
    back = room.abort(proposal.run)
    world.kernel.pass_time(30)

    assert back == ("regis",)
    assert primary_sites(world) == {"ident": "ndc2", "regis": "ndc1", "keys": "ndc2"}
    assert led_to(world, "regis") == {entry_of("ndc1")}
    assert not any(world.country.lost().values())
    with pytest.raises(InvalidInput, match="has ended: aborted"):
        room.resume(proposal.run)


def test_all_of_it_can_be_taken_back(world: ProcessWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    room = world.room("ndc3")
    proposal = room.propose(Order(kind="switch", services=ALL))
    stuck = _fails(monkeypatch, "regis")
    with pytest.raises(NdcopsError):
        room.execute(proposal)
    stuck.undo()
    room.abort(proposal.run, all_services=True)
    world.kernel.pass_time(30)

    assert set(primary_sites(world).values()) == {"ndc1"}
    assert not any(world.country.lost().values())


def test_an_open_run_stands_in_the_way_until_it_is_left(
    world: ProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = world.room("ndc3")
    proposal = room.propose(Order(kind="switch", services=("regis",)))
    stuck = _fails(monkeypatch, "regis")
    with pytest.raises(NdcopsError):
        room.execute(proposal)
    stuck.undo()
    with pytest.raises(Refused) as refusal:
        room.propose(Order(kind="switch", services=("regis",)))
    room.resume(proposal.run)

    assert any(f"run {proposal.run}" in line for line in refusal.value.details)
    assert room.story(proposal.run).ending == "done"


def test_a_leader_that_moved_by_itself_is_followed(world: ProcessWorld) -> None:
    store = world.country.patroni["ident"]
    store.switchover("ndc1", "ndc2")
    world.kernel.pass_time(20)
    room = world.room("ndc3")
    before = room.ready(("ident",))[0]
    room.execute(room.propose(Order(kind="switch", services=("ident",))))

    assert before.names_elsewhere == ("ndc1",)
    assert led_to(world, "ident") == {entry_of("ndc2")}
    assert room.ready(("ident",))[0].names_elsewhere == ()


def test_readiness_tells_both_ways(world: ProcessWorld) -> None:
    found = {each.service: each for each in world.room("ndc3").ready()}

    assert found["ident"].ready
    assert found["ident"].ready_if_lost
    assert found["plain"].ready
    assert [o.risk for o in found["regis"].if_lost] == ["rpo:regis"]
    assert found["ident"].prediction_if_lost is not None
    assert found["ident"].prediction_if_lost.rto.low_s > 10
    assert found["ident"].drill_is_due


@pytest.fixture
def told(world: ProcessWorld) -> tuple[Failover, str]:
    room = world.room("ndc3")
    proposal = room.propose(Order(kind="switch", services=("plain",)))
    room.execute(proposal)
    return room, proposal.run


def test_a_report_is_made_again_byte_for_byte(told: tuple[Failover, str]) -> None:
    room, run = told
    records = room.records(run)

    for report in (failover_page(run, records), failover_markdown(run, records)):
        assert matches(report.encode(), run, records)
        assert "plain" in report


def test_every_changed_byte_is_detected(told: tuple[Failover, str]) -> None:
    """A thousand one-byte changes to page, Markdown and journal."""
    from ndcops.model.record import Record, find_break

    room, run = told
    records = room.records(run)
    reports = [failover_page(run, records).encode(), failover_markdown(run, records).encode()]
    lines = [canonical_json(record.model_dump(mode="json")) for record in records]
    chance = random.Random(1)
    for _ in range(100):
        report = bytearray(chance.choice(reports))
        at = chance.randrange(len(report))
        report[at] ^= 1 << chance.randrange(8)
        assert not matches(bytes(report), run, records)
    for _ in range(900):
        number = chance.randrange(len(lines))
        line = bytearray(lines[number])
        line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
        try:
            changed = Record.model_validate_json(bytes(line))
            is_as_written = canonical_json(changed.model_dump(mode="json")) == bytes(line)
        except ValueError:
            continue
        chain = [*records[:number], changed, *records[number + 1 :]]
        assert not is_as_written or find_break(chain) is not None


def test_the_story_recomputes_the_pause(told: tuple[Failover, str]) -> None:
    room, run = told
    story = room.story(run)
    (plain,) = story.services
    names = next(step for step in story.steps if step.kind == MoveNames.kind)
    verified = next(step for step in story.steps if step.kind == VerifyService.kind)
    assert names.begun_at is not None
    assert verified.ended_at is not None

    seen_at = look_ended_at(verified.ended_at, verified.evidence)
    assert names.begun_at < seen_at <= verified.ended_at
    assert plain.pause_ms == round((seen_at - names.begun_at).total_seconds() * 1000)
    assert plain.predicted_ms is not None


def _fails(monkeypatch: pytest.MonkeyPatch, service: str) -> pytest.MonkeyPatch:
    """Verification of one service never succeeds until it is undone."""

    def fail(self: VerifyService, world: object, report: object) -> dict[str, object]:
        if self.service == service:
            raise NdcopsError("not there")
        return original(self, world, report)  # type: ignore[arg-type]

    original = VerifyService.apply
    patch = pytest.MonkeyPatch()
    patch.setattr(VerifyService, "apply", fail)
    del monkeypatch
    return patch
