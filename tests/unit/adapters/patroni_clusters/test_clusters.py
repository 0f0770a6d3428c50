"""Orders to Patroni over a store in memory: written only while leader, epoch and requests are as read."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ndcops.adapters.patroni_clusters import MemberApi, PatroniClusters, StoredValue
from ndcops.adapters.patroni_clusters.members import MemberAnswer
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import Changed, Overtaken
from ndcops.model.slot_keeping import SlotRule
from tests.unit.lab.services.test_chosen import service

SERVICE = service("one")
PREFIX = "/service/one/"


class MemoryStore:
    """`before_write` is what somebody else does just before a write arrives."""

    def __init__(self) -> None:
        self.keys: dict[str, StoredValue] = {}
        self.revision = 0
        self.before_write: Callable[[], None] = lambda: None

    def put(self, key: str, value: str) -> None:
        self.revision += 1
        self.keys[key] = StoredValue(value, self.revision)

    def read(self, prefix: str) -> Mapping[str, StoredValue]:
        return {key: value for key, value in self.keys.items() if key.startswith(prefix)}

    def lease_left_s(self, lease: int) -> int | None:
        return {7: 12}.get(lease)

    def write_if(self, conditions: Mapping[str, StoredValue | None], values: Mapping[str, str]) -> bool:
        self.before_write()
        if any(self.keys.get(key) != found for key, found in conditions.items()):
            return False
        for key, value in values.items():
            self.put(key, value)
        return True


@pytest.fixture
def store() -> MemoryStore:
    found = MemoryStore()
    found.put(f"{PREFIX}config", json.dumps({"ttl": 20, "loop_wait": 5, "synchronous_mode": True}))
    found.put(f"{PREFIX}leader", "one-ndc1")
    found.put(f"{PREFIX}sync", json.dumps({"leader": "one-ndc1", "sync_standby": "one-ndc2"}))
    found.put(f"{PREFIX}status", json.dumps({"optime": 5000}))
    for site in ("ndc1", "ndc2", "ndc3"):
        found.put(f"{PREFIX}members/one-{site}", json.dumps({"state": "running", "tags": {"site": site}}))
    return found


@pytest.fixture
def clusters(store: MemoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PatroniClusters:
    monkeypatch.setattr(MemberApi, "__init__", lambda self: None)
    monkeypatch.setattr(MemberApi, "ask_all", lambda self, urls: {})
    return PatroniClusters(store, MemberApi())  # type: ignore[call-arg]


def order(store: MemoryStore) -> object:
    return json.loads(store.keys[f"{PREFIX}failover"].value) if f"{PREFIX}failover" in store.keys else None


def test_members_that_do_not_answer_are_not_guessed_at(clusters: PatroniClusters) -> None:
    state = clusters.read(SERVICE)
    assert (state.leader, state.leader_site, state.sync_standbys) == ("one-ndc1", "ndc1", ("one-ndc2",))
    assert [member.role for member in state.members] == ["leader", "sync_standby", "unknown"]
    assert {member.lag_bytes for member in state.members} == {None}
    assert not any(member.answers for member in state.members)
    assert (state.ttl_s, state.loop_wait_s, state.synchronous, state.epoch) == (20, 5, True, 0)


def test_the_leader_key_tells_when_it_lapses(clusters: PatroniClusters, store: MemoryStore) -> None:
    assert clusters.read(SERVICE).leader_left_s is None
    store.keys[f"{PREFIX}leader"] = StoredValue("one-ndc1", 9, lease=7)
    assert clusters.read(SERVICE).leader_left_s == 12
    assert clusters.read_epoch(SERVICE) == 0


def test_a_member_without_a_site_is_refused(clusters: PatroniClusters, store: MemoryStore) -> None:
    store.put(f"{PREFIX}members/one-lost", json.dumps({"state": "running"}))
    with pytest.raises(Refused, match="one-lost does not say"):
        clusters.read(SERVICE)


def test_no_cluster_is_said(clusters: PatroniClusters) -> None:
    with pytest.raises(NdcopsError, match="no Patroni cluster"):
        clusters.read(service("other"))


def test_who_confirmed_for_an_earlier_leader_confirms_for_no_other(
    clusters: PatroniClusters, store: MemoryStore
) -> None:
    store.put(f"{PREFIX}leader", "one-ndc2")
    assert clusters.read(SERVICE).sync_standbys == ()
    del store.keys[f"{PREFIX}leader"]
    assert clusters.read(SERVICE).sync_standbys == ("one-ndc2",), "without a leader they are who may lead next"


def test_an_order_is_written_once(clusters: PatroniClusters, store: MemoryStore) -> None:
    clusters.claim(SERVICE, expect_epoch=0, epoch=4)
    clusters.switchover(SERVICE, leader="one-ndc1", candidate="one-ndc2", epoch=4)
    assert order(store) == {"leader": "one-ndc1", "member": "one-ndc2"}
    written = store.revision
    clusters.switchover(SERVICE, leader="one-ndc1", candidate="one-ndc2", epoch=4)
    assert store.revision == written
    assert clusters.read(SERVICE).pending == "one-ndc2"
    with pytest.raises(Changed, match="another change of leader waits"):
        clusters.switchover(SERVICE, leader="one-ndc1", candidate="one-ndc3", epoch=4)


def test_the_leader_is_woken_once_an_order_stands(
    clusters: PatroniClusters, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[tuple[str, object]] = []
    monkeypatch.setattr(MemberApi, "wake", lambda self, url: woken.append((url, order(store))))
    for site in ("ndc1", "ndc2"):
        member = {"state": "running", "tags": {"site": site}, "api_url": f"https://{site}:8008/patroni"}
        store.put(f"{PREFIX}members/one-{site}", json.dumps(member))
    clusters.claim(SERVICE, expect_epoch=0, epoch=4)
    with pytest.raises(Changed):
        clusters.switchover(SERVICE, leader="one-ndc2", candidate="one-ndc1", epoch=4)
    clusters.switchover(SERVICE, leader="one-ndc1", candidate="one-ndc2", epoch=4)

    assert woken == [("https://ndc1:8008/patroni", {"leader": "one-ndc1", "member": "one-ndc2"})]


def test_patroni_empties_its_key_and_a_new_order_takes_its_place(
    clusters: PatroniClusters, store: MemoryStore
) -> None:
    store.put(f"{PREFIX}failover", "{}")
    clusters.claim(SERVICE, expect_epoch=0, epoch=1)
    clusters.switchover(SERVICE, leader="one-ndc1", candidate="one-ndc2", epoch=1)
    assert order(store) == {"leader": "one-ndc1", "member": "one-ndc2"}


@pytest.mark.parametrize(
    ("leader", "candidate", "epoch", "error"),
    [
        ("one-ndc2", "one-ndc3", 4, Changed),
        ("", "one-ndc2", 4, Changed),
        ("one-ndc1", "one-ndc9", 4, Changed),
        ("one-ndc1", "one-ndc2", 5, Changed),
        ("one-ndc1", "one-ndc2", 3, Overtaken),
    ],
)
def test_an_order_on_other_facts_writes_nothing(
    clusters: PatroniClusters, store: MemoryStore, leader: str, candidate: str, epoch: int, error: type[Exception]
) -> None:
    clusters.claim(SERVICE, expect_epoch=0, epoch=4)
    with pytest.raises(error):
        clusters.switchover(SERVICE, leader=leader, candidate=candidate, epoch=epoch)
    with pytest.raises(error):
        clusters.failover(SERVICE, candidate=candidate, expect_leader=leader, epoch=epoch)
    assert order(store) is None


def test_without_a_leader_a_failover_says_so(clusters: PatroniClusters, store: MemoryStore) -> None:
    clusters.claim(SERVICE, expect_epoch=0, epoch=4)
    del store.keys[f"{PREFIX}leader"]
    clusters.failover(SERVICE, candidate="one-ndc2", expect_leader="", epoch=4)
    assert order(store) == {"member": "one-ndc2"}


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        (f"{PREFIX}leader", "one-ndc3", Changed),
        (f"{PREFIX}failover", '{"leader":"one-ndc1"}', Changed),
        ("/ndcops/failover/databases/one", "9", Overtaken),
    ],
)
def test_who_was_frozen_between_reading_and_writing_writes_nothing(
    clusters: PatroniClusters, store: MemoryStore, key: str, value: str, error: type[Exception]
) -> None:
    clusters.claim(SERVICE, expect_epoch=0, epoch=4)
    store.before_write = lambda: store.put(key, value)
    with pytest.raises(error):
        clusters.switchover(SERVICE, leader="one-ndc1", candidate="one-ndc2", epoch=4)
    assert order(store) != {"leader": "one-ndc1", "member": "one-ndc2"}


def test_a_claim_never_goes_back(clusters: PatroniClusters, store: MemoryStore) -> None:
    clusters.claim(SERVICE, expect_epoch=0, epoch=4)
    clusters.claim(SERVICE, expect_epoch=0, epoch=4)
    with pytest.raises(Changed):
        clusters.claim(SERVICE, expect_epoch=3, epoch=5)
    with pytest.raises(Overtaken):
        clusters.claim(SERVICE, expect_epoch=4, epoch=3)
    store.before_write = lambda: store.put("/ndcops/failover/databases/one", "7")
    with pytest.raises(Overtaken):
        clusters.claim(SERVICE, expect_epoch=4, epoch=6)
    assert clusters.read(SERVICE).epoch == 7


def test_a_mark_that_is_no_number_is_refused(clusters: PatroniClusters, store: MemoryStore) -> None:
    store.put("/ndcops/failover/databases/one", "mine")
    with pytest.raises(Refused, match="not a number"):
        clusters.read(SERVICE)


def leads(store: MemoryStore, monkeypatch: pytest.MonkeyPatch, *, is_primary: bool = True) -> None:
    """The leader's key says where it listens, and the leader what it is."""
    member = {"conn_url": "postgres://10.0.0.1:15432/postgres", "api_url": "https://10.0.0.1:8008/patroni"}
    store.put(f"{PREFIX}members/one-ndc1", json.dumps({**member, "state": "running", "tags": {"site": "ndc1"}}))
    answer = MemberAnswer(is_primary, "running", 1, 5000, 0)
    monkeypatch.setattr(MemberApi, "ask_all", lambda self, urls: dict.fromkeys(urls, answer))


def test_where_the_leader_listens(
    clusters: PatroniClusters, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads(store, monkeypatch)
    assert clusters.leader_address("one") == ("10.0.0.1", 15432)


def test_a_leader_that_does_not_say_so_is_none(
    clusters: PatroniClusters, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="nobody leads"):
        clusters.leader_address("one")
    leads(store, monkeypatch, is_primary=False)
    with pytest.raises(Refused, match="does not say that it leads"):
        clusters.leader_address("one")
    del store.keys[f"{PREFIX}leader"]
    with pytest.raises(Refused, match="nobody leads"):
        clusters.leader_address("one")


def test_every_members_address_is_known_the_leaders_first(clusters: PatroniClusters, store: MemoryStore) -> None:
    for site, host in (("ndc1", "10.0.0.1"), ("ndc2", "10.0.0.2")):
        member = {"conn_url": f"postgres://{host}/postgres", "tags": {"site": site}}
        store.put(f"{PREFIX}members/one-{site}", json.dumps(member))
    store.put(f"{PREFIX}leader", "one-ndc2")
    found = clusters.addresses("one")
    assert list(found.items()) == [("one-ndc2", ("10.0.0.2", 5432)), ("one-ndc1", ("10.0.0.1", 5432))]


def test_which_slots_members_leave_alone(clusters: PatroniClusters, store: MemoryStore) -> None:
    assert clusters.slot_keeping("one").rules == ()
    config = {"ignore_slots": [{"type": "logical", "plugin": "pgoutput"}, {"name": "other"}]}
    store.put(f"{PREFIX}config", json.dumps(config))
    assert clusters.slot_keeping("one").rules == (
        SlotRule(type="logical", plugin="pgoutput"),
        SlotRule(name="other"),
    )


@pytest.mark.parametrize("value", ["name", {"name": "x"}, ["name"]])
def test_rules_that_cannot_be_read_are_unknown(
    clusters: PatroniClusters, store: MemoryStore, value: object
) -> None:
    store.put(f"{PREFIX}config", json.dumps({"ignore_slots": value}))
    with pytest.raises(Refused, match="not known"):
        clusters.slot_keeping("one")


def test_slots_of_an_unknown_cluster_are_unknown(clusters: PatroniClusters) -> None:
    with pytest.raises(NdcopsError, match="no Patroni cluster"):
        clusters.slot_keeping("two")
