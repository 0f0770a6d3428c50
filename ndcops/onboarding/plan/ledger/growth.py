"""What a ledger is after some more records: the segment to write and the head to sign."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.ledger import (
    MAX_RECORD_BYTES,
    MAX_SEGMENT_FILE_BYTES,
    SEGMENT_BYTES,
    SEGMENT_RECORDS,
    LedgerHead,
    LedgerSegment,
)
from ndcops.model.merkle import MerkleTree
from ndcops.model.record import JsonObject, Record, append_record, canonical_json
from ndcops.model.signed_note import BadNote, Checkpoint, SignedNote
from ndcops.onboarding.plan.ledger.segments import packed

CHECK = "ndcops ledger verify"
_KIND = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """What is to be recorded: an action's kind and its body (canonical JSON: no floats)."""

    kind: str
    body: JsonObject


@dataclass(frozen=True)
class Growth:
    """One step of an append: `segment` replaces or begins one, `checkpoint` is what is to be signed.

    left: entries for the next step, because the segment is whole.
    """

    records: tuple[Record, ...]
    segment: LedgerSegment
    checkpoint: Checkpoint
    last_digest: str
    peaks: tuple[str, ...]
    left: tuple[Entry, ...]

    def head(self, signed: SignedNote) -> LedgerHead:
        """The head, its checkpoint signed."""
        return LedgerHead(checkpoint=signed.text(), last_digest=self.last_digest, peaks=self.peaks)


def tree_of(head: LedgerHead | None, origin: str) -> MerkleTree:
    """The tree that a head goes on from. Raises Refused when head and checkpoint contradict each other."""
    if head is None:
        return MerkleTree()
    try:
        checkpoint = Checkpoint.parse(SignedNote.parse(head.checkpoint).body)
        tree = MerkleTree(checkpoint.size, [bytes.fromhex(peak) for peak in head.peaks])
    except (BadNote, ValueError) as error:
        raise _damaged(str(error)) from error
    if tree.root() != checkpoint.root:
        raise _damaged("its peaks do not give the root that is signed")
    if checkpoint.origin != origin:
        raise _damaged(f"it is of the log '{checkpoint.origin}'; expected '{origin}'")
    return tree


def last_record(head: LedgerHead | None, open_lines: Sequence[bytes], size: int) -> Record | None:
    """The record that the next one follows. Raises Refused when the last segment does not end in it."""
    if head is None:
        return None
    if not open_lines:
        raise _damaged("its last segment is missing")
    try:
        record = Record.model_validate_json(open_lines[-1])
    except ValidationError as error:
        raise _damaged("its last line is not a record") from error
    if record.sequence != size - 1 or record.digest != head.last_digest:
        raise _damaged(f"its head stands at record {size - 1}, its last segment ends in record {record.sequence}")
    return record


def grow(
    head: LedgerHead | None,
    open_first: int,
    open_lines: Sequence[bytes],
    entries: Sequence[Entry],
    *,
    origin: str,
    actor: str,
    time: datetime,
) -> Growth:
    """The next step. open_lines: the last segment's lines, `open_first` the number of its first record.

    Raises Refused for a damaged head, InvalidInput for an entry that is too large, and as every journal ValueError
    for a body without canonical form.
    """
    tree = tree_of(head, origin)
    previous = last_record(head, open_lines, tree.size)
    is_whole = len(open_lines) >= SEGMENT_RECORDS or sum(map(len, open_lines)) >= SEGMENT_BYTES
    lines: Sequence[bytes] = () if is_whole else open_lines
    records, added = _sealed_while_there_is_room(previous, lines, entries, actor=actor, time=time)
    segment = packed(open_first if lines else tree.size, [*lines, *added])
    if len(segment.data) > MAX_SEGMENT_FILE_BYTES:
        # What hardly compresses goes alone, into a segment of its own.
        records, added = records[:1], added[:1]
        segment = _alone(tree.size, added[0], entries[0])
    tree.extend(added)
    return Growth(
        records=tuple(records),
        segment=segment,
        checkpoint=Checkpoint(origin, tree.size, tree.root()),
        last_digest=records[-1].digest,
        peaks=tuple(peak.hex() for peak in tree.peaks),
        left=tuple(entries[len(records) :]),
    )


def _sealed_while_there_is_room(
    previous: Record | None, open_lines: Sequence[bytes], entries: Sequence[Entry], *, actor: str, time: datetime
) -> tuple[list[Record], list[bytes]]:
    """At least one entry as a record, and as many more as the segment takes."""
    records: list[Record] = []
    lines: list[bytes] = []
    size_bytes = sum(map(len, open_lines))
    for entry in entries[: SEGMENT_RECORDS - len(open_lines)]:
        if records and size_bytes >= SEGMENT_BYTES:
            break
        previous, line = _sealed(previous, entry, actor=actor, time=time)
        records.append(previous)
        lines.append(line)
        size_bytes += len(line)
    return records, lines


def _sealed(previous: Record | None, entry: Entry, *, actor: str, time: datetime) -> tuple[Record, bytes]:
    if not _KIND.fullmatch(entry.kind):
        raise InvalidInput(f"'{entry.kind[:80]}' is no kind of record; expected words like agency/state")
    record = append_record(previous, time=time, actor=actor, kind=entry.kind, body=entry.body)
    line = canonical_json(record.model_dump(mode="json"))
    if len(line) > MAX_RECORD_BYTES:
        raise _too_large(entry, len(line), MAX_RECORD_BYTES)
    return record, line


def _alone(first: int, line: bytes, entry: Entry) -> LedgerSegment:
    segment = packed(first, [line])
    if len(segment.data) > MAX_SEGMENT_FILE_BYTES:
        raise _too_large(entry, len(segment.data), MAX_SEGMENT_FILE_BYTES)
    return segment


def _too_large(entry: Entry, size_bytes: int, limit_bytes: int) -> InvalidInput:
    return InvalidInput(
        f"'{entry.kind}' cannot be recorded: it takes {size_bytes:,} bytes, the most is {limit_bytes:,}",
        resolution="divide what is recorded: a large agency may keep one dossier for each of its departments",
    )


def _damaged(why: str) -> Refused:
    return Refused(
        f"the ledger's head is damaged: {why}",
        details=["nothing was recorded"],
        resolution=CHECK,
    )
