"""Blockers, declared against live, the six Rs, completeness and drafts, as tables."""

from datetime import date
from typing import Any

import pytest

from ndcops.model.assessment import Blocker, Severity
from ndcops.model.dossier import (
    DataField,
    Dataset,
    DossierDatabase,
    DossierSystem,
    Importance,
    PersonalData,
    Sharing,
    Strategy,
    Subjects,
)
from ndcops.model.probe import ProbedColumn, ProbedObjects
from ndcops.onboarding.plan.assessment import SourceFacts, assess
from ndcops.onboarding.plan.blockers import find_blockers
from ndcops.onboarding.plan.comparison import compare, contradictions, personal_columns, unlabelled_fields
from ndcops.onboarding.plan.completeness import TOTAL, completeness
from ndcops.onboarding.plan.drafting import draft_database, draft_dataset, slug, with_database
from ndcops.onboarding.plan.personal_data import Detection
from ndcops.onboarding.plan.qualities import quality_queries, quoted
from ndcops.onboarding.plan.strategy import advise
from tests.onboarding_world import BEGAN, NAME, dossier
from tests.probed import probed, settings, table

TODAY = date(2026, 2, 1)
NAMED = Detection(table="public.a", column="ho_ten", kind=PersonalData.NAME, share_ppm=1_000_000, by_name=True)


def dataset(**changes: Any) -> Dataset:
    return Dataset.model_validate({"id": "d", "title": NAME, "database": "db", "tables": ["public.a"], **changes})


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"settings": settings(wal_level="replica")}, "wal-level", Severity.BLOCKS),
        ({"settings": settings(used_replication_slots=10)}, "no-free-slot", Severity.BLOCKS),
        ({"settings": settings(used_wal_senders=10)}, "no-free-sender", Severity.BLOCKS),
        ({"settings": settings(may_replicate=False)}, "no-replication-right", Severity.BLOCKS),
        ({"settings": settings(max_slot_wal_keep_size_mb=-1)}, "unbounded-slot", Severity.WARNS),
        ({"settings": settings(in_recovery=True)}, "standby", Severity.WARNS),
        ({"version_number": 90624, "version": "9.6.24"}, "old-version", Severity.BLOCKS),
        ({"version_number": 140010, "version": "14.10"}, "untested-version", Severity.BLOCKS),
        ({"tables": (table(primary_key=()),)}, "whole-row-identity", Severity.WARNS),
        (
            {"tables": (table(primary_key=(), columns=(ProbedColumn(name="j", type="json[]"),)),)},
            "no-replica-identity",
            Severity.BLOCKS,
        ),
        ({"tables": (table(largest_row_bytes=(256 << 20) + 1),)}, "oversized-row", Severity.BLOCKS),
        ({"tables": (table(unlogged=True),)}, "unlogged-table", Severity.BLOCKS),
        ({"objects": ProbedObjects(large_objects=3)}, "large-objects", Severity.WARNS),
        ({"objects": ProbedObjects(prepared_transactions=("x",))}, "prepared-transactions", Severity.BLOCKS),
        ({"objects": ProbedObjects(oldest_transaction_s=3600)}, "long-transaction", Severity.BLOCKS),
        ({"objects": ProbedObjects(unsupported_types=("a.b",))}, "oid-types", Severity.BLOCKS),
        ({"objects": ProbedObjects(foreign_tables=("f",))}, "foreign-tables", Severity.WARNS),
        ({"objects": ProbedObjects(materialized_views=("m",))}, "materialized-views", Severity.WARNS),
        ({"objects": ProbedObjects(sequences=1)}, "sequences", Severity.WARNS),
        ({"objects": ProbedObjects(functions_untrusted=("f",))}, "untrusted-functions", Severity.WARNS),
        ({"objects": ProbedObjects(not_valid_constraints=("c",))}, "not-valid", Severity.WARNS),
        ({"objects": ProbedObjects(event_triggers=("e",))}, "event-triggers", Severity.WARNS),
        ({"objects": ProbedObjects(subscriptions=("s",))}, "subscriptions", Severity.WARNS),
        ({"objects": ProbedObjects(tablespaces=("t",))}, "tablespaces", Severity.WARNS),
    ],
)
def test_each_blocker(changes, code, severity):
    tables = changes.pop("tables", ())
    found = find_blockers("db", probed(*tables, **changes))
    assert [(one.code, one.severity) for one in found] == [(code, severity)]


def test_a_table_without_key_but_full_identity_does_not_block():
    assert find_blockers("db", probed(table(primary_key=(), replica_identity="f"))) == ()


def declared(**changes: Any) -> DossierDatabase:
    fields = {
        "id": "db",
        "system": "x-records",
        "engine": "postgresql",
        "version": "18.1",
        "size_bytes": 100 << 20,
        "tables": 1,
        "no_pk": 0,
        "large_objects": 0,
        "extensions": (),
        "encoding": "UTF8",
        "collation": "C.UTF-8",
        **changes,
    }
    return DossierDatabase.model_validate(fields)


FIELDS = (DataField(name="id"), DataField(name="ho_ten"))


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        ({"size_bytes": 105 << 20}, []),
        ({"size_bytes": 106 << 20}, ["size_bytes"]),
        ({"size_bytes": None}, ["size_bytes"]),
        ({"version": "17.9"}, ["version"]),
        ({"tables": 2}, ["tables"]),
        ({"no_pk": 1, "tables": 1}, ["no_pk"]),
        ({"large_objects": None}, ["large_objects"]),
        ({"extensions": ("postgis",)}, ["extensions"]),
        ({"extensions": None}, ["extensions"]),
        ({"encoding": "LATIN1"}, ["encoding"]),
        ({"collation": None}, ["collation"]),
    ],
)
def test_declared_against_live(changes, fields):
    found = compare(declared(**changes), (dataset(fields=FIELDS),), probed())
    assert [one.field for one in found] == fields


def test_tables_and_columns_that_nobody_declared():
    live = probed(table(), table("b"))
    found = compare(declared(tables=2), (dataset(fields=(DataField(name="id"), DataField(name="gone"))),), live)
    assert [(one.field, one.declared, one.found) for one in found] == [
        ("d.fields", "gone", "not there"),
        ("d.fields", "", "public.a.ho_ten"),
        ("datasets", "", "table public.b belongs to none"),
    ]


def test_fields_of_several_tables_carry_their_table():
    both = dataset(
        tables=["public.a", "public.b"],
        fields=[DataField(name=f"{t}.{c}") for t in "ab" for c in ("id", "ho_ten")],
    )
    assert compare(declared(tables=2), (both,), probed(table(), table("b"))) == []


def test_personal_columns_declared_otherwise():
    found = (Detection(table="public.a", column="ho_ten", kind=PersonalData.NAME, share_ppm=1, by_name=True),)
    said = dataset(fields=(DataField(name="id"), DataField(name="ho_ten", pii=PersonalData.NONE)))
    columns = personal_columns(declared(), (said,), probed(), found)
    assert [one.declared for one in columns] == [PersonalData.NONE]
    assert [one.field for one in contradictions(columns)] == ["public.a.ho_ten pii"]


def test_unlabelled_fields_are_named():
    of = dossier(databases=[declared()], datasets=[dataset(fields=FIELDS), dataset(id="e", fields=())])
    assert unlabelled_fields(of)[0] == "d.id: source, reliability, security, scope, pii"
    assert unlabelled_fields(of)[-1] == "e: no fields declared"


def system(**changes: Any) -> DossierSystem:
    return DossierSystem.model_validate(
        {"id": "x-records", "title": NAME, "classification": "internal", **changes}
    )


def blocker(code: str) -> Blocker:
    return Blocker(code=code, severity="blocks", database="db", subjects=("a",), why=NAME, remedy="x")


@pytest.mark.parametrize(
    ("of", "database", "blockers", "strategy"),
    [
        (system(), declared(), (), Strategy.REHOST),
        (system(must_stay="luật"), declared(), (), Strategy.RETAIN),
        (system(replaced_by="identity"), declared(), (), Strategy.REPURCHASE),
        (system(replaced_by="identity"), None, (), Strategy.RETIRE),
        (system(last_used=date(2025, 1, 1)), declared(), (), Strategy.RETIRE),
        (system(last_used=date(2026, 1, 1)), declared(), (), Strategy.REHOST),
        (system(), declared(engine="oracle", version="19.3"), (), Strategy.REFACTOR),
        (system(), declared(engine="mysql", version="8.0"), (), Strategy.REPLATFORM),
        (system(), declared(version="9.6.24"), (), Strategy.REPLATFORM),
        (system(), declared(version="13.20"), (), Strategy.REPLATFORM),
        (system(), declared(version="14.20"), (), Strategy.REHOST),
        (system(), declared(version="2026-02-30"), (), Strategy.REHOST),
        (system(), declared(version="9beta"), (), Strategy.REPLATFORM),
        (system(), declared(), (blocker("no-replica-identity"),), Strategy.REPLATFORM),
        (system(), declared(), (blocker("wal-level"),), Strategy.REHOST),
    ],
)
def test_the_six_rs(of, database, blockers, strategy):
    whole = dossier(databases=[database] if database else [])
    found = advise(whole, of, blockers, TODAY)
    assert found.strategy is strategy
    assert found.why


def test_completeness_counts_to_the_total():
    parts = completeness(dossier())
    assert sum(part.of for part in parts) == TOTAL
    assert 0 < sum(part.points for part in parts) < TOTAL
    assert all(part.missing or part.points == part.of for part in parts)


def test_a_source_that_told_nothing_makes_the_assessment_wrong():
    of = dossier(databases=[declared()])
    found = assess(of, [SourceFacts("db", problem="refused")], taken_at=BEGAN)
    assert not found.is_right
    assert [one.problem for one in found.sources] == ["refused"]


def test_a_draft_keeps_what_people_said():
    live = probed()
    found = (NAMED,)
    first = with_database(
        dossier(), draft_database("db", "x-records", "service=x", live),
        [draft_dataset(live.tables[0], "db", found, Subjects(basic=100_000), set())],
    )  # fmt: skip
    drafted = first.datasets[0]
    assert (drafted.id, drafted.importance, drafted.sharing) == ("db-a", Importance.IMPORTANT, None)
    assert [field.pii for field in drafted.fields] == [None, PersonalData.NAME]
    labelled = drafted.model_copy(
        update={
            "sharing": Sharing.SHARED,
            "importance": Importance.CORE,
            "fields": tuple(field.model_copy(update={"source": "sổ bộ"}) for field in drafted.fields),
        }
    )
    again = with_database(
        first.model_copy(update={"datasets": (labelled,)}),
        draft_database("db", "x-records", "service=x", live),
        [draft_dataset(live.tables[0], "db", found, Subjects(basic=5), set())],
    )
    assert again.datasets[0] == labelled.model_copy(update={"subjects": Subjects(basic=5)})


@pytest.mark.parametrize(
    ("text", "name"), [("Sổ hộ tịch", "so-ho-tich"), ("日本", "x"), ("a" * 80, "a" * 50), ("--", "x")]
)
def test_slugs(text, name):
    assert slug(text, set()) == name
    assert slug(text, {name}) != name


def test_queries_quote_whatever_a_column_is_called():
    odd = table(columns=(ProbedColumn(name='a"; DROP TABLE x --', type="text"),))
    queries = quality_queries(dataset(), probed(odd), ())
    assert quoted('a"b') == '"a""b"'
    assert queries
    assert all('"a""; DROP TABLE x --"' in query.sql for query in queries)
