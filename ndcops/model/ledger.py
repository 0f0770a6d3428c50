"""The ledger: one chain of Records for the whole programme, in segments at every centre under one signed head."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ndcops.model.document import Document, Value, misplaced
from ndcops.model.signed_note import BadNote, NoteKey

SEGMENT_RECORDS = 256
"""Records of a whole segment; the last segment grows until then."""

SEGMENT_BYTES = 2 * 2**20
"""Before compression. A segment that reaches it is whole with fewer records."""

MAX_RECORD_BYTES = 8 * 2**20
"""Of one record: a dossier of 10,000 fields takes some 3 MiB. A line that is longer is refused."""

MAX_SEGMENT_FILE_BYTES = 1_200_000
"""Compressed. An etcd takes requests of 1.5 MiB (etcd.io, "Request size limit")."""


def _is_key(text: str) -> str:
    try:
        NoteKey.parse(text)
    except BadNote as error:
        raise ValueError(str(error)) from error
    return text


class LedgerDeclaration(Document):
    """`inventory/ledger.yaml`: the log's name, who signs it, and where its files lie. The lab brings its own.

    keys: verifier keys (C2SP signed-note) whose signature counts; signatures_needed: how many signers'
    signatures a head needs. copies_folder: where each built centre's copy lies, by its `{site}`: on that centre's
    own storage, mounted where ndcops runs.
    """

    KIND: ClassVar[str] = "Ledger"

    kind: Literal["Ledger"] = "Ledger"
    origin: str = Field(pattern=r"^[a-z0-9][-a-z0-9./]{0,126}[a-z0-9]$")
    keys: tuple[Annotated[str, AfterValidator(_is_key)], ...] = Field(min_length=1)
    signatures_needed: int = Field(ge=1, le=9, default=1)
    copies_folder: str = Field(pattern=r"^/[^{}]*\{site\}[^{}]*$")

    @model_validator(mode="after")
    def _enough_signers(self) -> Self:
        names = {NoteKey.parse(text).name for text in self.keys}
        if self.signatures_needed > len(names):
            raise misplaced(
                ("signatures_needed",), f"{self.signatures_needed} signatures, but keys of {len(names)} signers"
            )
        return self

    def folder_of(self, site: str) -> str:
        """Where that centre's copy lies."""
        return self.copies_folder.replace("{site}", site)

    def note_keys(self) -> tuple[NoteKey, ...]:
        """The keys, parsed."""
        return tuple(map(NoteKey.parse, self.keys))


class LedgerHead(Value):
    """Where the chain ends: the signed checkpoint, and what the next record and the next root go on from.

    peaks: roots of the Merkle tree's whole subtrees, in hexadecimal, the largest first.
    """

    checkpoint: str
    last_digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    peaks: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...]


class LedgerSegment(Value):
    """Consecutive records: `data` is gzip of their lines, `first` the number of the first."""

    first: int = Field(ge=0)
    data: bytes

    @property
    def name(self) -> str:
        """Its name everywhere: twelve digits, so that names sort as numbers do."""
        return f"{self.first:012d}"
