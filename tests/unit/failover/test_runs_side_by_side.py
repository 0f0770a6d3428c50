"""Two runs on the same services or behind the same fence: neither may take away what the other relies on.

Found by the simulation (seed 1005975): a lost reply hid an open run from a plan. The abort of that run then lifted
the fence of the other, which was taken up and promoted; once the lost site was back, two sides took writes.
"""

import pytest

from ndcops.failover.plan.order import Order
from ndcops.failover.run.room import Failover
from ndcops.failover.steps import ClaimService, FenceSite, ForcePromoteCluster
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import Changed, Overtaken, Unreachable
from tests.simulation.process_world import ProcessWorld
from tests.simulation.sample_services import service
from tests.unit.failover.conftest import accepted
from tests.unit.failover.stopped_runs import breaks_off, evacuation


@pytest.fixture
def two() -> ProcessWorld:
    """Two services that one fence, raised at ndc2 against ndc1, serves; ndc1 is lost."""
    world = ProcessWorld(
        7, (service("keys", "volume", "ndc1", "ndc2"), service("regis", "cloudnativepg", "ndc1", "ndc2"))
    )
    world.country.kill("ndc1")
    world.kernel.pass_time(1.0)
    return world


def forget_runs(room: Failover, patch: pytest.MonkeyPatch) -> None:
    def silent() -> None:
        raise Unreachable("coordination: no reply")

    patch.setattr(room.given.coordination, "runs", silent)


def test_a_fence_that_another_run_took_back_is_raised_again_before_a_promotion(two: ProcessWorld) -> None:
    room = two.room("ndc2")
    stopped = evacuation(room, "regis")
    breaks_off(room, stopped, ForcePromoteCluster, late=False)
    other = evacuation(room, "keys")
    breaks_off(room, other, FenceSite, late=True)
    room.abort(other.run)
    lifted = not two.country.fences.blocks("ndc1")
    room.resume(stopped.run)
    two.country.revive("ndc1")
    two.kernel.pass_time(30)

    assert lifted
    assert two.country.fences.blocks("ndc1")
    assert two.country.clusters["regis"].writable("ndc2")
    assert two.country.judge.violations == []


def test_a_promotion_under_way_finds_that_its_fence_was_taken_back(two: ProcessWorld) -> None:
    """Its operator was frozen between the lock's confirmation and the write, as long as another run took."""
    room, name = two.room("ndc2"), two.services[1]
    stopped = evacuation(room, "regis")
    breaks_off(room, stopped, ForcePromoteCluster, late=False)
    seen, epoch = room.given.drivers.clusters.read("ndc2", name), two.state.epoch
    assert seen is not None
    other = evacuation(room, "keys")
    breaks_off(room, other, FenceSite, late=True)
    room.abort(other.run)

    again = room.given.drivers.clusters.read("ndc2", name)
    assert again is not None

    for expect in (seen.resource_version, again.resource_version):
        with pytest.raises((Overtaken, Changed)):
            room.given.drivers.clusters.promote(seen.ref, token="", expect=expect, epoch=epoch)
    assert not two.country.fences.blocks("ndc1")


def test_a_rejoin_overtakes_a_promotion_under_way_before_it_lifts_the_fence(two: ProcessWorld) -> None:
    """The service that was to be promoted is still at the site that is back: the rejoin has nothing else of it."""
    room, name = two.room("ndc2"), two.services[1]
    room.execute(evacuation(room, "keys"))
    stopped = evacuation(room, "regis")
    breaks_off(room, stopped, ForcePromoteCluster, late=False)
    seen, epoch = room.given.drivers.clusters.read("ndc2", name), two.state.epoch
    assert seen is not None
    two.country.revive("ndc1")
    taken = accepted(f"open-run:{stopped.run}")
    rejoin = room.propose_rejoin(Order(kind="failback", site="ndc1", accepted=taken))
    assert rejoin is not None
    room.execute(rejoin)
    again = room.given.drivers.clusters.read("ndc2", name)
    assert again is not None

    assert not two.country.fences.blocks("ndc1")
    for expect in (seen.resource_version, again.resource_version):
        with pytest.raises((Overtaken, Changed)):
            room.given.drivers.clusters.promote(seen.ref, token="", expect=expect, epoch=epoch)
    assert two.country.judge.violations == []


def test_a_promotion_that_came_first_keeps_the_fence(two: ProcessWorld) -> None:
    room, name = two.room("ndc2"), two.services[1]
    room.execute(evacuation(room, "keys"))
    stopped = evacuation(room, "regis")
    breaks_off(room, stopped, ForcePromoteCluster, late=False)
    seen, epoch = room.given.drivers.clusters.read("ndc2", name), two.state.epoch
    assert seen is not None
    two.country.revive("ndc1")
    taken = accepted(f"open-run:{stopped.run}")
    rejoin = room.propose_rejoin(Order(kind="failback", site="ndc1", accepted=taken))
    assert rejoin is not None
    room.given.drivers.clusters.promote(seen.ref, token="", expect=seen.resource_version, epoch=epoch)
    two.kernel.pass_time(5)
    with pytest.raises(NdcopsError, match="failed") as problem:
        room.execute(rejoin)

    assert any("promoted at ndc2 meanwhile" in line for line in problem.value.details)
    assert two.country.fences.blocks("ndc1")
    assert two.country.judge.violations == []


def test_a_fence_that_stays_gives_no_newer_epoch_to_what_is_behind_it(two: ProcessWorld) -> None:
    """The newest epoch tells which of two primaries counts: only what is no primary may be stamped."""
    room = two.room("ndc2")
    room.execute(evacuation(room, "regis"))
    epoch = two.country.clusters["regis"].objects["ndc2"].epoch
    other = evacuation(room, "keys")
    breaks_off(room, other, FenceSite, late=True)
    room.abort(other.run)

    assert two.country.fences.blocks("ndc1")
    assert two.country.clusters["regis"].objects["ndc2"].epoch == epoch


def test_a_run_that_needs_its_fence_no_more_leaves_it_alone(two: ProcessWorld) -> None:
    room = two.room("ndc2")
    proposal = evacuation(room, "regis")
    room.execute(proposal)
    epoch = two.country.fences.standing["ndc2", "ndc1"][2]
    records = room.records(proposal.run)

    assert epoch == two.state.epoch
    assert [r.body["key"] for r in records if r.kind == "step/begun"].count("ndc1/fence@ndc2") == 1


def test_a_run_that_opened_after_the_plan_was_made_is_seen_under_the_lock(two: ProcessWorld) -> None:
    room = two.room("ndc2")
    first, second = evacuation(room, "regis"), evacuation(room, "regis")
    breaks_off(room, first, ClaimService, late=True)
    with pytest.raises(Refused) as refusal:
        room.execute(second)
    third = evacuation(room, "regis", first.run)
    room.execute(third)

    assert any(first.run in line for line in refusal.value.details)
    assert room.story(first.run).ending == "superseded"
    assert room.story(third.run).ending == "done"


def test_runs_that_cannot_be_read_are_not_taken_for_none(
    two: ProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = two.room("ndc2")
    proposal = evacuation(room, "regis")
    forget_runs(room, monkeypatch)
    with pytest.raises(Refused, match="refused for 1 reasons") as refusal:
        evacuation(room, "regis")
    with pytest.raises(Refused):
        room.execute(proposal)

    assert any("runs did not end is not known" in line for line in refusal.value.details)
    assert not two.country.fences.standing


def test_a_rejoin_sees_a_run_that_opened_meanwhile(two: ProcessWorld) -> None:
    room = two.room("ndc2")
    room.execute(evacuation(room, "regis"))
    room.execute(evacuation(room, "keys"))
    two.country.revive("ndc1")
    order = Order(kind="failback", site="ndc1")
    first, second = room.propose_rejoin(order), room.propose_rejoin(order)
    assert first is not None
    assert second is not None
    breaks_off(room, first, ClaimService, late=True)
    with pytest.raises(Refused) as refusal:
        room.execute(second)

    assert any(first.run in line for line in refusal.value.details)
