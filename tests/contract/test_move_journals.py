"""Journals of moves on three etcd members: written by one machine, gone on with by another, never by two."""

import time
from collections.abc import Iterator

import pytest

from ndcops.adapters.etcd_store import EtcdStore, StoredJournals, read_access
from ndcops.model.errors import Refused
from ndcops.model.failover import Unreachable
from ndcops.workflow.journal import BEGUN, DONE, ENDED, PLANNED
from tests.coordination_members import CoordinationMembers, members

__all__ = ["members"]
TITLE = "agency cutover agency-x x-records"
BACK = "agency rollback agency-x x-records"
OTHER = "agency cutover agency-x y-records"
LEASE_S = 2
PLAN = {"plan": {"title": TITLE, "target": "lab"}, "digest": "d"}


class Machines:
    """Each with a client of its own, on keys of the test's own."""

    def __init__(self, members: CoordinationMembers, root: str) -> None:
        self.members = members
        self._root = root
        self._stores: list[EtcdStore] = []

    def one(self, actor: str = "one", patience_s: float = 20) -> StoredJournals:
        store = EtcdStore(read_access(self.members.access_file))
        self._stores.append(store)
        return StoredJournals(store, actor, LEASE_S, patience_s, self._root)

    def close(self) -> None:
        for store in self._stores:
            store.__exit__(None, None, None)


@pytest.fixture
def machines(members: CoordinationMembers, request: pytest.FixtureRequest) -> Iterator[Machines]:
    found = Machines(members, f"test/{request.node.name}/{time.monotonic_ns()}")
    yield found
    found.close()


def begin(journals: StoredJournals) -> None:
    journal = journals.new(TITLE)
    assert journal.records() == ()
    journal.append(PLANNED, PLAN)
    journal.append(BEGUN, {"key": "x-db/fence"})


def test_another_machine_goes_on_with_a_run_whose_own_died(machines: Machines) -> None:
    first, second = machines.one(), machines.one("two")
    assert second.last(TITLE) is None
    block = first.alone(TITLE)
    block.__enter__()
    begin(first)
    with pytest.raises(Refused, match="is held by one"), second.alone(BACK):
        pass
    with second.alone(OTHER):  # another system moves meanwhile
        pass
    first._subjects["agency-x.x-records"].hold = None
    first._subjects["agency-x.x-records"].lock._held.popitem()[1].stop.set()
    deadline_s = time.monotonic() + 10
    while True:
        try:
            with second.alone(TITLE):
                journal = second.last(TITLE)
                assert journal is not None
                assert [record.kind for record in journal.records()] == [PLANNED, BEGUN]
                journal.append(ENDED, {"result": "done"})
            break
        except Refused:
            assert time.monotonic() < deadline_s
            time.sleep(0.2)
    found = first.last(TITLE)
    assert found is not None
    assert [(each.kind, each.actor) for each in found.records()][1:] == [(BEGUN, "one"), (ENDED, "two")]
    assert second.last(BACK) is None


def test_nobody_writes_who_is_not_alone(machines: Machines) -> None:
    journal = machines.one().new(TITLE)
    with pytest.raises(Refused):
        journal.append(PLANNED, PLAN)


def test_a_run_waits_for_a_store_without_a_majority_longer_than_its_lease(machines: Machines) -> None:
    journals = machines.one()
    with journals.alone(TITLE):
        journal = journals.new(TITLE)
        journal.append(PLANNED, PLAN)
        machines.members.kill("ndc1", "ndc2")
        silent = machines.one("two", patience_s=0)
        with pytest.raises(Unreachable):
            silent.last(TITLE)
        time.sleep(LEASE_S + 1)
        machines.members.start("ndc1", "ndc2")
        journal.append(DONE, {"key": "x-db/fence"})
    assert [record.kind for record in journal.records()] == [PLANNED, DONE]


def test_who_slept_while_another_went_on_writes_nothing(machines: Machines) -> None:
    sleeper, other = machines.one(), machines.one("two")
    with sleeper.alone(TITLE):
        begin(sleeper)
        journal = sleeper.last(TITLE)
        assert journal is not None
        assert len(journal.records()) == 2
        subject = sleeper._subjects["agency-x.x-records"]
        for held in subject.lock._held.values():
            held.stop.set()
            held.lasts_until = 0.0
        time.sleep(LEASE_S + 1.5)
        with other.alone(TITLE):
            found = other.last(TITLE)
            assert found is not None
            found.records()
            found.append(ENDED, {"result": "done"})
        with pytest.raises(Refused, match="another machine wrote"):
            journal.append(DONE, {"key": "x-db/fence"})
