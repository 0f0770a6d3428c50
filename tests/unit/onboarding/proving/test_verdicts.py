"""From what was found to the verdict and the evidence; the gates judge the evidence."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ndcops.model.lifecycle import LifecycleState
from ndcops.model.proving import (
    CatalogDifference,
    Direction,
    HashMethod,
    LargeObjectDifference,
    Orphans,
    RowDifferenceKind,
    SequenceDifference,
    SequenceRelation,
    TableVerification,
    Verdict,
    Verification,
)
from ndcops.onboarding.plan.proving.verdicts import concluded, evidence_of
from tests.onboarding_world import Journey, Keys, dossier

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def compared(**changes: Any) -> TableVerification:
    fields: dict[str, Any] = {"table": "public.t", "key": ("id",), "columns": 2, "method": HashMethod.RECORD}
    return TableVerification(**{**fields, "source_rows": 5, "target_rows": 5, **changes})


def verification(**changes: Any) -> Verification:
    fields: dict[str, Any] = {
        "agency": "agency-x",
        "system": "x-records",
        "database": "x",
        "began_at": NOW,
        "ended_at": NOW,
        "source_version": 150008,
        "target_version": 180004,
        "direction": Direction.NONE,
        "began_lsn": 1,
        "seed": 1,
        "tables": (compared(),),
        "catalog": (),
        "sequences_compared": 1,
        "sequences": (),
        "large_objects_compared": 0,
        "large_objects": (),
        "foreign_keys_checked": 1,
        "orphans": (),
        "undecided": (),
        "notes": (),
        "verdict": Verdict.UNDECIDED,
        "differences": 0,
        **changes,
    }
    return concluded(Verification(**fields))


BEHIND = SequenceDifference(
    name="s", relation=SequenceRelation.BEHIND, source_next=5, target_next=1, pending=False
)
ORPHANS = Orphans(foreign_key="f", table="public.t", count=3, sample=(("1",),), not_valid=False)
OBJECT = LargeObjectDifference(oid=1, kind=RowDifferenceKind.CHANGED, rights_only=False, pending=False)
GRANT = CatalogDifference(kind="grant", name="table public.t", source="SELECT to a", target=None)
INDEX = CatalogDifference(kind="index", name="public.i", source="…", target=None)


@pytest.mark.parametrize(
    ("changes", "verdict", "differences"),
    [
        ({}, Verdict.SAME, 0),
        ({"tables": (compared(differing_rows=2),)}, Verdict.DIFFERENT, 2),
        ({"catalog": (GRANT,)}, Verdict.DIFFERENT, 1),
        ({"sequences": (BEHIND,)}, Verdict.DIFFERENT, 1),
        ({"sequences": (BEHIND.model_copy(update={"pending": True}),)}, Verdict.SAME, 0),
        ({"large_objects": (OBJECT,)}, Verdict.DIFFERENT, 1),
        ({"large_objects": (OBJECT.model_copy(update={"pending": True}),)}, Verdict.SAME, 0),
        ({"orphans": (ORPHANS,)}, Verdict.DIFFERENT, 3),
        ({"orphans": (ORPHANS.model_copy(update={"not_valid": True}),)}, Verdict.SAME, 0),
        ({"undecided": ("large objects: no right",)}, Verdict.UNDECIDED, 0),
        ({"tables": (compared(problem="locked"),)}, Verdict.UNDECIDED, 0),
        ({"tables": (compared(undecided=1),)}, Verdict.UNDECIDED, 0),
        ({"tables": (compared(undecided=1, differing_rows=1),)}, Verdict.DIFFERENT, 1),
    ],
)
def test_the_verdict(changes, verdict, differences):
    found = verification(**changes)
    assert (found.verdict, found.differences) == (verdict, differences)
    assert (verdict is Verdict.UNDECIDED) <= bool(found.undecided)


def values(**changes: Any) -> dict[str, dict[str, Any]]:
    found = evidence_of([verification(**changes)], command="ndcops agency verify agency-x", version="1")
    return {one.check: one.values for one in found}


def test_numbers_for_the_gates():
    found = values(
        tables=(compared(differing_rows=2),), catalog=(GRANT, INDEX), sequences=(BEHIND,), orphans=(ORPHANS,)
    )
    assert found["verification"]["differences"] == 8
    assert (found["row-hashes"]["tables"], found["row-hashes"]["differing_rows"]) == (1, 2)
    assert found["foreign-keys"]["orphans"] == 3
    assert found["constraints"]["broken"] == 1
    assert found["grants"]["differences"] == 1
    assert found["sequences"]["behind"] == 1


def test_before_the_cut_over_nothing_is_said_of_sequences():
    assert "sequences" not in values(direction=Direction.FORWARD)
    assert "sequences" in values(direction=Direction.REVERSE)


def test_what_is_undecided_gives_no_number():
    found = values(undecided=("x",))
    assert all("differences" not in one and "differing_rows" not in one for one in found.values())
    assert found["verification"]["verdict"] == "undecided"


@pytest.mark.parametrize(
    ("changes", "opens"),
    [({}, True), ({"tables": (compared(differing_rows=1),)}, False), ({"undecided": ("x",)}, False)],
)
def test_the_gates_take_the_evidence(changes, opens):
    keys = Keys()
    journey = Journey(keys, keys.signed(dossier()))
    journey.until(LifecycleState.SEEDED)
    for check in ("lag", "slot-wal", "ddl-log"):
        journey.prove(check)
    for _ in range(2):
        journey.prove("verification", values(**changes)["verification"])
    assert journey.report().is_open is opens
