"""Where copies of the ledger lie, and who signs its heads."""

from contextlib import AbstractContextManager
from typing import Protocol

from ndcops.model.ledger import LedgerHead, LedgerSegment
from ndcops.model.signed_note import NoteKey


class LedgerCopy(Protocol):
    """One place that keeps the whole ledger. Every method raises NdcopsError when the place does not answer."""

    @property
    def name(self) -> str:
        """What it is called in reports: a site, or the coordination store."""
        ...

    def checkpoint(self) -> str | None:
        """The signed note that stands there; None when the place holds no ledger."""
        ...

    def firsts(self) -> tuple[int, ...]:
        """Numbers of the segments' first records, ascending."""
        ...

    def segment(self, first: int) -> LedgerSegment | None:
        """That segment, as it lies there; None when there is none."""
        ...


class LedgerStore(LedgerCopy, Protocol):
    """The copy that appends go through: it takes one writer at a time."""

    def head(self) -> LedgerHead | None:
        """Where the chain ends; None when it has not begun."""
        ...

    def commit(self, segment: LedgerSegment, head: LedgerHead, *, after: LedgerHead | None) -> bool:
        """Write segment and head at once, durably, if the head is still `after`; False when it is not."""
        ...

    def put_segment(self, segment: LedgerSegment) -> None:
        """Write or replace a segment, whatever the head says; only mending does."""
        ...

    def remove_segment(self, first: int) -> None:
        """Remove a segment that does not belong there; only mending does."""
        ...

    def put_head(self, head: LedgerHead) -> None:
        """Replace the head, whatever stands there; only mending does."""
        ...


class LedgerMirror(LedgerCopy, Protocol):
    """A copy in files that follows the store."""

    def held(self) -> AbstractContextManager[None]:
        """Keep other writers out while the mirror is brought up."""
        ...

    def put_segment(self, segment: LedgerSegment) -> None:
        """Write or replace a segment, whole or not at all."""
        ...

    def put_checkpoint(self, checkpoint: str) -> None:
        """Replace the checkpoint; what it signs must lie there before."""
        ...

    def remove_segment(self, first: int) -> None:
        """Remove a segment that does not belong there."""
        ...


class NoteSigner(Protocol):
    """Signs heads of the ledger (Ed25519, RFC 8032)."""

    @property
    def key(self) -> NoteKey:
        """Whose signature it is."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The raw signature, 64 bytes."""
        ...
