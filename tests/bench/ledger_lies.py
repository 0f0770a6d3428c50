"""Seeded lies about a ledger: edits, deletions, reorderings, truncations and forgeries of one copy."""

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from ndcops.model.ledger import LedgerSegment
from ndcops.model.merkle import MerkleTree
from ndcops.model.record import canonical_json
from ndcops.model.signed_note import Checkpoint, SignedNote
from ndcops.onboarding.plan.ledger.growth import Entry
from ndcops.onboarding.plan.ledger.segments import packed, unpacked
from ndcops.onboarding.run import Ledger
from tests.fakes.ledger import ORIGIN, MemoryCopy, MemoryStore, head_rules, signing_key

RECORDS = 600
SITES = ("ndc1", "ndc2", "ndc3")
_START = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)


@dataclass
class Truth:
    """A ledger, and every state that it had: note and segments after each append, all signed."""

    book: Ledger
    states: list[tuple[str, dict[int, bytes]]]

    def lines(self) -> list[bytes]:
        """All records."""
        return list(self.book.lines(self.book.store))


def truth(seed: int) -> Truth:
    """A ledger of RECORDS records that grew in many appends."""
    chance = Random(f"ledger/{seed}")
    minutes = iter(range(10**6))
    store, mirrors = MemoryStore(), [MemoryCopy(site) for site in SITES]
    book = Ledger(
        store, mirrors, head_rules(), signing_key(), "tester", lambda: _START + timedelta(minutes=next(minutes))
    )
    states = []
    done = 0
    while done < RECORDS:
        count = min(chance.choice((1, 1, 2, 7, 40)), RECORDS - done)
        book.append_all([_entry(chance, done + index) for index in range(count)])
        done += count
        states.append((store.checkpoint() or "", dict(store.segments)))
    return Truth(book, states)


def _entry(chance: Random, number: int) -> Entry:
    body = {"agency": f"so-{chance.randint(1, 90)}", "number": number, "ghi_chú": chance.choice(("đủ", "thiếu"))}
    return Entry(chance.choice(("agency/state", "agency/evidence")), body)


class Lie:
    """Changes one copy, whose files it holds, in a way drawn by chance."""

    def __init__(self, of: Truth, lines: list[bytes], chance: Random) -> None:
        self.of = of
        self.lines = list(lines)
        self.chance = chance
        self.note, segments = of.states[-1]
        self.segments = dict(segments)

    def tell(self) -> str:
        """Do it; gives its name."""
        kinds = (*_ON_LINES, *_ON_FILES)
        kind = self.chance.choice(kinds)
        if kind in _ON_LINES:
            kind(self)
            self._repack()
        else:
            kind(self)
        return kind.__name__.removeprefix("_")

    def is_none(self) -> bool:
        """Whether nothing that is recorded was changed: a bit that the compression never reads."""
        try:
            lines = [line for first in sorted(self.segments) for line in unpacked(self._segment(first))]
        except ValueError:
            return False
        same = lines == self.of.lines() and sorted(self.segments) == sorted(self.of.states[-1][1])
        return same and self.note == self.of.states[-1][0]

    def _segment(self, first: int) -> LedgerSegment:
        return LedgerSegment(first=first, data=self.segments[first])

    def _repack(self) -> None:
        """As the ledger itself would lay the lines out, so that only their content tells."""
        self.segments = {
            first: packed(first, self.lines[first : first + 256]).data for first in range(0, len(self.lines), 256)
        }


def _at(lie: Lie) -> int:
    return lie.chance.randrange(len(lie.lines))


def _edit_a_byte(lie: Lie) -> None:
    at = _at(lie)
    line = bytearray(lie.lines[at])
    where = lie.chance.randrange(len(line))
    line[where] = lie.chance.choice([byte for byte in range(32, 127) if byte != line[where]])
    lie.lines[at] = bytes(line)


def _changed(lie: Lie, at: int, **changes: object) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(lie.lines[at])
    return record | changes


def _sealed(record: dict[str, Any]) -> bytes:
    unsealed = {key: value for key, value in record.items() if key != "digest"}
    return canonical_json({**unsealed, "digest": hashlib.sha256(canonical_json(unsealed)).hexdigest()})


def _edit_and_seal(lie: Lie) -> None:
    at = _at(lie)
    lie.lines[at] = _sealed(_changed(lie, at, body={"agency": "so-1", "number": -at}))


def _edit_actor_or_time(lie: Lie) -> None:
    at = _at(lie)
    change = lie.chance.choice(({"actor": "somebody else"}, {"time": "2026-02-01T08:00:01Z"}))
    lie.lines[at] = _sealed(_changed(lie, at, **change))


def _rewrite_history(lie: Lie) -> None:
    """Every digest from there on is right again; only the signature is beyond a forger."""
    at = _at(lie)
    lie.lines[at] = _sealed(_changed(lie, at, body={"agency": "so-1", "number": -at}))
    for later in range(at + 1, len(lie.lines)):
        lie.lines[later] = _sealed(_changed(lie, later, previous=json.loads(lie.lines[later - 1])["digest"]))


def _rewrite_history_under_a_foreign_key(lie: Lie) -> None:
    _rewrite_history(lie)
    tree = MerkleTree()
    tree.extend(lie.lines)
    note = SignedNote(Checkpoint(ORIGIN, len(lie.lines), tree.root()).body())
    forger = signing_key(lie.chance.randint(2, 200))
    lie.note = note.signed(forger.key, forger.sign(note.body.encode())).text()


def _delete_one(lie: Lie) -> None:
    del lie.lines[_at(lie)]


def _delete_some(lie: Lie) -> None:
    at = _at(lie)
    del lie.lines[at : at + lie.chance.randint(2, 300)]


def _delete_and_chain_anew(lie: Lie) -> None:
    at = _at(lie)
    del lie.lines[at]
    for later in range(at, len(lie.lines)):
        previous = json.loads(lie.lines[later - 1])["digest"] if later else "0" * 64
        lie.lines[later] = _sealed(_changed(lie, later, previous=previous, sequence=later))


def _double(lie: Lie) -> None:
    at = _at(lie)
    lie.lines.insert(lie.chance.randrange(len(lie.lines)), lie.lines[at])


def _exchange_two(lie: Lie) -> None:
    first, second = lie.chance.sample(range(len(lie.lines)), 2)
    lie.lines[first], lie.lines[second] = lie.lines[second], lie.lines[first]


def _reverse_some(lie: Lie) -> None:
    at = lie.chance.randrange(len(lie.lines) - 2)
    end = lie.chance.randint(at + 2, len(lie.lines))
    lie.lines[at:end] = lie.lines[at:end][::-1]


def _cut_the_end(lie: Lie) -> None:
    del lie.lines[_at(lie) :]


def _add_a_record(lie: Lie) -> None:
    last = json.loads(lie.lines[-1])
    lie.lines.append(_sealed({**last, "previous": last["digest"], "sequence": len(lie.lines)}))


def _put_back_an_older_state(lie: Lie) -> None:
    """The strongest lie: whole and signed, as it once was. Only another place's head tells."""
    note, segments = lie.chance.choice(lie.of.states[:-1])
    lie.note, lie.segments = note, dict(segments)


def _older_head(lie: Lie) -> None:
    lie.note = lie.chance.choice(lie.of.states[:-1])[0]


def _flip_a_bit_of_a_file(lie: Lie) -> None:
    while True:
        first = lie.chance.choice(sorted(lie.segments))
        data = bytearray(lie.segments[first])
        data[lie.chance.randrange(len(data))] ^= 1 << lie.chance.randrange(8)
        before, lie.segments[first] = lie.segments[first], bytes(data)
        if not lie.is_none():
            return
        lie.segments[first] = before


def _cut_a_file(lie: Lie) -> None:
    first = lie.chance.choice(sorted(lie.segments))
    lie.segments[first] = lie.segments[first][: -lie.chance.randint(1, len(lie.segments[first]) - 1)]


def _lose_a_file(lie: Lie) -> None:
    del lie.segments[lie.chance.choice(sorted(lie.segments))]


def _exchange_files(lie: Lie) -> None:
    first, second = lie.chance.sample(sorted(lie.segments), 2)
    lie.segments[first], lie.segments[second] = lie.segments[second], lie.segments[first]


def _append_to_a_file(lie: Lie) -> None:
    first = lie.chance.choice(sorted(lie.segments))
    lie.segments[first] += gzip.compress(lie.lines[0] + b"\n")


def _edit_the_head(lie: Lie) -> None:
    data = bytearray(lie.note.encode())
    where = lie.chance.randrange(len(data))
    data[where] = lie.chance.choice([byte for byte in range(10, 127) if byte != data[where]])
    lie.note = data.decode(errors="replace")


def _lose_the_head(lie: Lie) -> None:
    lie.note = ""


_ON_LINES: tuple[Callable[[Lie], None], ...] = (
    _edit_a_byte,
    _edit_and_seal,
    _edit_actor_or_time,
    _rewrite_history,
    _rewrite_history_under_a_foreign_key,
    _delete_one,
    _delete_some,
    _delete_and_chain_anew,
    _double,
    _exchange_two,
    _reverse_some,
    _cut_the_end,
    _add_a_record,
)
_ON_FILES: tuple[Callable[[Lie], None], ...] = (
    _put_back_an_older_state,
    _older_head,
    _flip_a_bit_of_a_file,
    _cut_a_file,
    _lose_a_file,
    _exchange_files,
    _append_to_a_file,
    _edit_the_head,
    _lose_the_head,
)
