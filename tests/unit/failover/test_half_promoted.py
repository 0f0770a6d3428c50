"""A service of which one part was promoted elsewhere and another is still primary at the site that was lost.

Found by the simulation under stress (seeds 3353, 3463): a rejoin took the old site's copy for one that was given
up, cloned it anew from one that had never been promoted, and the service was writable nowhere.
"""

import pytest

from ndcops.failover.plan.order import Order
from ndcops.failover.run.room import Failover
from ndcops.failover.steps import (
    ForcePromoteCluster,
    ForcePromoteVolumes,
    MoveNames,
    StartWorkloads,
)
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.model.errors import Refused
from tests.simulation.country import entry_of
from tests.simulation.process_world import ProcessWorld
from tests.simulation.sample_services import service
from tests.unit.failover.conftest import accepted
from tests.unit.failover.stopped_runs import breaks_off, evacuation


@pytest.fixture
def both() -> ProcessWorld:
    """A service with a CloudNativePG cluster and a volume; its home ndc1 is lost."""
    world = ProcessWorld(7, (service("regis", "both", "ndc1", "ndc2"), service("keys", "volume", "ndc1", "ndc2")))
    world.country.kill("ndc1")
    world.kernel.pass_time(1.0)
    return world


def is_back(world: ProcessWorld) -> None:
    world.country.revive("ndc1")
    world.kernel.pass_time(10)


def rejoin(room: Failover, *risks: str) -> None:
    proposal = room.propose_rejoin(Order(kind="failback", site="ndc1", accepted=accepted(*risks)))
    assert proposal is not None
    room.execute(proposal)


def writable(world: ProcessWorld, name: str) -> set[str | None]:
    return {world.country.primary_of(store) for one, store in world.country.stores if one.id == name}


@pytest.mark.parametrize("kept", [ForcePromoteCluster, ForcePromoteVolumes])
def test_a_site_does_not_give_up_the_last_primary_unasked(both: ProcessWorld, kept: type[ServiceStep]) -> None:
    room = both.room("ndc2")
    half = evacuation(room, "regis")
    breaks_off(room, half, kept, late=False)
    is_back(both)
    with pytest.raises(Refused) as refusal:
        rejoin(room, f"open-run:{half.run}")
    room.resume(half.run)
    rejoin(room)
    both.kernel.pass_time(30)

    assert any("still primary at ndc1" in line and half.run in line for line in refusal.value.details)
    assert writable(both, "regis") == {"ndc2"}
    assert not both.country.fences.blocks("ndc1")
    assert both.country.judge.violations == []


@pytest.mark.parametrize("kept", [ForcePromoteCluster, ForcePromoteVolumes])
def test_a_rejoin_finishes_the_promotion_of_a_run_that_it_replaces(
    both: ProcessWorld, kept: type[ServiceStep]
) -> None:
    room = both.room("ndc2")
    half = evacuation(room, "regis")
    breaks_off(room, half, kept, late=False)
    is_back(both)
    rejoin(room, f"open-run:{half.run}", "half-promoted:regis")
    both.kernel.pass_time(30)

    assert writable(both, "regis") == {"ndc2"}
    assert {w.ref.site for w in room.read(("regis",)).services[0].workloads if w.ready} == {"ndc2"}
    assert not both.country.fences.blocks("ndc1")
    assert both.country.judge.violations == []


@pytest.mark.parametrize("missing", [StartWorkloads, MoveNames])
def test_a_rejoin_starts_what_the_run_that_it_replaces_had_not(
    both: ProcessWorld, missing: type[ServiceStep]
) -> None:
    room = both.room("ndc2")
    stopped = evacuation(room, "regis")
    breaks_off(room, stopped, missing, late=False)
    is_back(both)
    rejoin(room, f"open-run:{stopped.run}")

    found = room.read(("regis",)).services[0]
    assert {(w.ref.site, w.ready) for w in found.workloads} == {("ndc1", 0), ("ndc2", 2)}
    assert {a.addresses for name in found.names for a in name.answers} == {(entry_of("ndc2"),)}


def test_a_run_is_not_left_for_an_order_that_does_not_move_all_that_it_left_half_way(both: ProcessWorld) -> None:
    """Nobody could take it up again, and nothing would finish it."""
    room = both.room("ndc2")
    taken = accepted(*(f"{risk}:{name}" for name in ("keys", "regis") for risk in ("rto", "rpo", "lag-unknown")))
    stopped = room.propose(Order(kind="evacuate", site="ndc1", lost=True, accepted=taken))
    breaks_off(room, stopped, ForcePromoteVolumes, late=False)
    with pytest.raises(Refused) as refusal:
        evacuation(room, "keys", stopped.run)

    assert any(line.startswith("regis: ") and "its data half-way" in line for line in refusal.value.details)
    assert room.story(stopped.run).ending == "failed"


def test_a_run_of_other_services_is_not_ended_by_an_order(both: ProcessWorld) -> None:
    room = both.room("ndc2")
    stopped = evacuation(room, "regis")
    breaks_off(room, stopped, ForcePromoteCluster, late=False)
    room.execute(evacuation(room, "keys", stopped.run))

    room.resume(stopped.run)
    assert room.story(stopped.run).ending == "done"


def test_a_returned_name_server_of_a_third_site_is_told_where_services_went() -> None:
    world = ProcessWorld(7, (service("keys", "volume", "ndc1", "ndc2"),))
    world.country.kill("ndc3")
    room = world.room("ndc2")
    room.execute(room.propose(Order(kind="switch", services=("keys",), accepted=accepted("dns-silent:ndc3"))))
    world.country.revive("ndc3")
    proposal = room.propose_rejoin(Order(kind="failback", site="ndc3"))
    assert proposal is not None
    room.execute(proposal)

    assert world.country.records["ndc3", "keys.ndc.gov.vn"].addresses == (entry_of("ndc2"),)
    assert room.propose_rejoin(Order(kind="failback", site="ndc3")) is None
