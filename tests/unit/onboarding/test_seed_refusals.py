"""Why a seed is refused."""

from typing import Any

import pytest

from ndcops.model.errors import Refused
from ndcops.model.slot_keeping import SlotKeeping, SlotRule
from ndcops.onboarding.plan.moving.refusals import LARGEST_ROW_BYTES, seed_refusals
from ndcops.onboarding.plan.moving.seeding import plan_seed
from ndcops.onboarding.plan.moving.slots import slot_refusals, slots_at_target
from tests.seed_samples import MOVE, seed_source, seed_table, seed_target

MIB = 1 << 20


def test_nothing_stands_against_a_plain_source():
    assert seed_refusals(seed_source(), seed_target(), may_be_open=False) == ()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"version_number": 140010, "version": "14.10"}, "14.10 is not tested"),
        ({"name": "postgres"}, "'postgres' cannot be moved"),
        ({"encoding": "SQL_ASCII"}, "SQL_ASCII"),
        ({"in_recovery": True}, "standby"),
        ({"wal_level": "replica"}, "wal_level is replica"),
        ({"free_slots": 0}, "max_replication_slots"),
        ({"free_senders": 0}, "max_wal_senders"),
        ({"wal_limit_bytes": MIB}, "max_slot_wal_keep_size is 1 MiB"),
        ({"size_bytes": 8 << 30, "wal_limit_bytes": 512 * MIB}, "1024 MiB are needed"),
        ({"may_replicate": False}, "may not replicate"),
        ({"may_create": False}, "may not create"),
        ({"large_objects": 2, "superuser": False}, "2 large objects"),
        ({"prepared_transactions": ("gid",)}, "prepared transactions: gid"),
        ({"oldest_transaction_s": 601}, "open for 601 s"),
        ({"foreign_tables": ("a.b",)}, "foreign tables"),
        ({"unsupported_types": ("a.b.c (regproc)",)}, "object ids"),
        ({"extensions": {"postgis": "3"}}, "extensions postgis"),
        ({"languages": ("plperlu",)}, "languages plperlu"),
        ({"collate": "vi_VN.UTF-8"}, "locales vi_VN.UTF-8"),
        ({"encrypted": False}, "unencrypted"),
    ],
)
def test_what_stands_against_a_source(changes: dict[str, Any], word: str):
    (reason,) = seed_refusals(seed_source(**changes), seed_target(), may_be_open=False)
    assert word in reason


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"unlogged": True}, "unlogged"),
        ({"primary_key": False, "without_equality": ("j",)}, "no key"),
        ({"identity": "n", "without_equality": ("j",)}, "no key"),
        ({"always_triggers": ("t",)}, "act twice"),
        ({"forced_policies": True}, "row policies"),
        ({"largest_row_bytes": LARGEST_ROW_BYTES + 1}, "256 MiB"),
        ({"readable": False}, "may not read public.t7"),
        ({"owned": False}, "owns neither public.t7"),
    ],
)
def test_what_stands_against_a_table(changes: dict[str, Any], word: str):
    source = seed_source(seed_table(1), seed_table(7, **changes))
    (reason,) = seed_refusals(source, seed_target(), may_be_open=False)
    assert word in reason
    assert "t7" in reason


@pytest.mark.parametrize(
    "changes",
    [
        {"primary_key": False, "without_equality": ("j",), "usable_index": "i"},
        {"primary_key": False, "identity": "f"},
        {"primary_key": False},
        {"largest_row_bytes": LARGEST_ROW_BYTES},
        {"largest_row_bytes": None},
    ],
)
def test_tables_that_are_taken(changes: dict[str, Any]):
    assert seed_refusals(seed_source(seed_table(1, **changes)), seed_target(), may_be_open=False) == ()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"in_recovery": True}, "does not take writes"),
        ({"superuser": False}, "no superuser"),
        ({"version_number": 170000, "version": "17.0"}, "older than the source"),
        ({"wal_level": "replica"}, "no way back"),
        ({"free_workers": 0}, "no free worker"),
        ({"free_bytes": MIB}, "are needed"),
        ({"exists": True, "empty": False}, "did not make"),
    ],
)
def test_what_stands_against_a_target(changes: dict[str, Any], word: str):
    (reason,) = seed_refusals(seed_source(), seed_target(**changes), may_be_open=False)
    assert word in reason


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ((), False),
        ((SlotRule(type="logical", plugin="pgoutput"),), True),
        ((SlotRule(plugin="pgoutput"),), True),
        ((SlotRule(),), True),
        ((SlotRule(type="physical"),), False),
        ((SlotRule(plugin="wal2json"),), False),
        ((SlotRule(type="logical", database="x"),), True),
        ((SlotRule(type="logical", database="y"),), False),
        ((SlotRule(name=slots_at_target(MOVE)[0]),), False),
        (tuple(SlotRule(name=name) for name in slots_at_target(MOVE)), True),
    ],
)
def test_slots_that_lead_back_must_be_left_alone_by_the_targets_cluster(rules: tuple[SlotRule, ...], kept: bool):
    keeping = SlotKeeping(service="registry", rules=rules)
    assert (slot_refusals(MOVE, keeping, database="x") == ()) is kept
    if not kept:
        with pytest.raises(Refused) as caught:
            plan_seed(MOVE, seed_source(), seed_target(), keeping, kind="lab", width=2, may_be_open=True)
        (reason,) = caught.value.details
        assert "patronictl edit-config registry --set 'ignore_slots=[{" in reason


def test_where_no_cluster_manages_slots_none_is_lost():
    assert slot_refusals(MOVE, None, database="x") == ()


def test_every_reason_is_told_at_once():
    source = seed_source(seed_table(1, unlogged=True), wal_level="minimal", may_replicate=False)
    with pytest.raises(Refused) as caught:
        plan_seed(MOVE, source, seed_target(superuser=False), kind="lab", width=2, may_be_open=True)
    assert len(caught.value.details) == 4


def test_one_spelling_of_a_locale():
    source = seed_source(collate="vi_VN.UTF-8", ctype="vi_VN.utf8")
    target = seed_target(locales=("vi_VN.utf8",))
    assert seed_refusals(source, target, may_be_open=False) == ()
