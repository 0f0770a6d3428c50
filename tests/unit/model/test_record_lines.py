"""Chains as lines of bytes: they hold where `find_break` holds, and any changed byte shows."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.model.merkle import MerkleTree
from ndcops.model.record import Record, append_record, canonical_json, find_break
from ndcops.model.record_lines import ChainBroken, RecordChain

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['","digest":"', ',"digest":"' + "0" * 64 + '","epoch":0', "\n", '"', "\\", "Sở Nông nghiệp"]
)
BODIES = st.dictionaries(TEXT, st.none() | st.integers(-9, 9) | TEXT | st.lists(TEXT, max_size=2), max_size=3)


def lines_of(bodies: list[dict[str, object]], actor: str = "an operator") -> list[bytes]:
    chain: list[Record] = []
    for body in bodies:
        previous = chain[-1] if chain else None
        chain.append(append_record(previous, time=NOW, actor=actor, kind="step/done", body=body))
    assert find_break(chain) is None
    return [canonical_json(record.model_dump(mode="json")) for record in chain]


@settings(max_examples=60, deadline=None)
@given(bodies=st.lists(BODIES, max_size=5), actor=TEXT, at=st.integers(0, 5))
def test_a_chain_as_written_holds_in_any_parts(bodies: list[dict[str, object]], actor: str, at: int) -> None:
    lines = lines_of(bodies, actor)
    chain = RecordChain([0, 2, len(lines)])
    chain.take(lines[:at])
    chain.take(lines[at:])
    tree = MerkleTree()
    tree.extend(lines)
    assert chain.size == len(lines)
    assert chain.roots[len(lines)] == chain.tree.root() == tree.root()
    half = MerkleTree()
    half.extend(lines[:2])
    assert len(lines) < 2 or chain.roots[2] == half.root()


@settings(max_examples=100, deadline=None)
@given(data=st.data(), bodies=st.lists(BODIES, min_size=1, max_size=3))
def test_any_changed_byte_shows(data: st.DataObject, bodies: list[dict[str, object]]) -> None:
    lines = lines_of(bodies)
    which = data.draw(st.integers(0, len(lines) - 1))
    line = bytearray(lines[which])
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[at]))
    with pytest.raises(ChainBroken, match=f"record {which}:"):
        RecordChain().take([*lines[:which], bytes(line), *lines[which + 1 :]])


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ([0, 2], "record 1: it says that it is number 2"),
        ([1], "record 0: it says that it is number 1"),
        ([0, 0], "record 1: it says that it is number 0"),
        ([0, 2, 1], "record 1: it says that it is number 2"),
    ],
)
def test_lost_doubled_and_exchanged_records_show(order: list[int], why: str) -> None:
    lines = lines_of([{"n": 1}, {"n": 2}, {"n": 3}])
    with pytest.raises(ChainBroken, match=why):
        RecordChain().take([lines[number] for number in order])


def test_a_record_of_another_chain_shows() -> None:
    ours, theirs = lines_of([{"n": 1}, {"n": 2}]), lines_of([{"n": 9}, {"n": 2}])
    with pytest.raises(ChainBroken, match="record 1: its previous digest is not that of record 0"):
        RecordChain().take([ours[0], theirs[1]])
