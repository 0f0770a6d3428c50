"""Forms, buckets, catalogs, sequences, large objects, slices: facts in, judgement out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.model.proving import (
    CatalogLine,
    DatabaseFacts,
    Direction,
    HashMethod,
    LargeObject,
    ProvenColumn,
    ProvenTable,
    SequenceRelation,
    SequenceState,
    Spelling,
    TablePart,
)
from ndcops.onboarding.plan.proving import buckets, forms
from ndcops.onboarding.plan.proving.catalogs import catalog_differences, judged, noted
from ndcops.onboarding.plan.proving.deparsing import same_definition
from ndcops.onboarding.plan.proving.large_objects import large_object_differences
from ndcops.onboarding.plan.proving.sequences import behind, sequence_differences
from ndcops.onboarding.plan.proving.slicing import slices_of


def column(name: str, base: str, spelled: str = "") -> ProvenColumn:
    return ProvenColumn(name=name, type=spelled or base, base=base)


def table(
    *columns: ProvenColumn, key: tuple[str, ...] = (), pages: tuple[int, ...] = (1,), rows: int = 0
) -> ProvenTable:
    return ProvenTable(
        table_schema="public",
        name="t",
        full_name="public.t",
        partitioned=len(pages) > 1,
        unlogged=False,
        columns=columns,
        key=key,
        key_operators=("pg_catalog.=",) * len(key),
        parts=tuple(
            TablePart(table_schema="public", name=f"t{number}", pages=each) for number, each in enumerate(pages)
        ),
        rows=0,
    )


def facts(**changes) -> DatabaseFacts:
    given = {
        "name": "x",
        "server_version": 180004,
        "encoding": "UTF8",
        "tables": (),
        "lines": (),
        "sequences": (),
        "foreign_keys": (),
        "native_probe": 5,
        "text_probe": 6,
        **changes,
    }
    return DatabaseFacts(**given)


@pytest.mark.parametrize(
    ("base", "spelling"),
    [
        ("int4", Spelling.NATIVE),
        ("uuid", Spelling.NATIVE),
        ("text", Spelling.COLLATED),
        ("int8", Spelling.SENT),  # PostgreSQL's own hash folds it to 32 bits
        ("timestamptz", Spelling.SENT),
        ("numeric", Spelling.SENT),  # 1.0 and 1.00 are equal, not the same
        ("interval", Spelling.SENT),
        ("bpchar", Spelling.SENT),
        ("float8", Spelling.SPELLED),  # 0 and -0 are equal, not the same
        ("jsonb", Spelling.SPELLED),
        ("_int4", Spelling.SPELLED),
        ("", Spelling.SPELLED),
    ],
)
def test_how_a_type_goes_into_the_hash(base, spelling):
    assert forms.spelling_of(column("c", base)).spelling is spelling


@pytest.mark.parametrize(
    ("target", "method"),
    [
        ({}, HashMethod.RECORD),
        ({"server_version": 130000, "native_probe": None}, HashMethod.TEXT),
        ({"native_probe": 4}, HashMethod.TEXT),
        ({"native_probe": 4, "text_probe": 4}, HashMethod.SHA256),
        ({"encoding": "LATIN1"}, HashMethod.SHA256),
    ],
)
def test_the_method_is_one_that_gives_the_same_on_both(target, method):
    assert forms.method_for(facts(), facts(**target)) is method


def test_columns_are_matched_by_name_and_type_wherever_they_stand():
    one = table(column("a", "int4"), column("b", "text"), column("c", "text"))
    other = table(column("c", "varchar"), column("b", "text"), column("a", "int4"))
    assert [each.name for each in forms.common_columns(one, other)] == ["a", "b"]


def test_a_key_that_the_target_has_no_columns_for_is_none():
    one = table(column("a", "int4"), column("b", "text"), key=("a",))
    assert [each.name for each in forms.form_of(one, one, HashMethod.RECORD, 1).key] == ["a"]
    assert forms.form_of(one, table(column("b", "text")), HashMethod.RECORD, 1).key == ()


@given(st.integers(0, 10**10))
def test_buckets_are_a_power_of_two_within_bounds(rows):
    count = forms.bucket_count(rows)
    assert count & (count - 1) == 0
    assert 16 <= count <= 4096


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(-(2**70), 2**70))), st.randoms())
def test_sums_do_not_depend_on_how_a_table_was_sliced(found, chance):
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert not buckets.differing(buckets.added(found), buckets.added(shuffled))
    assert buckets.digest_of(buckets.added(found)) == buckets.digest_of(buckets.added(shuffled))


def test_a_doubled_pair_does_not_cancel_out():
    once, thrice = buckets.added([(0, 1, 7)]), buckets.added([(0, 3, 21)])
    assert buckets.differing(once, thrice) == (0,)
    assert buckets.differing(once, {}) == (0,)


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=4), st.integers(1, 8), st.booleans())
def test_slices_have_every_page_once(pages, lanes, sliced):
    of = table(pages=tuple(pages))
    found = slices_of(of, lanes, sliced=sliced)
    for number, part in enumerate(of.parts):
        mine = [each.piece for each in found if each.piece.part == number]
        assert mine[0].first_page == 0
        assert mine[-1].last_page is None
        assert all(one.last_page == other.first_page for one, other in pairwise(mine))
        assert sum(each.page_count for each in found if each.piece.part == number) == part.pages
    assert sliced or len(found) == len(pages)


def line(kind: str, name: str, value: str = "") -> CatalogLine:
    return CatalogLine(kind, name, value)


def test_grants_of_one_object_are_one_fact_in_any_order():
    one = facts(lines=(line("grant", "t", "SELECT to a"), line("grant", "t", "INSERT to a")))
    other = facts(lines=(line("grant", "t", "INSERT to a"), line("grant", "t", "SELECT to a")))
    assert catalog_differences(one, other) == ()
    more = facts(lines=(*other.lines, line("grant", "t", "SELECT to b")))
    assert [(each.kind, each.name) for each in catalog_differences(one, more)] == [("grant", "t")]


def test_the_owners_new_privilege_of_version_17_is_none_beside_an_older_server():
    older = facts(server_version=150008, lines=(line("grant", "t", "SELECT to a"),))
    newer = facts(lines=(line("grant", "t", "SELECT to a"), line("grant", "t", "MAINTAIN to a")))
    assert catalog_differences(older, newer) == ()
    assert len(catalog_differences(facts(lines=older.lines), newer)) == 1


def test_versions_of_extensions_are_said_and_not_judged():
    found = catalog_differences(
        facts(lines=(line("extension version", "x", "1"),)), facts(lines=(line("extension version", "x", "2"),))
    )
    assert judged(found) == ()
    assert noted(found) == ("extension version of x: 1 at the source, 2 at the target",)


VIEW_15 = " SELECT dan.id,\n    dan.\"Họ tên\"\n   FROM public.dan\n  WHERE (dan.muc = 'a.b'::public.muc);"
VIEW_18 = " SELECT id,\n    \"Họ tên\"\n   FROM public.dan\n  WHERE (muc = 'a.b'::public.muc);"


@pytest.mark.parametrize(
    ("older", "newer", "same"),
    [
        (VIEW_15, VIEW_18, True),
        (VIEW_15, VIEW_15, True),
        (VIEW_15, VIEW_18.replace("muc =", "id ="), False),
        (VIEW_15, VIEW_18.replace("'a.b'", "'b'"), False),
        (VIEW_15, VIEW_18.replace("public.dan", "public.con"), False),
        (VIEW_15, VIEW_18.replace("public.dan", "dan"), True),  # a name that search_path would have to find
        (VIEW_18, VIEW_15, False),
        ("SELECT a.x, b.x FROM a, b", "SELECT a.x, b.x FROM a, b", True),
        ("SELECT a.x FROM a, b", "SELECT b.x FROM a, b", False),
        ("SELECT dan.dan FROM dan", "SELECT dan FROM dan", True),
        ("SELECT a.x FROM a", "SELECT a.x FROM a LIMIT 1", False),
        ("SELECT a.x FROM a LIMIT 1", "SELECT x FROM a", False),
    ],
)
def test_two_releases_write_one_definition(older, newer, same):
    assert same_definition(older, newer) is same


def test_another_way_of_writing_counts_between_releases_only():
    source, target = (line("definition", "public.gap", text) for text in (VIEW_15, VIEW_18))
    assert catalog_differences(facts(server_version=150018, lines=(source,)), facts(lines=(target,))) == ()
    assert len(catalog_differences(facts(lines=(source,)), facts(lines=(target,)))) == 1


def sequence(last: int, *, called: bool = True, step: int = 1, cycles: bool = False, highest: int | None = None):
    return SequenceState(
        name="s", last_value=last, is_called=called, increment=step, cycles=cycles, highest=highest
    )


@pytest.mark.parametrize(
    ("source", "target", "direction", "relation"),
    [
        (sequence(5), sequence(5), Direction.NONE, None),
        (sequence(5), sequence(4), Direction.NONE, SequenceRelation.BEHIND),
        (sequence(5), sequence(5, called=False), Direction.NONE, SequenceRelation.BEHIND),
        (sequence(5), sequence(6, called=False), Direction.NONE, None),
        (sequence(5), sequence(6), Direction.NONE, SequenceRelation.AHEAD),
        (sequence(5), sequence(6), Direction.REVERSE, None),
        (sequence(-5, step=-1), sequence(-4, step=-1), Direction.REVERSE, SequenceRelation.BEHIND),
        (sequence(-5, step=-1), sequence(-6, step=-1), Direction.REVERSE, None),
        (sequence(5, cycles=True), sequence(6, cycles=True), Direction.NONE, SequenceRelation.BEHIND),
        (sequence(9, highest=9), sequence(9, highest=20), Direction.NONE, SequenceRelation.BELOW_COLUMN),
        (sequence(9, highest=20), sequence(9, highest=20), Direction.NONE, None),
    ],
)
def test_where_a_sequence_stands(source, target, direction, relation):
    found = sequence_differences([source], [target], direction)
    assert [one.relation for one in found] == ([] if relation is None else [relation])
    assert behind(found) == (relation in (SequenceRelation.BEHIND, SequenceRelation.BELOW_COLUMN))


def test_before_the_cut_over_sequences_are_pending():
    (found,) = sequence_differences([sequence(5)], [sequence(1)], Direction.FORWARD)
    assert found.pending


def test_large_objects_by_content_and_rights():
    source = [
        LargeObject(1, "a", "x"),
        LargeObject(2, "a", "x"),
        LargeObject(3, "a", "x"),
        LargeObject(4, "a", "x"),
    ]
    target = [
        LargeObject(1, "a", "x"),
        LargeObject(2, "b", "x"),
        LargeObject(3, "a", "y"),
        LargeObject(5, "a", "x"),
    ]
    found, count = large_object_differences(source, target, pending=False)
    assert count == 4
    assert [(one.oid, str(one.kind), one.rights_only) for one in found] == [
        (2, "changed", False),
        (3, "changed", True),
        (4, "missing", False),
        (5, "extra", False),
    ]
