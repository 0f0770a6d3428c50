"""What every copy of the ledger promises, in memory and in a folder; and what a store promises besides."""

from pathlib import Path

import pytest

from ndcops.adapters.ledger_files import LedgerFolder
from ndcops.model.ledger import LedgerSegment
from ndcops.onboarding.ports import LedgerMirror
from tests.fakes.ledger import MemoryCopy

SEGMENTS = [LedgerSegment(first=first, data=b"gzip of %d" % first) for first in (0, 256, 512)]


@pytest.fixture(params=["memory", "folder"])
def mirror(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerMirror:
    if request.param == "memory":
        return MemoryCopy("ndc1")
    return LedgerFolder("ndc1", tmp_path)


def test_a_new_copy_is_empty(mirror: LedgerMirror) -> None:
    assert mirror.checkpoint() is None
    assert mirror.firsts() == ()
    assert mirror.segment(0) is None


def test_segments_come_back_as_they_were_put_and_in_order(mirror: LedgerMirror) -> None:
    for segment in reversed(SEGMENTS):
        mirror.put_segment(segment)
    assert mirror.firsts() == (0, 256, 512)
    assert [mirror.segment(first) for first in mirror.firsts()] == SEGMENTS


def test_a_segment_that_grew_replaces_the_former(mirror: LedgerMirror) -> None:
    mirror.put_segment(SEGMENTS[0])
    grown = LedgerSegment(first=0, data=b"more")
    mirror.put_segment(grown)
    assert mirror.segment(0) == grown
    assert mirror.firsts() == (0,)


def test_the_checkpoint_comes_back_with_its_letters(mirror: LedgerMirror) -> None:
    for note in ("sổ cái\n1\nAAAA\n\n— ký AAAA\n", "second"):
        mirror.put_checkpoint(note)
        assert mirror.checkpoint() == note


def test_a_removed_segment_is_gone_and_may_be_gone_already(mirror: LedgerMirror) -> None:
    mirror.put_segment(SEGMENTS[1])
    mirror.remove_segment(256)
    mirror.remove_segment(256)
    assert mirror.firsts() == ()
