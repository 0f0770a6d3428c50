"""What authoritative servers promise: the simulated ones of the failover room's tests, and the lab's BIND."""

import pytest

from ndcops.model.failover import Changed, Overtaken, ServerAnswer
from tests.contract.service_worlds import SITES, World, world

__all__ = ["world"]


def first_answer(world: World) -> ServerAnswer:
    return world.names.read(world.service.dns_names[0]).answers[0]


def claimed(world: World) -> tuple[str, ServerAnswer, int]:
    """The name, what its first server says, and the epoch that has claimed it there."""
    name, found = world.service.dns_names[0], first_answer(world)
    world.names.claim(name, found.server, expect_epoch=found.epoch, epoch=found.epoch + 2)
    return name, found, found.epoch + 2


def test_every_site_has_a_server_and_each_answers(world: World) -> None:
    state = world.names.read(world.service.dns_names[0])
    assert [answer.site for answer in state.answers] == list(SITES)
    assert len({answer.server for answer in state.answers}) == len(SITES)
    assert {answer.problem for answer in state.answers} == {""}
    entries = {world.names.entry(site) for site in SITES}
    assert len(entries) == len(SITES)
    assert all(set(answer.addresses) < entries and answer.ttl_s > 0 for answer in state.answers)


def test_only_the_servers_that_are_named_are_asked(world: World) -> None:
    name, found = world.service.dns_names[0], first_answer(world)
    assert world.names.read(name, (found.server,)).answers == (found,)


def test_a_claim_is_made_once_at_one_server_and_never_goes_back(world: World) -> None:
    name, found, epoch = claimed(world)
    others = [answer.epoch for answer in world.names.read(name).answers[1:]]
    assert first_answer(world).epoch == epoch
    assert epoch not in others
    world.names.claim(name, found.server, expect_epoch=epoch, epoch=epoch)
    with pytest.raises(Changed):
        world.names.claim(name, found.server, expect_epoch=found.epoch, epoch=epoch + 1)
    with pytest.raises(Overtaken):
        world.names.claim(name, found.server, expect_epoch=epoch, epoch=epoch - 1)
    assert first_answer(world).epoch == epoch


def test_addresses_change_only_as_read_and_claimed(world: World) -> None:
    name, found, epoch = claimed(world)
    home, other = found.addresses, (world.names.entry("ndc3"),)

    def update(expect: tuple[str, ...], addresses: tuple[str, ...], by: int) -> None:
        world.names.update(name, found.server, expect=expect, addresses=addresses, ttl_s=5, epoch=by)

    with pytest.raises(Changed):
        update(other, home, epoch)
    with pytest.raises(Changed):
        update(home, other, epoch + 1)
    with pytest.raises(Overtaken):
        update(home, other, epoch - 1)
    assert first_answer(world).addresses == home
    update(home, other, epoch)
    after = first_answer(world)
    assert (after.addresses, after.ttl_s, after.epoch) == (other, 5, epoch)
    with pytest.raises(Changed):
        update(home, other, epoch)
    update(other, home, epoch)
    assert first_answer(world).addresses == home
