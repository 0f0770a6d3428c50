"""Drills: copies come up in the order of needs, are tried and removed; production is only read."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ndcops.failover.plan.order import Order
from ndcops.failover.run.room import Failover
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import ScratchState
from ndcops.model.service import Service
from tests.simulation.process_world import ProcessWorld
from tests.unit.failover.test_refusals import touched

ORDER = Order(kind="drill", services=("keys", "ident"), drill="autumn")


class KeptCopies:
    """Copies in memory: ready at the second look, gone at the second look after their removal."""

    def __init__(self, broken: Sequence[str] = ()) -> None:
        self.copies: dict[tuple[str, str], ScratchState] = {}
        self.said: list[str] = []
        self._broken, self._leaving = broken, set[tuple[str, str]]()

    def create(self, site: str, service: Service, drill: str) -> ScratchState:
        self.said.append(f"create {service.id}")
        found = ScratchState(
            site=site,
            service=service.id,
            drill=drill,
            namespace=f"drill-{drill}-{service.id}",
            workloads_wanted=2,
            workloads_ready=0,
        )
        self.copies[site, service.id] = found
        return found

    def read(self, site: str, service: Service, drill: str) -> ScratchState | None:
        key = (site, service.id)
        found = self.copies.get(key)
        if found is None or found.drill != drill:
            return None
        if key in self._leaving:
            return self.copies.pop(key)
        self.copies[key] = found.model_copy(update={"workloads_ready": found.workloads_wanted})
        return found

    def check(self, site: str, service: Service, drill: str) -> str:
        self.said.append(f"check {service.id}")
        if service.id in self._broken:
            raise NdcopsError(f"{service.id}: the copy at {site} does not serve")
        return "wrote and read"

    def remove(self, site: str, service: Service, drill: str) -> None:
        self.said.append(f"remove {service.id}")
        self._leaving.add((site, service.id))


def room_with(world: ProcessWorld, copies: KeptCopies) -> Failover:
    given = world.room("ndc3").given
    return Failover(replace(given, drivers=replace(given.drivers, scratch=copies)))


def test_copies_come_up_after_what_they_need_and_nothing_is_left(world: ProcessWorld) -> None:
    copies, before = KeptCopies(), touched(world)
    room = room_with(world, copies)
    proposal = room.propose(ORDER)
    room.execute(proposal)

    first = {word: copies.said.index(word) for word in copies.said}
    assert first["check keys"] < first["create ident"] < first["check ident"] < first["remove keys"]
    assert copies.copies == {}
    assert touched(world) == before
    assert room.story(proposal.run).ending == "done"
    drilled = {found.service.id: found.last_drill for found in room.read().services}
    assert drilled["ident"] is not None
    assert drilled["ident"].passed
    assert drilled["regis"] is None


def test_a_copy_that_does_not_serve_is_a_finding_and_is_removed(world: ProcessWorld) -> None:
    copies = KeptCopies(broken=["ident"])
    room = room_with(world, copies)
    room.execute(room.propose(ORDER))

    drilled = {found.service.id: found.last_drill for found in room.read().services}
    assert drilled["ident"] is not None
    assert not drilled["ident"].passed
    assert copies.copies == {}


def test_a_drill_where_nobody_answers_is_refused(world: ProcessWorld) -> None:
    copies = KeptCopies()
    world.country.kill("ndc2")
    with pytest.raises(Refused, match="the drill is refused"):
        room_with(world, copies).propose(ORDER)
    assert copies.said == []
