"""The client of etcd on three real members: lost answers, frozen members, leases, pages, tampering."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ndcops.adapters.etcd_store import EtcdCoordination, EtcdStore, GlassRules, Keys, read_access
from ndcops.adapters.etcd_store import client as client_module
from ndcops.adapters.etcd_store.gateway import Gateway, NoAnswer
from ndcops.adapters.etcd_store.requests import Compare, Delete, Put, Read
from ndcops.adapters.etcd_store.run_journal import LARGEST_BYTES
from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.record import find_break
from tests.coordination_members import SITES, CoordinationMembers, members

__all__ = ["members"]


@pytest.fixture
def store(members: CoordinationMembers) -> Iterator[EtcdStore]:
    with EtcdStore(read_access(members.access_file)) as found:
        yield found


def _operator(store: EtcdStore, folder: Path, root: str, actor: str = "Lan") -> EtcdCoordination:
    return EtcdCoordination(store, actor=actor, glass=GlassRules(folder, lambda *_: False), keys=Keys(root))


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths whose next answer gets lost on its way: the request was carried out."""
    paths: list[str] = []
    real = Gateway.post

    def post(self: Gateway, path: str, *args: Any, **kwargs: Any) -> Any:
        reply = real(self, path, *args, **kwargs)
        if path in paths:
            paths.remove(path)
            raise NoAnswer("its answer got lost")
        return reply

    monkeypatch.setattr(Gateway, "post", post)
    return paths


def test_a_transaction_runs_one_branch(store: EtcdStore) -> None:
    absent = Compare("t/a", "create_revision", 0)
    first = store.transact([absent], [Put("t/a", b"1")], [Read("t/a")])
    second = store.transact([absent], [Put("t/a", b"2")], [Read("t/a")])
    assert first.succeeded
    assert not second.succeeded
    (found,) = second.found[0]
    assert (found.value, found.create_revision, found.mod_revision) == (b"1", first.revision, first.revision)
    store.transact([Compare("t/a", "value", b"1")], [Delete("t/a")])
    assert store.get("t/a") is None


def test_long_lists_come_in_pages_of_one_moment(store: EtcdStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "PAGE", 3)
    for number in range(8):
        store.transact([], [Put(f"pages/{number}", b"x")])
    store.transact([], [Put("pages0", b"not of the prefix")])
    listing = store.list_keys("pages/")
    first = next(listing)
    store.transact([], [Put("pages/9", b"later")])
    assert [first.key, *(found.key for found in listing)] == [f"pages/{number}" for number in range(8)]


def test_a_lease_is_kept_and_ended(store: EtcdStore) -> None:
    lease = store.grant_lease(60)
    store.transact([], [Put("leased", b"x", lease)])
    assert store.keep_lease(lease)
    assert (found := store.get("leased")) is not None
    assert found.lease == lease
    assert 30 < (store.lease_left_s(lease) or 0) <= 60
    store.revoke_lease(lease)
    store.revoke_lease(lease)
    assert not store.keep_lease(lease)
    assert store.lease_left_s(lease) is None
    assert store.get("leased") is None


def test_a_frozen_member_is_passed_over(store: EtcdStore, members: CoordinationMembers) -> None:
    for site in SITES:
        members.freeze(site)
        try:
            store.transact([], [Put("frozen", site.encode())])
            assert [state.site for state in store.member_states() if not state.answers] == [site]
        finally:
            members.thaw(site)
            members.heal()


@pytest.fixture
def electing(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often a member still says that it knows no leader, by its site."""
    left: dict[str, int] = {}
    real = Gateway.post

    def post(self: Gateway, path: str, *args: Any, **kwargs: Any) -> Any:
        reply = real(self, path, *args, **kwargs)
        site = self.member.site
        if path == "/v3/maintenance/status" and left.get(site, 0):
            left[site] -= 1
            reply.body["leader"] = "0"
        return reply

    monkeypatch.setattr(Gateway, "post", post)
    return left


def test_an_election_under_way_is_waited_for(
    store: EtcdStore, members: CoordinationMembers, electing: dict[str, int], tmp_path: Path
) -> None:
    electing |= {"ndc2": 2, "ndc3": 3}
    members.kill("ndc1")
    try:
        status = _operator(store, tmp_path, "election").status()
    finally:
        members.heal()
    assert [(state.site, state.answers) for state in status.members] == [
        ("ndc1", False),
        ("ndc2", True),
        ("ndc3", True),
    ]
    assert electing == {"ndc2": 0, "ndc3": 0}


def test_a_member_cut_off_from_all_others_is_not_waited_for(
    store: EtcdStore, members: CoordinationMembers, electing: dict[str, int], tmp_path: Path
) -> None:
    electing["ndc3"] = 9
    members.kill("ndc1", "ndc2")
    try:
        status = _operator(store, tmp_path, "cut-off").status()
    finally:
        members.heal()
    assert not status.has_majority
    assert electing["ndc3"] == 8


@pytest.mark.parametrize("path", ["/v3/lease/grant", "/v3/kv/txn", "/v3/lease/keepalive"])
def test_a_lost_answer_while_the_lock_is_taken(
    store: EtcdStore, losing: list[str], tmp_path: Path, path: str
) -> None:
    lan = _operator(store, tmp_path, f"lost-answer{path}")
    losing += [path, path]
    hold = lan.acquire(purpose="switch", lease_s=15)
    lan.confirm(hold)
    assert hold.epoch == 1
    assert lan.status().holder == hold
    lan.release(hold)
    assert lan.status().holder is None


def test_a_record_whose_answer_got_lost_is_written_once(
    store: EtcdStore, losing: list[str], tmp_path: Path
) -> None:
    lan = _operator(store, tmp_path, "lost-record")
    hold = lan.acquire(purpose="switch", lease_s=15)
    journal = lan.journal("run", hold)
    for key in "abc":
        losing.append("/v3/kv/txn")
        journal.append("step/begun", {"key": key})
    records = lan.journal("run", None).records()
    assert [record.body["key"] for record in records] == ["a", "b", "c"]
    assert find_break(records) is None
    lan.release(hold)


def test_two_writers_of_one_run_are_told(store: EtcdStore, tmp_path: Path) -> None:
    lan = _operator(store, tmp_path, "two-writers")
    hold = lan.acquire(purpose="switch", lease_s=15)
    one, other = lan.journal("run", hold), lan.journal("run", hold)
    one.append("step/begun", {"key": "a"})
    other.append("step/begun", {"key": "b"})
    with pytest.raises(Refused, match="another hand"):
        one.append("step/begun", {"key": "c"})
    lan.confirm(hold)
    assert one.append("step/begun", {"key": "c"}).sequence == 2
    lan.release(hold)


def test_a_record_changed_or_removed_in_the_store_is_found(store: EtcdStore, tmp_path: Path) -> None:
    keys = Keys("tampered")
    lan = _operator(store, tmp_path, keys.root)
    hold = lan.acquire(purpose="switch", lease_s=15)
    journal = lan.journal("run", hold)
    written = [journal.append("step/begun", {"key": key, "text": "x" * 40_000}) for key in "abc"]
    key = keys.record("run", 1)
    kept = store.get(key)
    assert kept is not None
    document = json.loads(written[1].model_dump_json()) | {"actor": "Minh"}
    flipped = kept.value[:50] + bytes([kept.value[50] ^ 1]) + kept.value[51:]
    for change in (Put(key, flipped), Put(key, json.dumps(document).encode()), Delete(key)):
        store.transact([], [change])
        with pytest.raises(Refused, match="damaged"):
            lan.journal("run", None).records()
    store.transact([], [Put(key, kept.value)])
    assert lan.journal("run", None).records() == tuple(written)
    lan.release(hold)


def test_the_largest_record_is_taken_and_a_larger_one_refused(store: EtcdStore, tmp_path: Path) -> None:
    lan = _operator(store, tmp_path, "large")
    hold = lan.acquire(purpose="evacuate", lease_s=15)
    journal = lan.journal("run", hold)
    text = (
        random.Random(1).randbytes(2 * LARGEST_BYTES).hex()
    )  # two characters a byte: packed to a little over half
    journal.append("run/planned", {"text": text[: int(1.7 * LARGEST_BYTES)]})
    with pytest.raises(NdcopsError, match="more than the coordination store takes"):
        journal.append("step/begun", {"text": text})
    journal.append("step/begun", {"key": "a"})
    assert [record.kind for record in lan.journal("run", None).records()] == ["run/planned", "step/begun"]
    lan.release(hold)


def test_a_missing_access_file_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"coordination\.json"):
        read_access(tmp_path / "coordination.json")
