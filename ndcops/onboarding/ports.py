"""What the onboarding room needs from outside.

The ledger is a `workflow.Journal`: `append(kind, body)` and `records()`, a chain of Records. Which store keeps it
(a file, the coordination store) is wiring's matter.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ndcops.model.document import Value
from ndcops.model.dossier import Dossier
from ndcops.model.inventory import Inventory
from ndcops.model.ledger import LedgerHead, LedgerSegment
from ndcops.model.probe import ProbedDatabase, ProbedTable, ShareAnswer, ShareQuery
from ndcops.model.roadmap import SiteRoom
from ndcops.model.signed_note import NoteKey


class ProbeLimits(Value):
    """So that looking at a source never weighs on it: give up after connect_s, statement_s.

    sample_rows: of each table.
    """

    connect_s: int = 5
    statement_s: int = 30
    sample_rows: int = 1000


class Sources(Protocol):
    """Live PostgreSQL databases, only ever read.

    connection: libpq's words without a password. Every method raises NdcopsError, naming the source, when it
    refuses or does not answer in time, and InvalidInput for words that are none or hold a password.
    """

    def check(self, connection: str) -> None:
        """Raises InvalidInput for words that are none of libpq's, or hold a password; asks nobody."""
        ...

    def probe(self, connection: str, limits: ProbeLimits) -> ProbedDatabase:
        """What the database tells of itself, with samples of its columns."""
        ...

    def distinct(
        self, connection: str, places: Sequence[tuple[ProbedTable, Sequence[str]]], limits: ProbeLimits
    ) -> int | None:
        """How many different values the columns hold, over all the places together, exactly.

        Places without columns count rows. None when counting took too long.
        """
        ...

    def shares(
        self, connection: str, queries: Sequence[ShareQuery], limits: ProbeLimits
    ) -> tuple[ShareAnswer, ...]:
        """The answers to each question, in their order, each within its own time."""
        ...


class DossierText(Protocol):
    """A dossier's file as it was read. sha256: of its bytes, to know whether somebody else changed it since."""

    @property
    def text(self) -> str: ...
    @property
    def sha256(self) -> str: ...


class DossierFiles(Protocol):
    """The inventory's folder of agencies, as files that people edit."""

    def read(self, agency: str) -> DossierText | None:
        """The file; None when there is none. Raises InvalidInput for a link out of the folder, or no UTF-8."""
        ...

    def write(self, agency: str, text: str, *, expected_sha256: str | None) -> str:
        """Put the file in place at once, and return its digest.

        expected_sha256: of what was read, None when there was none. Raises Refused when it is another by now
        (two people edit at once): nothing is overwritten.
        """
        ...

    def check(self, agency: str, text: str) -> Inventory:
        """The inventory as it would be with this text. Raises InvalidInput with every problem, line and field."""
        ...

    def render(self, dossier: Dossier) -> str:
        """A dossier as a new file's text."""
        ...

    def with_parts(self, text: str, dossier: Dossier, parts: tuple[str, ...]) -> str:
        """The text with these parts of the dossier in place of its own; everything else as people wrote it."""
        ...

    def with_approval(self, text: str, approval: Mapping[str, object]) -> str:
        """The text with one more entry under `approvals`, everything else as it was written, comments too."""
        ...


class Signatures(Protocol):
    """Detached signatures."""

    def is_valid(self, public_key: str, data: bytes, signature: str) -> bool:
        """Whether `signature` (base64) over `data` is by the key (PEM). Raises InvalidInput for what is no key."""
        ...


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


class SiteRooms(Protocol):
    """How much the centres can still take, now and later; the capacity room or the declared tiers know."""

    def rooms(self) -> Sequence[SiteRoom]:
        """Free bytes by site and day. Raises NdcopsError when that is not known."""
        ...
