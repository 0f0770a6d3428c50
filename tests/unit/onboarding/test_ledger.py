"""The ledger at work: what it records, whom it refuses, and that every lie in a copy is found."""

from datetime import UTC, datetime

import pytest

from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.ledger import SEGMENT_RECORDS, LedgerSegment
from ndcops.model.record import find_break
from ndcops.model.signed_note import Checkpoint, SignedNote
from ndcops.onboarding.plan.ledger.growth import Entry
from ndcops.onboarding.plan.ledger.mending import plan_mending
from ndcops.onboarding.plan.ledger.segments import packed, unpacked
from ndcops.onboarding.plan.ledger.verification import CopyState
from ndcops.onboarding.run.ledger import Ledger
from tests.fakes.ledger import ORIGIN, MemoryCopy, MemoryStore, head_rules, signing_key

NOW = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)
SITES = ("ndc1", "ndc2", "ndc3")


def ledger(store: MemoryStore | None = None, mirrors: list[MemoryCopy] | None = None, **changes: object) -> Ledger:
    fields = {"rules": head_rules(), "signer": signing_key(), "actor": "key of the register", "now": lambda: NOW}
    mirrors = mirrors if mirrors is not None else [MemoryCopy(site) for site in SITES]
    return Ledger(store=store or MemoryStore(), mirrors=mirrors, **(fields | changes))


def entries(count: int, start: int = 0) -> list[Entry]:
    return [Entry("agency/state", {"number": number}) for number in range(start, start + count)]


def states(book: Ledger) -> dict[str, CopyState]:
    return {copy.place: copy.state for copy in book.verify().copies}


@pytest.mark.parametrize("batches", [[1], [1, 1, 1], [SEGMENT_RECORDS], [SEGMENT_RECORDS - 1, 2], [3, 700, 1]])
def test_what_is_recorded_is_read_back_from_every_copy(batches: list[int]) -> None:
    book, written = ledger(), []
    for count in batches:
        appended = book.append_all(entries(count, len(written)))
        assert appended.lags == ()
        written += appended.records
    assert find_break(written) is None
    for copy in book.copies():
        assert list(book.records_of(copy)) == written
        assert len(copy.firsts()) == -(-sum(batches) // SEGMENT_RECORDS)
    verdict = book.verify()
    assert verdict.is_whole
    assert verdict.size == sum(batches)
    assert Checkpoint.parse(SignedNote.parse(verdict.checkpoint or "").body).size == sum(batches)


def test_an_empty_ledger_is_whole_and_has_no_records() -> None:
    book = ledger()
    assert list(book.records_of(book.store)) == []
    assert book.verify().is_whole


def test_a_lost_race_is_tried_again() -> None:
    store = MemoryStore()
    first, second = ledger(store), ledger(store)
    raced = []

    def race() -> None:
        store.before_commit = lambda: None
        raced.append(second.append("agency/state", {"by": "second"}))

    store.before_commit = race
    mine = first.append("agency/state", {"by": "first"})
    assert (raced[0].sequence, mine.sequence) == (0, 1)
    assert first.verify().is_whole


def test_a_mirror_that_does_not_answer_is_named_and_caught_up_later() -> None:
    book = ledger()
    book.append_all(entries(300))
    book.mirrors[1].answers = False
    appended = book.append_all(entries(400, 300))
    assert [lag.place for lag in appended.lags] == ["ndc2"]
    assert states(book)["ndc2"] is CopyState.UNREACHABLE
    book.mirrors[1].answers = True
    assert states(book)["ndc2"] is CopyState.BEHIND
    assert book.append_all(entries(1, 700)).lags == ()
    assert book.verify().is_whole


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Entry("agency/state", {"share": 0.5}), "0.5 is a float"),
        (Entry("Bad Kind", {}), "'Bad Kind' is no kind of record"),
        (Entry("agency/state", {"text": "x" * 9_000_000}), "the most is 8,388,608"),
    ],
)
def test_what_cannot_be_recorded_leaves_no_trace(entry: Entry, why: str) -> None:
    book = ledger()
    book.append_all(entries(2))
    with pytest.raises((InvalidInput, ValueError), match=why):
        book.append_all([entry])
    assert len(list(book.records_of(book.store))) == 2
    assert book.verify().is_whole


def test_what_hardly_compresses_goes_into_a_segment_of_its_own() -> None:
    import random

    noise = "".join(random.Random(1).choices("0123456789abcdef", k=1_500_000))
    book = ledger()
    book.append_all([*entries(2), Entry("agency/state", {"noise": noise}), *entries(2, 2)])
    book.append_all([Entry("agency/state", {"noise": noise}), *entries(2, 4)])
    assert book.verify().is_whole
    assert len(list(book.records_of(book.store))) == 8


def test_a_key_that_the_ledger_does_not_know_cannot_record() -> None:
    book = ledger(signer=signing_key(7, "somebody"))
    with pytest.raises(Refused, match="the key of 'somebody' cannot sign this ledger"):
        book.append_all(entries(1))
    assert book.store.head() is None


def test_two_signatures_are_needed_where_the_rules_say_so() -> None:
    rules = head_rules(signing_key(1, "first"), signing_key(2, "second"), needed=2)
    with pytest.raises(Refused, match="1 known signers signed it; 2 are needed"):
        ledger(rules=rules, signer=signing_key(1, "first")).append_all(entries(1))


def test_a_store_cut_at_its_end_takes_no_more_records() -> None:
    """The store and all but one mirror were put back to an older state, with its own valid head."""
    book = ledger()
    book.append_all(entries(300))
    store = book.store
    old = (store.kept, dict(store.segments))
    book.append_all(entries(5, 300))
    store.kept, store.segments = old
    with pytest.raises(Refused, match="store ends after 300 records, but ndc1 has a head that signs for 305"):
        book.append_all(entries(1))
    assert states(book)["coordination store"] is CopyState.BEHIND
    assert not book.verify().is_whole


def damaged(book: Ledger, change: str) -> None:
    """One lie in the copy of ndc2."""
    mirror = book.mirrors[1]
    lines = unpacked(mirror.segment(256) or LedgerSegment(first=0, data=b""))
    if change == "edit":
        lines[3] = lines[3].replace(b'"number":259', b'"number":260')
    elif change == "delete":
        del lines[3]
    elif change == "reorder":
        lines[3], lines[4] = lines[4], lines[3]
    elif change == "cut":
        lines = lines[:-1]
    elif change == "segment lost":
        del mirror.segments[0]
        return
    elif change == "segment cut":
        mirror.segments[256] = mirror.segments[256][:-20]
        return
    elif change == "behind the end":
        mirror.segments[256] += b"more"
        return
    elif change == "other key":
        note = SignedNote(SignedNote.parse(mirror.note or "").body)
        forger = signing_key(9)
        mirror.note = note.signed(forger.key, forger.sign(note.body.encode())).text()
        return
    mirror.segments[256] = packed(256, lines).data


@pytest.mark.parametrize(
    "change",
    ["edit", "delete", "reorder", "cut", "segment lost", "segment cut", "behind the end", "other key"],
)
def test_every_lie_in_a_copy_is_found_and_the_others_stay_whole(change: str) -> None:
    book = ledger()
    book.append_all(entries(300))
    damaged(book, change)
    found = states(book)
    assert found.pop("ndc2") is CopyState.DAMAGED
    assert set(found.values()) == {CopyState.WHOLE}
    with pytest.raises(Refused, match="the ledger at ndc2 does not hold"):
        list(book.records_of(book.mirrors[1]))


def test_a_copy_written_anew_with_right_digests_contradicts_the_signed_heads() -> None:
    """Whoever rewrites history makes every digest right again, but cannot sign."""
    book, forged = ledger(), ledger()
    book.append_all(entries(300))
    forged.append_all([*entries(200), Entry("agency/state", {"number": -1}), *entries(99, 201)])
    book.mirrors[1].segments = dict(forged.mirrors[1].segments)
    verdict = next(copy for copy in book.verify().copies if copy.place == "ndc2")
    assert verdict.state is CopyState.DAMAGED
    assert "its first 300 records are not those that its own head signs for" in verdict.problems


def test_two_signed_histories_contradict_each_other() -> None:
    book, forged = ledger(), ledger()
    book.append_all(entries(300))
    forged.append_all([*entries(299), Entry("agency/state", {"number": -1})])
    mirror = book.mirrors[1]
    mirror.segments, mirror.note = dict(forged.mirrors[1].segments), forged.mirrors[1].note
    assert not book.verify().is_whole
    assert states(book)["ndc2"] is CopyState.DAMAGED


def test_a_head_that_an_auditor_kept_uncovers_a_cut_of_all_copies() -> None:
    book, short = ledger(), ledger()
    book.append_all(entries(300))
    kept = book.store.checkpoint() or ""
    short.append_all(entries(200))
    assert short.verify().is_whole
    verdict = short.verify([("auditor", kept)])
    assert {copy.state for copy in verdict.copies} == {CopyState.BEHIND}
    with pytest.raises(InvalidInput, match="auditor: its head does not count"):
        short.verify([("auditor", kept.replace(ORIGIN, "other.test/log"))])


def test_a_record_that_a_killed_run_left_without_its_head_is_brought_up() -> None:
    book = ledger()
    book.append_all(entries(10))
    note = book.mirrors[0].note
    book.append_all(entries(1, 10))
    book.mirrors[0].note = note  # killed between the segment and its head
    assert states(book)["ndc1"] is CopyState.BEHIND
    assert book.sync() == ()
    assert book.verify().is_whole


def test_records_that_no_head_signs_for_are_damage() -> None:
    book, more = ledger(), ledger()
    book.append_all(entries(10))
    more.append_all(entries(11))
    book.mirrors[0].segments = dict(more.mirrors[0].segments)
    assert states(book)["ndc1"] is CopyState.DAMAGED


def test_a_lost_copy_is_missing() -> None:
    book = ledger()
    book.append_all(entries(10))
    book.mirrors[2].segments, book.mirrors[2].note = {}, None
    assert states(book)["ndc3"] is CopyState.MISSING


@pytest.mark.parametrize("change", ["edit", "delete", "segment lost", "segment cut", "other key"])
def test_a_damaged_mirror_is_mended_from_one_that_holds(change: str) -> None:
    book = ledger()
    book.append_all(entries(300))
    damaged(book, change)
    plan = plan_mending(book.verify())
    assert [each.place for each in plan.mendings] == ["ndc2"]
    book.mend(plan)
    assert book.verify().is_whole
    assert book.records()[-1].kind == "ledger/mended"


def test_a_store_that_was_lost_or_cut_is_mended_from_a_mirror() -> None:
    book = ledger()
    book.append_all(entries(300))
    old = (book.store.kept, dict(book.store.segments))
    book.append_all(entries(300, 300))
    for kept, segments in ((None, {}), old):
        expected = len(list(book.records_of(book.mirrors[0])))
        book.store.kept, book.store.segments = kept, dict(segments)
        book.mend(plan_mending(book.verify()))
        assert book.verify().is_whole
        assert len(book.records()) == expected + 1


def test_nothing_is_mended_when_no_copy_holds_against_every_head() -> None:
    book, forged = ledger(), ledger()
    book.append_all(entries(3))
    forged.append_all([*entries(2), Entry("agency/state", {"number": -1})])
    book.mirrors[0].segments, book.mirrors[0].note = forged.mirrors[0].segments, forged.mirrors[0].note
    with pytest.raises(Refused, match="no copy of the ledger holds against every signed head"):
        plan_mending(book.verify())
