"""Plans of a seed: in which parts, and where to go on after a kill."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.model.errors import Refused
from ndcops.model.move_names import names_of
from ndcops.model.seed import LoadLimits, SourceLoad
from ndcops.onboarding.plan.moving.pace import waits_for
from ndcops.onboarding.plan.moving.parts import BATCH_TABLES, PAGE_BYTES, copies, cut
from ndcops.onboarding.plan.moving.seeding import SeedStage, plan_seed, stage_of
from ndcops.onboarding.steps.seeding import BuildKeys, CopyMore, CopyRows, PrepareTarget, Publish
from tests.seed_samples import MOVE, seed_source, seed_table, seed_target, slot

MIB = 1 << 20


@given(pages=st.integers(0, 1 << 24), width=st.integers(1, 64))
def test_parts_hold_every_page_once(pages: int, width: int):
    table = seed_table(1, pages=pages, size_bytes=pages * PAGE_BYTES)
    parts = cut(table, width=width, server_version=150000)
    assert parts[0].first == 0
    assert parts[-1].end is None
    assert all(before.end == after.first for before, after in pairwise(parts))
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert len(parts) <= width
    assert len(cut(table, width=width, server_version=130000)) == 1


@pytest.mark.parametrize(
    ("sizes_mib", "parts"),
    [
        ([900, 100], [4, 1]),
        ([2000], [4]),
        ([800, 670, 220, 90], [2, 2, 1, 1]),
        ([800, 400, 400, 400], [2, 1, 1, 1]),
        ([500, 500, 500, 500], [1, 1, 1, 1]),
        ([100, 40], [1, 1]),
    ],
)
def test_a_table_is_cut_only_where_it_would_hold_up_the_others(sizes_mib: list[int], parts: list[int]):
    tables = [seed_table(n, size_bytes=size * MIB, pages=size * 128) for n, size in enumerate(sizes_mib)]
    found = [part for copy in copies(tables, width=4, server_version=180000) for part in copy]
    assert [sum(part.table.oid == n for part in found) for n in range(len(tables))] == parts


@given(sizes=st.lists(st.integers(0, 300 * MIB), max_size=70), width=st.integers(1, 8))
def test_copies_hold_every_table_once_and_the_longest_first(sizes: list[int], width: int):
    tables = [seed_table(n, size_bytes=size, pages=size // PAGE_BYTES) for n, size in enumerate(sizes)]
    found = copies(tables, width=width, server_version=180000)
    places = [(part.table.oid, part.number) for copy in found for part in copy]
    assert len(places) == len(set(places))
    assert {oid for oid, _ in places} == {table.oid for table in tables}
    assert all(len(copy) <= BATCH_TABLES for copy in found)
    weights = [sum(part.size_bytes for part in copy) for copy in found]
    assert weights == sorted(weights, reverse=True)


def plan(source: Any, target: Any) -> Any:
    return plan_seed(MOVE, source, target, kind="lab", width=2, may_be_open=True)


def test_a_seed_anew_copies_all_and_streams_after_the_keys():
    steps = {step.key: step for step in plan(seed_source(large_objects=2), seed_target()).order()}
    order = list(steps)
    for before, after in (
        ("guard", "publication"),
        ("publication", "snapshot"),
        ("tables", "snapshot"),
        ("snapshot", "large objects"),
        ("large objects", "snapshot ends"),
        ("keys public.t1 and 1 more", "rest"),
        ("rest", "stream"),
    ):
        assert order.index(before) < order.index(after)
    assert "identities" not in steps


def test_indexes_of_a_large_table_are_built_side_by_side_after_its_key():
    large = seed_table(1, size_bytes=20 * MIB, pages=2560, keys=(11,), indexes=(12, 13))
    steps = {step.key: step for step in plan(seed_source(large, seed_table(2)), seed_target()).steps}
    built = [step for step in steps.values() if isinstance(step, BuildKeys) and step.tables == (large,)]
    assert [(step.only, step.needs) for step in built] == [
        ((11,), ("copy public.t1",)),
        ((12,), ("keys public.t1",)),
        ((13,), ("keys public.t1",)),
    ]
    assert {step.key for step in built} <= set(steps["rest"].needs)


def test_statistics_are_gathered_while_others_are_copied_and_waited_for_at_the_end():
    large = seed_table(1, size_bytes=20 * MIB, pages=2560, keys=(11,), indexes=(12,))
    steps = {step.key: step for step in plan(seed_source(large, seed_table(2)), seed_target()).steps}
    assert set(steps["statistics public.t1"].needs) == {"keys public.t1", "index 1 of public.t1"}
    assert steps["statistics public.t2"].needs == ("keys public.t2",)
    assert {"statistics public.t1", "statistics public.t2", "stream"} <= set(steps["finish"].needs)
    assert not any(key.startswith("statistics") for key in steps["rest"].needs)


def test_tables_without_a_key_say_which_row_before_they_are_published():
    source = seed_source(seed_table(1), seed_table(2, primary_key=False))
    steps = {step.key: step for step in plan(source, seed_target()).steps}
    assert "identities" in steps["publication"].needs


KEPT = {"ours": True, "exists": True, "empty": False, "restored": True, "position": "0/1"}


@pytest.mark.parametrize(
    ("source", "target", "stage"),
    [
        (seed_source(), seed_target(), SeedStage.ANEW),
        (seed_source(slot=slot()), seed_target(**KEPT, copied=frozenset({1})), SeedStage.KEPT),
        (seed_source(slot=slot()), seed_target(**KEPT), SeedStage.ANEW),
        (seed_source(slot=slot("0/2")), seed_target(**KEPT, copied=frozenset({1})), SeedStage.ANEW),
        (seed_source(slot=slot(lost=True)), seed_target(**KEPT, copied=frozenset({1})), SeedStage.ANEW),
        (seed_source(), seed_target(**KEPT, copied=frozenset({1})), SeedStage.ANEW),
        (seed_source(slot=slot("0/9")), seed_target(**KEPT, states={}), SeedStage.STREAMING),
    ],
)
def test_where_a_seed_goes_on(source: Any, target: Any, stage: SeedStage):
    assert stage_of(source, target) is stage


def test_after_a_kill_whole_tables_stay_and_the_stream_copies_the_others():
    found = plan(seed_source(slot=slot()), seed_target(**KEPT, copied=frozenset({2})))
    steps = {step.key: step for step in found.steps}
    assert not any(isinstance(step, CopyRows) for step in found.steps)
    first, second = (step for step in found.steps if isinstance(step, Publish))
    assert [table.oid for table in first.tables] == [2]
    assert [table.oid for table in second.tables] == [1, 2]
    (more,) = (step for step in found.steps if isinstance(step, CopyMore))
    assert [table.oid for table in more.tables] == [1]
    assert steps["rest"].needs == ("in step",)
    assert "stream" in steps[second.key].needs


def test_when_all_was_copied_nothing_more_is():
    found = plan(seed_source(slot=slot()), seed_target(**KEPT, copied=frozenset({1, 2})))
    assert not any(isinstance(step, (CopyRows, CopyMore)) for step in found.steps)


def test_what_was_completed_before_its_slot_was_lost_is_made_again():
    def again(**target: Any) -> bool:
        found = plan(seed_source(), seed_target(**KEPT, copied=frozenset({1, 2}), **target)).steps
        return next(step.again for step in found if isinstance(step, PrepareTarget))

    assert again(completed=True)
    assert not again()


def test_a_running_stream_is_only_waited_for():
    states = {"public.t1": "r", "public.t2": "r"}
    target = seed_target(**KEPT, completed=True, states=states)
    assert [step.key for step in plan(seed_source(slot=slot("0/9")), target).steps] == ["in step", "finish"]
    target = seed_target(**KEPT, completed=True, finished=True, states=states)
    assert [step.key for step in plan(seed_source(slot=slot("0/9")), target).steps] == ["in step"]


def test_a_stream_whose_slot_is_gone_is_refused():
    with pytest.raises(Refused, match="slot is gone"):
        plan(seed_source(), seed_target(**KEPT, completed=True, states={"public.t1": "r"}))


def test_a_changed_schema_is_refused():
    with pytest.raises(Refused) as caught:
        plan(seed_source(ddl_entries=("ALTER TABLE x by y",)), seed_target())
    assert "ALTER TABLE x by y" in caught.value.details[0]


@pytest.mark.parametrize(
    ("load", "limits", "waits"),
    [
        (SourceLoad(active_sessions=99), LoadLimits(), False),
        (SourceLoad(active_sessions=9), LoadLimits(active_sessions=8), True),
        (SourceLoad(active_sessions=8), LoadLimits(active_sessions=8), False),
        (SourceLoad(active_sessions=0, standby_lag_bytes=257 * MIB), LoadLimits(), True),
        (SourceLoad(active_sessions=0, standby_lag_bytes=256 * MIB), LoadLimits(), False),
        (SourceLoad(active_sessions=0, standby_lag_bytes=1 << 40), LoadLimits(standby_lag_bytes=None), False),
    ],
)
def test_when_a_copy_waits(load: SourceLoad, limits: LoadLimits, waits: bool):
    assert bool(waits_for(load, limits)) is waits


ID = st.from_regex(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")


@given(first=st.tuples(ID, ID), second=st.tuples(ID, ID))
def test_names_of_moves_never_meet_and_fit(first: tuple[str, str], second: tuple[str, str]):
    def all_names(of: tuple[str, str]) -> set[str]:
        names = names_of(*of)
        return {names.schema, names.publication, names.subscription, names.reverse_slot, names.guard}

    assert all(len(name.encode()) <= 61 and name.replace("_", "").isalnum() for name in all_names(first))
    if first != second:
        assert not all_names(first) & all_names(second)
    assert names_of("a-b", "c") != names_of("a", "b-c")
