"""The Merkle tree over a log's entries (RFC 6962, section 2.1); only the standard library, for the verifier."""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256().digest()
"""The root of a tree without entries."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry; its prefix keeps entries and nodes apart."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """A tree that only grows. It keeps the roots of its whole subtrees alone: one for each bit of its size."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Go on from a tree of `size`. Raises ValueError when the peaks are not as many as it has."""
        if size < 0 or len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} entries does not have {len(peaks)} peaks")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        """Entries."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Roots of the whole subtrees, the largest first."""
        return tuple(self._peaks)

    def extend(self, entries: Iterable[bytes]) -> None:
        """Add entries, oldest first."""
        sha256, peaks, size = hashlib.sha256, self._peaks, self._size
        for entry in entries:
            node = sha256(b"\x00" + entry).digest()
            merging = size
            while merging & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                merging >>= 1
            peaks.append(node)
            size += 1
        self._size = size

    def root(self) -> bytes:
        """The hash that stands for all entries in their order."""
        if not self._peaks:
            return EMPTY_ROOT
        *left, root = self._peaks
        for peak in reversed(left):
            root = node_hash(peak, root)
        return root
