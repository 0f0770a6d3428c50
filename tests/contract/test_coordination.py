"""What the coordination store promises: the fake of the room's tests, and the adapter on three etcd members."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from ndcops.adapters.etcd_store import EtcdCoordination, EtcdStore, GlassRules, Keys, read_access
from ndcops.adapters.etcd_store.broken_glass import signed_bytes
from ndcops.failover.ports import Coordination
from ndcops.model.errors import Refused
from ndcops.model.failover import BreakGlass, Hold, Overtaken, Signature, Unreachable
from ndcops.model.record import find_break
from ndcops.workflow.journal import ENDED, PLANNED
from tests.coordination_members import SITES, CoordinationMembers, members
from tests.fakes.coordination import FakeCoordination, MemoryStore

__all__ = ["members"]
LEASE_S = 2
"""The shortest that etcd grants: one and a half of its election timeout."""


class World(Protocol):
    """A store, its operators and its accidents."""

    def operator(self, actor: str) -> Coordination: ...

    def stop_renewing(self, operator: Coordination, hold: Hold) -> None: ...

    def pass_lease(self) -> None: ...

    def kill(self, *sites: str) -> None: ...

    def heal(self) -> None: ...


@dataclass
class FakeWorld:
    store: MemoryStore = field(default_factory=MemoryStore)

    def operator(self, actor: str) -> Coordination:
        return FakeCoordination(self.store, actor)

    def stop_renewing(self, operator: Coordination, hold: Hold) -> None:
        assert isinstance(operator, FakeCoordination)
        operator.frozen = True

    def pass_lease(self) -> None:
        self.store.now_s += LEASE_S + 1

    def kill(self, *sites: str) -> None:
        self.store.dead |= set(sites)

    def heal(self) -> None:
        self.store.dead.clear()


@dataclass
class EtcdWorld:
    """`root` keeps a test's keys apart from those of the others on the same members."""

    members: CoordinationMembers
    folder: Path
    root: str
    stores: list[EtcdStore] = field(default_factory=list)

    def operator(self, actor: str) -> EtcdCoordination:
        store = EtcdStore(read_access(self.members.access_file))
        self.stores.append(store)
        glass = GlassRules(
            self.folder / actor, lambda key, data, signature: signature == f"{key} {data!r}", SIGNERS
        )
        return EtcdCoordination(store, actor=actor, glass=glass, lease_s=LEASE_S, keys=Keys(self.root))

    def stop_renewing(self, operator: Coordination, hold: Hold) -> None:
        assert isinstance(operator, EtcdCoordination)
        operator._lock._held[hold.epoch].stop.set()

    def pass_lease(self) -> None:
        time.sleep(LEASE_S + 1.5)  # etcd looks for lapsed leases twice a second

    def kill(self, *sites: str) -> None:
        self.members.kill(*sites)

    def heal(self) -> None:
        self.members.heal()


SIGNERS = {"Lan": "key of Lan", "Minh": "key of Minh"}


def _order(*people: str, dead: tuple[str, ...] = ("ndc1", "ndc2")) -> BreakGlass:
    order = BreakGlass(
        run="evacuate-7", reason="both sites burn", dead_members=dead, time=datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
    )
    signatures = tuple(
        Signature(actor=who, public_key=SIGNERS[who], signature=f"{SIGNERS[who]} {signed_bytes(order)!r}")
        for who in people
    )
    return order.model_copy(update={"signatures": signatures})


@pytest.fixture(params=["fake", "etcd"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    etcd = EtcdWorld(request.getfixturevalue("members"), tmp_path, f"test/{request.node.name}")
    try:
        yield etcd
    finally:
        for store in etcd.stores:
            store.__exit__(None, None, None)
        etcd.heal()


def test_one_operator_at_a_time_and_each_has_a_larger_epoch(world: World) -> None:
    lan, minh = world.operator("Lan"), world.operator("Minh")
    first = lan.acquire(purpose="switch identity", lease_s=LEASE_S)
    lan.confirm(first)
    with pytest.raises(Refused, match="held by Lan") as caught:
        minh.acquire(purpose="evacuate ndc1", lease_s=LEASE_S)
    assert any("switch identity" in line for line in caught.value.details)
    assert minh.status().holder == first
    lan.release(first)
    second = minh.acquire(purpose="evacuate ndc1", lease_s=LEASE_S)
    assert second.epoch == first.epoch + 1
    with pytest.raises(Overtaken):
        lan.confirm(first)
    lan.release(first)
    minh.confirm(second)


def test_who_wakes_up_after_his_lease_cannot_act(world: World) -> None:
    lan, minh = world.operator("Lan"), world.operator("Minh")
    first = lan.acquire(purpose="switch", lease_s=LEASE_S)
    journal = lan.journal("switch-1", first)
    journal.append(PLANNED, {"plan": {"title": "switch", "target": "lab"}})
    world.stop_renewing(lan, first)
    world.pass_lease()
    assert minh.status().holder is None
    second = minh.acquire(purpose="resume", lease_s=LEASE_S)
    with pytest.raises(Overtaken):
        journal.append("step/begun", {"key": "a"})
    with pytest.raises(Overtaken):
        lan.confirm(first)
    taken_over = minh.journal("switch-1", second)
    taken_over.append("step/begun", {"key": "a"})
    records = taken_over.records()
    assert [(record.kind, record.actor, record.epoch) for record in records] == [
        (PLANNED, "Lan", first.epoch),
        ("step/begun", "Minh", second.epoch),
    ]
    assert find_break(records) is None


def test_a_journal_is_read_from_another_site_and_only_written_under_a_hold(world: World) -> None:
    lan, minh = world.operator("Lan"), world.operator("Minh")
    hold = lan.acquire(purpose="switch", lease_s=LEASE_S)
    journal = lan.journal("switch-1", hold)
    large = "x" * 100_000
    written = [
        journal.append("step/begun", {"key": "a", "text": large}),
        journal.append("step/done", {"key": "a"}),
    ]
    assert minh.journal("switch-1", None).records() == tuple(written)
    with pytest.raises(Refused, match="reading only"):
        minh.journal("switch-1", None).append("step/done", {"key": "b"})
    assert minh.journal("another", None).records() == ()


def test_runs_in_short(world: World) -> None:
    lan = world.operator("Lan")
    hold = lan.acquire(purpose="switch", lease_s=LEASE_S)
    for run in ("first", "second"):
        journal = lan.journal(run, hold)
        journal.append(PLANNED, {"plan": {"title": f"the {run}", "target": "lab"}})
        last = journal.append(ENDED, {"result": "done"} if run == "first" else {"result": "stopped"})
    heads = lan.runs()
    assert [(head.run, head.title, head.target, head.ending, head.records) for head in heads] == [
        ("first", "the first", "lab", "done", 2),
        ("second", "the second", "lab", "stopped", 2),
    ]
    assert (heads[1].digest, heads[1].actor, heads[1].epoch) == (last.digest, "Lan", hold.epoch)


def test_one_dead_member_stops_nobody(world: World) -> None:
    lan = world.operator("Lan")
    world.kill("ndc1")
    hold = lan.acquire(purpose="evacuate ndc1", lease_s=LEASE_S)
    lan.confirm(hold)
    lan.journal("evacuate-1", hold).append("step/begun", {"key": "a"})
    status = lan.status()
    assert status.has_majority
    assert [(each.site, each.answers) for each in status.members] == [
        ("ndc1", False),
        ("ndc2", True),
        ("ndc3", True),
    ]
    lan.release(hold)


def test_without_a_majority_nobody_acts(world: World) -> None:
    lan = world.operator("Lan")
    hold = lan.acquire(purpose="switch", lease_s=60)
    journal = lan.journal("switch-1", hold)
    journal.append("step/begun", {"key": "a"})
    world.kill("ndc1", "ndc2")
    with pytest.raises(Unreachable) as caught:
        lan.confirm(hold)
    assert any("ndc1" in line for line in caught.value.details)
    with pytest.raises(Unreachable):
        journal.append("step/done", {"key": "a"})
    with pytest.raises(Refused, match="no majority"):
        world.operator("Minh").acquire(purpose="evacuate", lease_s=LEASE_S)
    with pytest.raises(Unreachable):
        lan.runs()
    assert not lan.status().has_majority
    world.heal()
    journal.append("step/done", {"key": "a"})
    assert find_break(journal.records()) is None


def test_the_glass_is_broken_by_two_people_over_dead_members_only(world: World) -> None:
    lan = world.operator("Lan")
    before = lan.acquire(purpose="switch", lease_s=LEASE_S)
    lan.release(before)
    with pytest.raises(Refused):
        lan.break_glass(_order("Lan", "Minh"))
    world.kill("ndc1", "ndc2")
    with pytest.raises(Refused):
        lan.break_glass(_order("Lan"))
    with pytest.raises(Refused):
        lan.break_glass(_order("Lan", "Minh", dead=("ndc1",)))
    hold = lan.break_glass(_order("Lan", "Minh"))
    assert hold.epoch > before.epoch + 1000
    lan.confirm(hold)
    journal = lan.journal("evacuate-7", hold)
    journal.append("step/begun", {"key": "a"})
    assert [record.kind for record in journal.records()] == ["glass/broken", "step/begun"]
    world.heal()
    with pytest.raises(Overtaken):
        lan.confirm(hold)


def test_sites_of_the_members() -> None:
    assert MemoryStore().sites == SITES


def test_a_broken_glass_comes_home(members: CoordinationMembers, tmp_path: Path) -> None:
    etcd = EtcdWorld(members, tmp_path, "test/home")
    lan = etcd.operator("Lan")
    etcd.kill("ndc1", "ndc2")
    try:
        hold = lan.break_glass(_order("Lan", "Minh"))
        written = lan.journal("evacuate-7", hold).append("step/begun", {"key": "a"})
    finally:
        etcd.heal()
    for _ in range(2):  # what was cut off half-way is done again
        assert lan.bring_home("evacuate-7") == hold.epoch
    minh = etcd.operator("Minh")
    assert minh.journal("evacuate-7", None).records()[-1] == written
    assert minh.acquire(purpose="go on by rule", lease_s=LEASE_S).epoch == hold.epoch + 1
    with pytest.raises(Refused, match="no journal"):
        lan.bring_home("another")
