"""What every journal promises: a chain in order, whole after any use, refusing what has no canonical form."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ndcops.model.record import find_break
from ndcops.onboarding.run import Ledger
from ndcops.workflow.journal import Journal, done_keys, has_ended
from ndcops.workflow.journal_file import FileJournal
from tests.fakes.journal import NOW, MemoryJournal
from tests.fakes.ledger import MemoryStore, head_rules, signing_key


@pytest.fixture(params=["memory", "file", "ledger"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    if request.param == "memory":
        return MemoryJournal()
    if request.param == "ledger":
        return Ledger(MemoryStore(), (), head_rules(), signing_key(), "tester", lambda: NOW)
    return FileJournal(tmp_path / "run.jsonl", actor="tester", now=lambda: NOW)


def test_a_new_journal_is_empty(journal: Journal) -> None:
    assert journal.records() == ()
    assert not has_ended(journal.records())


def test_records_stay_in_order_and_chained(journal: Journal) -> None:
    written = [journal.append("step/begun", {"key": key}) for key in "abc"]
    assert journal.records() == tuple(written)
    assert [record.sequence for record in written] == [0, 1, 2]
    assert {(record.actor, record.time) for record in written} == {("tester", NOW)}
    assert find_break(written) is None


def test_what_has_no_canonical_form_is_refused_and_leaves_no_trace(journal: Journal) -> None:
    journal.append("step/begun", {"key": "a"})
    with pytest.raises(ValueError, match=r"1\.5 is a float"):
        journal.append("step/done", {"key": "a", "duration_s": 1.5})
    journal.append("step/done", {"key": "a"})
    assert [record.kind for record in journal.records()] == ["step/begun", "step/done"]
    assert find_break(journal.records()) is None


def test_threads_share_one_chain(journal: Journal) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: journal.append("step/begun", {"key": str(number)}), range(24)))
    assert len(journal.records()) == 24
    assert find_break(journal.records()) is None


def test_done_steps_and_the_end_are_found(journal: Journal) -> None:
    for kind, body in (
        ("step/done", {"key": "a", "evidence": {}}),
        ("step/done", {"key": "b", "evidence": {}}),
        ("step/undone", {"key": "a", "evidence": {}}),
        ("run/ended", {"result": "done"}),
    ):
        journal.append(kind, body)
    assert done_keys(journal.records()) == {"b"}
    assert has_ended(journal.records())
