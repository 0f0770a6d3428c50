"""Chains of Records as lines of bytes, checked without building them: a million in seconds.

Only the standard library: the offline verifier carries this module. A line is the canonical JSON of one Record
(`record.py`); its digest is the SHA-256 of the line without the digest's own field. Nothing else of the line is
left out, so that any changed byte shows.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping

from ndcops.model.merkle import MerkleTree

GENESIS = b"0" * 64

_DIGEST = b',"digest":"'
_DIGEST_FIELD_BYTES = len(_DIGEST) + 64 + len(b'"')
_AFTER_BODY = re.compile(
    rb',"digest":"([0-9a-f]{64})","epoch":(?:0|-?[1-9][0-9]*),"kind":"[^"\\\x00-\x1f]+","previous":"([0-9a-f]{64})"'
    rb',"sequence":(0|[1-9][0-9]{0,17}),"time":"[0-9T:.Z+-]+","version":1\}'
)
"""What follows actor and body; no quotes inside, so the last `,"digest":"` of a line is the record's own."""


class ChainBroken(ValueError):
    """The first line at which a chain does not hold, and why."""


class RecordChain:
    """Follows a chain from its start; `watched` are sizes at which the Merkle root is remembered."""

    def __init__(self, watched: Iterable[int] = ()) -> None:
        self._tree = MerkleTree()
        self._last = GENESIS
        self._watched = frozenset(watched)
        self._roots = {0: self._tree.root()} if 0 in self._watched else {}

    @property
    def size(self) -> int:
        """Records so far."""
        return self._tree.size

    @property
    def tree(self) -> MerkleTree:
        """The Merkle tree over the lines."""
        return self._tree

    @property
    def last_digest(self) -> str:
        """The digest of the last record; of none, the start's."""
        return self._last.decode()

    @property
    def roots(self) -> Mapping[int, bytes]:
        """Merkle roots at the watched sizes that were passed."""
        return self._roots

    def take(self, lines: Iterable[bytes]) -> None:
        """Follow the chain through these lines, without their newlines. Raises ChainBroken."""
        for part, reached in self._parts(list(lines)):
            self._check(part)
            self._tree.extend(part)
            if reached is not None:
                self._roots[reached] = self._tree.root()

    def _parts(self, lines: list[bytes]) -> Iterable[tuple[list[bytes], int | None]]:
        """The lines, cut at the watched sizes."""
        begin, first = 0, self.size
        for size in sorted(each for each in self._watched if first < each <= first + len(lines)):
            yield lines[begin : size - first], size
            begin = size - first
        yield lines[begin:], None

    def _check(self, lines: list[bytes]) -> None:
        """One loop without calls of our own: at a million records each costs seconds."""
        last, sequence = self._last, self._tree.size
        sha256, match = hashlib.sha256, _AFTER_BODY.fullmatch
        for line in lines:
            at = line.rfind(_DIGEST)
            found = match(line, at) if at > 0 and line.startswith(b'{"actor":"') else None
            if found is None:
                raise ChainBroken(f"record {sequence}: not a record as it is written")
            digest, previous, number = found.groups()
            if int(number) != sequence:
                raise ChainBroken(f"record {sequence}: it says that it is number {number.decode()[:20]}")
            if previous != last:
                raise ChainBroken(f"record {sequence}: its previous digest is not that of record {sequence - 1}")
            hashed = sha256(line[:at])
            hashed.update(line[at + _DIGEST_FIELD_BYTES :])
            if hashed.hexdigest().encode() != digest:
                raise ChainBroken(f"record {sequence}: its content does not match its digest")
            last, sequence = digest, sequence + 1
        self._last = last
