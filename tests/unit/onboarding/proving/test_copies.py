"""A restored copy against the moment of its origin: what counts, and what a restore cannot bring."""

import threading
from datetime import UTC, datetime

import pytest

from ndcops.model.cutover import CopyFindings, RestoredCopy
from ndcops.model.proving import CatalogLine, SequenceState
from ndcops.onboarding.plan.proving.sequences import below_columns
from ndcops.onboarding.ports import ProofLimits
from ndcops.onboarding.run.proving import CopyProver, Prover
from tests.fakes.proven_databases import FakeDatabase, FakeDatabases


class Restored:
    """An origin that goes on being written to, and the copy of a moment of it."""

    def __init__(self, *, keyed: bool = True) -> None:
        self.origin, self.copy = FakeDatabase("origin", keyed=keyed), FakeDatabase("copy", keyed=keyed)
        for side in (self.origin, self.copy):
            for key in range(20):
                side.write("t", key, f"x{key}")
        self.databases = FakeDatabases({"origin": self.origin, "copy": self.copy})
        self.moment = self.databases.export("origin")

    def compare(self) -> CopyFindings:
        prover = Prover(
            databases=self.databases,
            limits=ProofLimits(),
            now=lambda: datetime(2026, 3, 1, tzinfo=UTC),
            clock=lambda: 0.0,
            wait=lambda _: None,
            seed=lambda: 42,
            stop=threading.Event(),
            on_progress=lambda *_: None,
        )
        copy = RestoredCopy(words="copy", moment=self.moment, duration_s=1)
        return CopyProver(prover).compare("origin", copy, ours="ours")


def test_what_the_origin_writes_after_the_moment_is_no_difference() -> None:
    restored = Restored()
    restored.origin.write("t", 3, "later")
    restored.origin.delete("t", 4)
    found = restored.compare()
    assert (found.tables, found.rows, found.differing) == (1, 20, ())
    assert found.digest == Restored().compare().digest


@pytest.mark.parametrize("keyed", [True, False])
def test_a_row_that_the_restore_lost_or_changed_is_found(keyed: bool) -> None:
    restored = Restored(keyed=keyed)
    restored.copy.delete("t", 4)
    (line,) = restored.compare().differing
    assert line.startswith("public.t: 1 rows differ")
    restored.copy.write("t", 4, "")
    assert len(restored.compare().differing) == 1


def test_what_could_not_be_looked_at_is_not_the_same() -> None:
    restored = Restored()
    restored.copy.refuses = {"t"}
    (line,) = restored.compare().differing
    assert "could not be compared" in line


def test_an_index_that_is_missing_counts_and_a_grant_or_a_setting_does_not() -> None:
    restored = Restored()
    restored.databases.exported[restored.moment].lines = (
        CatalogLine("index", "public.t_id", "CREATE INDEX"),
        CatalogLine("grant", "table public.t", "SELECT to an"),
        CatalogLine("owner", "table public.t", "an"),
        CatalogLine("setting", "database", "search_path=public"),
    )
    assert restored.compare().differing == ("index public.t_id: CREATE INDEX at the origin, none restored",)


def test_a_large_object_that_is_missing_counts() -> None:
    restored = Restored()
    restored.databases.exported[restored.moment].objects = {7: "a"}
    assert restored.compare().differing == ("large object 7: missing",)


def at(last_value: int, highest: int) -> SequenceState:
    return SequenceState(
        name="public.s", last_value=last_value, is_called=True, increment=1, cycles=False, highest=highest
    )


@pytest.mark.parametrize(
    ("origin", "copy", "count"),
    [
        (at(90, 90), at(50, 50), 0),
        (at(50, 50), at(49, 50), 1),
        (at(49, 50), at(49, 50), 0),
        (at(5, 5), at(9, 5), 0),
    ],
    ids=["the origin went on", "below its column", "as at the origin", "ahead"],
)
def test_a_sequence_must_not_give_a_number_that_a_row_has(
    origin: SequenceState, copy: SequenceState, count: int
) -> None:
    assert len(below_columns([origin], [copy])) == count
