"""Segments as bytes: gzip of record lines, always the same bytes for the same records."""

import gzip
import zlib
from collections.abc import Sequence

from ndcops.model.ledger import MAX_RECORD_BYTES, SEGMENT_BYTES, LedgerSegment

_LEVEL = 6
_GZIP_WINDOW = 31
"""zlib: 16 for the gzip form, and 15 for its largest window."""


class BadSegment(ValueError):
    """Bytes that are no segment."""


def packed(first: int, lines: Sequence[bytes]) -> LedgerSegment:
    """The segment of these lines."""
    return LedgerSegment(first=first, data=gzip.compress(b"\n".join([*lines, b""]), _LEVEL, mtime=0))


def unpacked(segment: LedgerSegment) -> list[bytes]:
    """Its lines. Raises BadSegment, also for data behind its end and for what unpacks beyond any segment."""
    limit = SEGMENT_BYTES + MAX_RECORD_BYTES
    machine = zlib.decompressobj(_GZIP_WINDOW)
    try:
        data = machine.decompress(segment.data, limit)
    except zlib.error as error:
        raise BadSegment(f"segment {segment.name}: not gzip: {error}") from error
    if not machine.eof:
        longer = len(data) >= limit
        raise BadSegment(f"segment {segment.name}: {'larger than any segment' if longer else 'it ends too early'}")
    if machine.unused_data:
        raise BadSegment(f"segment {segment.name}: something stands behind its end")
    if not data.endswith(b"\n"):
        raise BadSegment(f"segment {segment.name}: its last line is not whole")
    return data[:-1].split(b"\n")
