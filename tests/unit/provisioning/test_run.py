"""The provisioning room on fakes: selections, plans executed, outputs handed on, drift and its writers, status."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ndcops.model.errors import Interrupted, InvalidInput, PartlyApplied, Refused
from ndcops.model.site_status import PoolStatus, SiteCondition
from ndcops.model.stack_changes import Operation, StackId, Writer
from ndcops.model.target import TargetKind
from ndcops.provisioning.run import Provisioning, Selection
from tests.fakes.stack_engine import broken
from tests.unit.provisioning.samples import Room, cluster, stack

ALL = Selection()
NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
WRITERS = (Writer(manager="kubectl-edit", operation="Update", time=NOW),)


def applied_room() -> Room:
    world = Room()
    world.room.execute(world.room.plan_up(ALL, preview_first=False).plan)
    world.engine.calls.clear()
    return world


@pytest.mark.parametrize(
    ("selection", "stacks"),
    [
        (ALL, "network/ndc1 network/ndc2 storage/ndc1 storage/ndc2 compute/ndc1 compute/ndc2"),
        (Selection(sites=("ndc2",)), "network/ndc2 storage/ndc2 compute/ndc2"),
        (Selection(layers=("compute", "network")), "network/ndc1 network/ndc2 compute/ndc1 compute/ndc2"),
        (Selection(("ndc1",), ("storage",)), "storage/ndc1"),
    ],
)
def test_a_selection_names_stacks_layers_first(selection: Selection, stacks: str) -> None:
    assert " ".join(str(each) for each in Room().room.stacks(selection)) == stacks


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(sites=("ndc9",)), "unknown site 'ndc9'"),
        (Selection(sites=("ndc1", "")), "unknown site ''"),
        (Selection(sites=("ndc3",)), "unknown site 'ndc3'"),  # planned: it has no cluster
        (Selection(layers=("disk",)), "unknown layer 'disk'"),
    ],
)
def test_an_unknown_name_is_a_usage_error(selection: Selection, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        Room().room.plan_up(selection, preview_first=False)
    assert caught.value.exit_code == 2
    assert caught.value.details[0].startswith("known: ")


def test_a_site_that_the_target_lacks_is_a_usage_error() -> None:
    world = Room(pinned=(cluster("ndc1"),))
    with pytest.raises(InvalidInput, match="target lab has no cluster for site 'ndc2'") as caught:
        world.room.preview(ALL)
    assert caught.value.resolution == "ndcops lab up"


def test_up_applies_all_layers_in_order_and_hands_outputs_on() -> None:
    world = Room()
    proposal = world.room.plan_up(ALL, preview_first=False)
    assert world.engine.calls == []  # what was never applied needs no preview to be known as new
    result = world.room.execute(proposal.plan)
    assert set(result.evidence) == {str(each) for each in world.room.stacks(ALL)}
    for site in ("ndc1", "ndc2"):
        mine = [call for call in world.engine.calls if call.endswith(site)]
        assert mine == [f"apply {layer}/{site}" for layer in ("network", "storage", "compute")]
        given = world.engine.inputs[stack("compute", site)]
        assert set(given.upstream) == {"network", "storage"}
        assert given.upstream["network"]["names"] == sorted(
            f"Namespace {zone.name}" for zone in given.site.network.zones
        )
        assert (given.context, given.cluster_uid, given.target) == (f"lab-{site}", f"uid-of-{site}", "lab")
    assert world.engine.inputs[stack()].upstream == {}
    assert world.journals["stack up"].lines()[-1] == "run/ended"
    assert {event.state for event in world.steps if not event.line} == {"running", "done"}
    assert {str(each.stack) for each in world.progress} == set(result.evidence)


def test_services_come_with_the_sites_that_host_them() -> None:
    world = applied_room()
    at = {site: {s.id for s in world.engine.inputs[stack("compute", site)].services} for site in ("ndc1", "ndc2")}
    assert at["ndc1"] == at["ndc2"] == {service.id for service in world.inventory.services}


def test_a_second_up_changes_nothing() -> None:
    world = applied_room()
    proposal = world.room.plan_up(ALL, preview_first=False)
    assert proposal.plan.steps == ()
    assert sorted(world.engine.calls) == sorted(f"preview {each}" for each in world.room.stacks(ALL))


def test_preview_first_previews_also_what_was_never_applied() -> None:
    world = Room()
    proposal = world.room.plan_up(Selection(layers=("network",)), preview_first=True)
    assert sorted(world.engine.calls) == ["preview network/ndc1", "preview network/ndc2"]
    assert all(facts.preview is not None and facts.preview.changes for facts in proposal.facts.stacks)
    assert len(proposal.plan.steps) == 2


def test_only_what_differs_is_applied() -> None:
    world = applied_room()
    world.engine.states[stack("storage", "ndc2")].popitem()
    proposal = world.room.plan_up(ALL, preview_first=False)
    assert [step.key for step in proposal.plan.steps] == ["storage/ndc2"]


def test_what_a_killed_run_left_is_finished() -> None:
    world = applied_room()
    world.engine.unfinished[stack("compute")] = ("urn:x",)
    plan = world.room.plan_up(ALL, preview_first=False).plan
    world.room.execute(plan)
    assert [step.key for step in plan.steps] == ["compute/ndc1"]
    assert world.room.plan_up(ALL, preview_first=False).plan.steps == ()


def _up(room: Provisioning) -> None:
    room.execute(room.plan_up(ALL, preview_first=False).plan)


@pytest.mark.parametrize(
    "verb",
    [
        _up,
        lambda room: room.preview(ALL),
        lambda room: room.drift(ALL),
        lambda room: room.plan_destroy(ALL),
    ],
)
@pytest.mark.parametrize("fault", ["silent", "another", "unpinned"])
def test_no_verb_reaches_the_engine_of_an_unproven_cluster(
    verb: Callable[[Provisioning], object], fault: str
) -> None:
    world = applied_room()
    if fault == "silent":
        world.clusters.silent.add("ndc2")
    elif fault == "another":
        world.clusters.uids["ndc2"] = "uid-of-someone"
    else:
        world.pinned = (cluster("ndc1"), cluster("ndc2", uid=None))
    with pytest.raises(Refused, match="1 of 2 clusters") as caught:
        verb(world.room)
    assert caught.value.details[0].startswith("ndc2 (context lab-ndc2)")
    assert world.engine.calls == []


def test_a_stale_plan_is_refused_before_anything_is_written() -> None:
    world = Room()
    one = Selection(("ndc1",), ("network",))
    plan = world.room.plan_up(one, preview_first=False).plan
    world.engine.states[stack()] = {"Namespace other": {}}
    with pytest.raises(Refused, match="its state changed after the plan was made") as caught:
        world.room.execute(plan)
    assert "new plan" in caught.value.resolution
    assert world.engine.calls == []


def test_a_stale_destroy_is_refused_before_anything_is_deleted() -> None:
    world = applied_room()
    one = Selection(("ndc1",), ("compute",))
    plan = world.room.plan_destroy(one).plan
    world.engine.states[stack("compute")].popitem()
    with pytest.raises(Refused, match="compute/ndc1: its state changed"):
        world.room.execute(plan)
    assert world.engine.calls == []


def test_a_failed_site_does_not_hold_up_the_others() -> None:
    world = Room()
    world.engine.failures[stack("storage")] = broken(stack("storage"))
    with pytest.raises(PartlyApplied, match="1 of 6 steps failed, 4 done") as caught:
        _up(world.room)
    assert caught.value.details == (
        "storage/ndc1: stack storage/ndc1: 1 objects failed",
        "storage/ndc1: Namespace x: forbidden",
    )
    assert caught.value.resolution == "ndcops stack up --site ndc1 --layer storage"
    assert world.engine.object_count(stack("compute", "ndc2")) == len(world.inventory.services)
    assert world.engine.object_count(stack("compute", "ndc1")) is None
    _up(world.room)
    assert world.engine.object_count(stack("compute", "ndc1"))


def test_ctrl_c_ends_the_run_between_steps_and_the_next_run_converges() -> None:
    world = Room()
    world.engine.around = lambda which: world.stop.set()
    with pytest.raises(Interrupted, match="of 6 steps done"):
        _up(world.room)
    assert world.engine.object_count(stack("compute")) is None
    world.engine.around = lambda which: None
    world.stop.clear()
    _up(world.room)
    assert world.room.plan_up(ALL, preview_first=False).plan.steps == ()


def test_drift_names_the_object_and_who_wrote_it() -> None:
    world = applied_room()
    world.engine.live[stack("compute")]["Deployment portal"] = {"replicas": 9}
    world.clusters.writers["Deployment portal"] = WRITERS
    found = {changes.stack: changes for changes in world.room.drift(ALL)}
    assert len(found) == 6
    (change,) = found.pop(stack("compute")).changes
    assert (str(change.object), change.operation, change.writers) == (
        "Deployment portal",
        Operation.UPDATE,
        WRITERS,
    )
    assert not any(changes.changes for changes in found.values())


def test_drift_looks_only_at_what_was_applied() -> None:
    world = Room()
    assert world.room.drift(ALL) == ()
    assert world.engine.calls == []


def test_repair_touches_the_drifted_stack_alone() -> None:
    world = applied_room()
    world.engine.live[stack("compute")]["Deployment portal"] = {"replicas": 9}
    found = world.room.drift(ALL)
    world.engine.calls.clear()
    world.room.execute(world.room.plan_repair(found).plan)
    assert world.engine.calls == ["repair compute/ndc1"]
    assert not any(changes.changes for changes in world.room.drift(ALL))


def test_nothing_drifted_is_nothing_to_repair() -> None:
    world = applied_room()
    assert world.room.plan_repair(world.room.drift(ALL)).plan.steps == ()


def test_destroy_takes_everything_away_last_layer_first() -> None:
    world = applied_room()
    world.room.execute(world.room.plan_destroy(ALL).plan)
    mine = [call for call in world.engine.calls if call.endswith("ndc1")]
    assert mine == [f"destroy {layer}/ndc1" for layer in ("compute", "storage", "network")]
    assert not any(world.engine.live.values())
    assert world.room.plan_destroy(ALL).plan.steps == ()
    assert set(world.room.outputs(ALL).values()) == {None}


def test_outputs_of_what_was_never_applied_are_none() -> None:
    world = Room()
    assert world.room.outputs(Selection(("ndc1",), ("network",))) == {"network/ndc1": None}


def _condition(site: str) -> SiteCondition:
    return SiteCondition(
        site=site, version="v1.36", pools=(PoolStatus(pool="general", nodes=2, ready=2),), services=()
    )


@pytest.mark.parametrize(("kind", "simulated"), [(TargetKind.LAB, True), (TargetKind.PRODUCTION, False)])
def test_status_reports_a_silent_site_beside_the_others(kind: TargetKind, simulated: bool) -> None:
    world = applied_room()
    world.kind = kind
    world.clusters.conditions["ndc1"] = _condition("ndc1")
    world.clusters.silent.add("ndc2")
    report = world.room.read_status(NOW)
    well, silent = report.sites
    assert (report.target, report.taken_at, bool(report.simulated)) == (
        kind,
        "2026-01-31T08:00:00+00:00",
        simulated,
    )
    assert well.condition == _condition("ndc1")
    assert well.objects == {"network": 5, "storage": 4, "compute": 6}
    assert silent.condition is None
    assert "does not answer" in silent.problem
    assert silent.objects == well.objects


@pytest.mark.parametrize(
    "which",
    [StackId(layer="network", site="ndc9"), StackId(layer="network", site="ndc3")],
)
def test_no_input_is_made_for_a_site_without_cluster(which: StackId) -> None:
    with pytest.raises(InvalidInput):
        Room().room.input_of(which)
