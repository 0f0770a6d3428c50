"""A whole run without the majority: ordered by two, journaled on this machine, stopped when it may not go on."""

from datetime import UTC, datetime

import pytest

from ndcops.failover.plan.order import Order
from ndcops.failover.plan.story import tell
from ndcops.failover.run.room import Failover
from ndcops.failover.steps import MoveNames
from ndcops.model.errors import NdcopsError, PartlyApplied, Refused
from ndcops.model.failover import BreakGlass, Signature
from ndcops.model.record import find_break
from tests.fakes.coordination import FakeCoordination, MemoryStore
from tests.simulation.process_world import ProcessWorld
from tests.simulation.sample_services import service
from tests.unit.failover.conftest import accepted

RISKS = accepted("rto:keys", "rpo:keys", "dns-silent:ndc3", "clock-unknown:ndc2")
EVACUATE = Order(kind="evacuate", site="ndc1", lost=True, accepted=RISKS)
GLASS = BreakGlass(
    run="two-burn",
    reason="two of three centres burn",
    dead_members=("ndc1", "ndc3"),
    time=datetime(2026, 3, 1, 8, tzinfo=UTC),
    signatures=tuple(Signature(actor=name, public_key=name, signature=name) for name in ("lan", "minh")),
)


@pytest.fixture
def world() -> ProcessWorld:
    """Two centres burn; what they held is needed at the third."""
    found = ProcessWorld(7, (service("keys", "volume", "ndc1", "ndc2"),))
    for site in ("ndc1", "ndc3"):
        found.country.kill(site)
    found.kernel.pass_time(1.0)
    return found


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(dead={"ndc1", "ndc3"}, epoch=4)


def without_majority(world: ProcessWorld, store: MemoryStore, glass: BreakGlass | None = GLASS) -> Failover:
    return world.room("ndc2", coordination=FakeCoordination(store, "lan"), glass=glass)


def test_a_run_goes_on_from_order_to_end_and_its_journal_is_whole(world: ProcessWorld, store: MemoryStore) -> None:
    room = without_majority(world, store)
    proposal = room.propose(EVACUATE)
    room.execute(proposal)
    records = room.given.coordination._glass[GLASS.run]  # type: ignore[attr-defined]
    story = tell(GLASS.run, records)

    assert proposal.run == GLASS.run
    assert world.country.volumes["keys"].writable("ndc2")
    assert (records[0].kind, find_break(records)) == ("glass/broken", None)
    assert (story.ending, [each.outcome for each in story.services]) == ("done", ["moved"])
    assert story.epochs[0] > 1_000_000
    assert not store.runs


def test_nobody_goes_on_without_an_order_or_with_another_one(world: ProcessWorld, store: MemoryStore) -> None:
    with pytest.raises(Refused) as alone:
        without_majority(world, store, None).propose(EVACUATE)
    with pytest.raises(Refused, match="for run two-burn only"):
        without_majority(world, store).resume("another-run")
    one_pair_of_eyes = GLASS.model_copy(update={"signatures": GLASS.signatures[:1]})
    room = without_majority(world, store, one_pair_of_eyes)
    with pytest.raises(Refused, match="1 of 2 signatures"):
        room.execute(room.propose(EVACUATE))

    assert any("no majority" in line for line in alone.value.details)
    assert not world.country.volumes["keys"].writable("ndc2")


def test_a_run_stops_as_soon_as_its_order_is_no_longer_true(
    world: ProcessWorld, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A centre that was called dead answers: somebody may hold the lock by rule."""
    room = without_majority(world, store)
    proposal = room.propose(EVACUATE)
    original = MoveNames.apply

    def lives_again(self: MoveNames, *given: object) -> object:
        store.dead.clear()
        return original(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(MoveNames, "apply", lives_again)
    with pytest.raises((PartlyApplied, NdcopsError)) as stopped:
        room.execute(proposal)

    assert "not as the order says" in " ".join((stopped.value.message, *stopped.value.details))
    led = {world.country.records["ndc2", "keys.ndc.gov.vn"].addresses}
    assert led == {("10.0.1.1",)}
