"""The ports LedgerStore and LedgerMirror in memory, and a signer with a fixed key."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ndcops.adapters.signatures.notes import NoteSigningKey, is_valid_note_signature
from ndcops.model.errors import NdcopsError
from ndcops.model.ledger import LedgerHead, LedgerSegment
from ndcops.onboarding.plan.ledger.verification import HeadRules

ORIGIN = "example.test/register"


def signing_key(seed: int = 1, name: str = ORIGIN) -> NoteSigningKey:
    return NoteSigningKey(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def head_rules(*signers: NoteSigningKey, needed: int = 1) -> HeadRules:
    keys = tuple(signer.key for signer in signers or (signing_key(),))
    return HeadRules(ORIGIN, keys, needed, is_valid_note_signature)


class MemoryCopy:
    """A copy that can be told not to answer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.note: str | None = None
        self.segments: dict[int, bytes] = {}
        self.answers = True
        self._writing = threading.Lock()

    def checkpoint(self) -> str | None:
        self._require()
        return self.note

    def firsts(self) -> tuple[int, ...]:
        self._require()
        return tuple(sorted(self.segments))

    def segment(self, first: int) -> LedgerSegment | None:
        self._require()
        return LedgerSegment(first=first, data=self.segments[first]) if first in self.segments else None

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._writing:
            yield

    def put_segment(self, segment: LedgerSegment) -> None:
        self._require()
        self.segments[segment.first] = segment.data

    def put_checkpoint(self, checkpoint: str) -> None:
        self._require()
        self.note = checkpoint

    def remove_segment(self, first: int) -> None:
        self._require()
        self.segments.pop(first, None)

    def _require(self) -> None:
        if not self.answers:
            raise NdcopsError(f"{self.name} does not answer")


class MemoryStore(MemoryCopy):
    """The store; `before_commit` lets a test act between what an append read and what it writes."""

    def __init__(self, name: str = "coordination store") -> None:
        super().__init__(name)
        self.kept: LedgerHead | None = None
        self.before_commit = lambda: None
        self._guard = threading.Lock()

    def head(self) -> LedgerHead | None:
        self._require()
        return self.kept

    def checkpoint(self) -> str | None:
        self._require()
        return self.kept.checkpoint if self.kept else None

    def put_head(self, head: LedgerHead) -> None:
        self._require()
        self.kept = head

    def commit(self, segment: LedgerSegment, head: LedgerHead, *, after: LedgerHead | None) -> bool:
        self.before_commit()
        with self._guard:
            self._require()
            if self.kept != after:
                return False
            self.segments[segment.first] = segment.data
            self.kept = head
            return True
