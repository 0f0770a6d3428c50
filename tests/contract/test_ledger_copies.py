"""What every copy of the ledger promises, in memory and in a folder; and the store, in memory and in an etcd."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ndcops.adapters.etcd_store import EtcdLedger, EtcdStore, read_access
from ndcops.adapters.ledger_files import LedgerFolder
from ndcops.model.errors import NdcopsError
from ndcops.model.ledger import LedgerHead, LedgerSegment
from ndcops.onboarding.plan.ledger.growth import Entry
from ndcops.onboarding.ports import LedgerMirror, LedgerStore
from ndcops.onboarding.run import Ledger
from tests.coordination_members import CoordinationMembers, members
from tests.fakes.ledger import MemoryCopy, MemoryStore, head_rules, signing_key

__all__ = ["members"]
NOW = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)
HEADS = [LedgerHead(checkpoint=f"sổ {n}\n", last_digest=f"{n:064x}", peaks=("0" * 64,)) for n in range(3)]

SEGMENTS = [LedgerSegment(first=first, data=b"gzip of %d" % first) for first in (0, 256, 512)]


@pytest.fixture(params=["memory", "folder"])
def mirror(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerMirror:
    if request.param == "memory":
        return MemoryCopy("ndc1")
    return LedgerFolder("ndc1", tmp_path)


def test_a_new_copy_is_empty(mirror: LedgerMirror) -> None:
    assert mirror.checkpoint() is None
    assert mirror.firsts() == ()
    assert mirror.segment(0) is None


def test_segments_come_back_as_they_were_put_and_in_order(mirror: LedgerMirror) -> None:
    for segment in reversed(SEGMENTS):
        mirror.put_segment(segment)
    assert mirror.firsts() == (0, 256, 512)
    assert [mirror.segment(first) for first in mirror.firsts()] == SEGMENTS


def test_a_segment_that_grew_replaces_the_former(mirror: LedgerMirror) -> None:
    mirror.put_segment(SEGMENTS[0])
    grown = LedgerSegment(first=0, data=b"more")
    mirror.put_segment(grown)
    assert mirror.segment(0) == grown
    assert mirror.firsts() == (0,)


def test_the_checkpoint_comes_back_with_its_letters(mirror: LedgerMirror) -> None:
    for note in ("sổ cái\n1\nAAAA\n\n— ký AAAA\n", "second"):
        mirror.put_checkpoint(note)
        assert mirror.checkpoint() == note


def test_a_removed_segment_is_gone_and_may_be_gone_already(mirror: LedgerMirror) -> None:
    mirror.put_segment(SEGMENTS[1])
    mirror.remove_segment(256)
    mirror.remove_segment(256)
    assert mirror.firsts() == ()


@pytest.fixture(params=["memory", "etcd"])
def store(request: pytest.FixtureRequest) -> LedgerStore:
    if request.param == "memory":
        return MemoryStore()
    running: CoordinationMembers = request.getfixturevalue("members")
    access = read_access(running.access_file)
    return EtcdLedger(EtcdStore(access), f"test/{request.node.name}")


def test_a_new_store_is_empty(store: LedgerStore) -> None:
    assert store.head() is store.checkpoint() is None
    assert store.firsts() == ()
    assert store.segment(0) is None


def test_head_and_segment_are_written_together_and_only_on_the_head_that_was_read(store: LedgerStore) -> None:
    assert store.commit(SEGMENTS[0], HEADS[0], after=None)
    assert not store.commit(SEGMENTS[1], HEADS[1], after=None)
    assert not store.commit(SEGMENTS[1], HEADS[1], after=HEADS[2])
    assert (store.head(), store.firsts()) == (HEADS[0], (0,))
    assert store.commit(SEGMENTS[1], HEADS[1], after=HEADS[0])
    assert (store.head(), store.checkpoint()) == (HEADS[1], HEADS[1].checkpoint)
    assert [store.segment(first) for first in store.firsts()] == SEGMENTS[:2]


def test_a_commit_that_is_sent_twice_counts_once(store: LedgerStore) -> None:
    assert store.commit(SEGMENTS[0], HEADS[0], after=None)
    if isinstance(store, EtcdLedger):  # the client sends again what it got no answer to
        assert store.commit(SEGMENTS[0], HEADS[0], after=None)
    assert store.head() == HEADS[0]


def test_many_operators_make_one_chain(store: LedgerStore, tmp_path: Path) -> None:
    mirrors = [MemoryCopy("ndc1"), LedgerFolder("ndc2", tmp_path)]
    book = Ledger(store, mirrors, head_rules(), signing_key(), "tester", lambda: NOW)

    def append(number: int) -> int:
        while True:
            try:
                return book.append("agency/state", {"number": number}).sequence
            except NdcopsError as error:  # twenty races lost in a row: the command would be run again
                if "others write to it" not in error.message:
                    raise

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(append, range(24))) == list(range(24))
    book.append_all([Entry("agency/state", {"number": number}) for number in range(24, 600)])
    assert {record.body["number"] for record in book.records()} == set(range(600))
    assert book.verify().is_whole


def test_the_ledger_takes_records_while_a_member_is_lost_and_none_without_a_majority(
    members: CoordinationMembers,
) -> None:
    store = EtcdLedger(EtcdStore(read_access(members.access_file)), "test/lost")
    book = Ledger(store, (), head_rules(), signing_key(), "tester", lambda: NOW)
    book.append("agency/state", {"number": 0})
    members.kill("ndc1")
    try:
        book.append("agency/state", {"number": 1})
        members.kill("ndc2")
        with pytest.raises(NdcopsError, match="no majority"):
            book.append("agency/state", {"number": 2})
    finally:
        members.heal()
    assert [record.body["number"] for record in book.records()] == [0, 1]
