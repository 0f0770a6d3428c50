"""What Patroni clusters promise: the simulated ones of the failover room's tests, and the lab's."""

import pytest

from ndcops.model.failover import Changed, DatabaseState, Overtaken
from tests.contract.service_worlds import SITES, World, world

__all__ = ["world"]


def claimed(world: World) -> tuple[DatabaseState, int]:
    """The cluster, claimed by a new epoch."""
    state = world.databases.read(world.service)
    world.databases.claim(world.service, expect_epoch=state.epoch, epoch=state.epoch + 2)
    return state, state.epoch + 2


def test_a_cluster_has_a_member_a_site_one_leader_and_one_that_confirms(world: World) -> None:
    world.until(lambda: bool(world.databases.read(world.service).sync_standbys), timeout_s=20)
    state = world.databases.read(world.service)
    assert {member.site for member in state.members} == set(SITES)
    assert [member.name for member in state.members if member.role == "leader"] == [state.leader]
    assert state.synchronous
    assert state.leader not in state.sync_standbys
    assert all(member.answers and member.lag_bytes is not None for member in state.members)
    assert not state.pending


def test_a_claim_is_made_once_and_never_goes_back(world: World) -> None:
    state, epoch = claimed(world)
    assert world.databases.read(world.service).epoch == world.databases.read_epoch(world.service) == epoch
    world.databases.claim(world.service, expect_epoch=epoch, epoch=epoch)
    with pytest.raises(Changed):
        world.databases.claim(world.service, expect_epoch=state.epoch, epoch=epoch + 1)
    with pytest.raises(Overtaken):
        world.databases.claim(world.service, expect_epoch=epoch, epoch=epoch - 1)
    assert world.databases.read(world.service).epoch == epoch


def test_an_order_on_what_is_not_so_changes_nothing(world: World) -> None:
    state, epoch = claimed(world)
    leader, candidate = state.leader, state.sync_standbys[0]
    with pytest.raises(Changed):
        world.databases.switchover(world.service, leader=candidate, candidate=leader, epoch=epoch)
    with pytest.raises(Changed):
        world.databases.switchover(world.service, leader=leader, candidate=candidate, epoch=epoch + 1)
    with pytest.raises(Overtaken):
        world.databases.switchover(world.service, leader=leader, candidate=candidate, epoch=epoch - 1)
    with pytest.raises(Changed):
        world.databases.failover(world.service, candidate=candidate, expect_leader="", epoch=epoch)
    after = world.databases.read(world.service)
    assert (after.leader, after.pending) == (leader, "")


def test_a_switchover_ends_with_another_leader_and_another_one_confirming(world: World) -> None:
    state, epoch = claimed(world)
    candidate = state.sync_standbys[0]
    world.databases.switchover(world.service, leader=state.leader, candidate=candidate, epoch=epoch)
    world.until(lambda: world.databases.read(world.service).leader == candidate, timeout_s=20)
    world.until(lambda: bool(world.databases.read(world.service).sync_standbys), timeout_s=30)
    after = world.databases.read(world.service)
    # Patroni takes whichever standby streams first: the old leader, or the third member.
    assert set(after.sync_standbys) <= {member.name for member in after.members} - {candidate}
    assert after.pending == ""
    assert (after.members[0].timeline or 0) > (state.members[0].timeline or 0)
    with pytest.raises(Changed):
        world.databases.switchover(world.service, leader=state.leader, candidate=candidate, epoch=epoch)
