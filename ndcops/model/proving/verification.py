"""What `agency verify` found: the report, and what evidence is made of."""

from datetime import datetime
from enum import StrEnum

from ndcops.model.document import Name, Value
from ndcops.model.proving.form import HashMethod


class Verdict(StrEnum):
    """undecided: something could not be looked at, or kept changing while it was; nothing is concluded from it."""

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


class Direction(StrEnum):
    """Which stream runs while the sides are compared. forward: into the centre; reverse: back to the agency."""

    NONE = "none"
    FORWARD = "forward"
    REVERSE = "reverse"


class RowDifferenceKind(StrEnum):
    """missing: only the source has it; extra: only the target; changed: both, with other values."""

    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"


class RowDifference(Value):
    """key: the key's texts. In a table without key it is empty, and hash and place (ctid, where there is more)
    say which row; source_copies and target_copies then count the equals that the other side has not.
    """

    kind: RowDifferenceKind
    key: tuple[str, ...] = ()
    hash: str = ""
    place: str = ""
    source_copies: int = 1
    target_copies: int = 1


class TableVerification(Value):
    """One table. source_rows, target_rows: at the first look. rechecked: looked at again because in flight.

    differing_rows: proven; listed: the first of them. undecided: keys that kept changing. pending: rows that no
    stream carries (unlogged). problem: why it could not be compared at all. digest: SHA-256 over the source's
    buckets; the same rows and seed give the same.
    """

    table: str
    key: tuple[str, ...]
    columns: int
    method: HashMethod
    source_rows: int = 0
    target_rows: int = 0
    rechecked: int = 0
    differing_rows: int = 0
    listed: tuple[RowDifference, ...] = ()
    undecided: int = 0
    pending: int = 0
    problem: str = ""
    digest: str = ""
    took_ms: int = 0


class CatalogDifference(Value):
    """kind: of what (`index`, `grant` …). None: not there on that side."""

    kind: str
    name: str
    source: str | None
    target: str | None


class SequenceRelation(StrEnum):
    """Of the side that shall take over, to the other. below-column: nextval would give a number that is taken."""

    BEHIND = "behind"
    AHEAD = "ahead"
    BELOW_COLUMN = "below-column"


class SequenceDifference(Value):
    """pending: no stream carries sequences; the cut-over sets them."""

    name: str
    relation: SequenceRelation
    source_next: int
    target_next: int
    pending: bool


class LargeObjectDifference(Value):
    """kind: as of rows; rights: only owner or grants differ. pending: no stream carries large objects."""

    oid: int
    kind: RowDifferenceKind
    rights_only: bool
    pending: bool


class Orphans(Value):
    """Rows of the target that name a parent that is not there. sample: key values of some."""

    foreign_key: str
    table: str
    count: int
    sample: tuple[tuple[str, ...], ...]
    not_valid: bool


class Verification(Value):
    """A whole proof of one database. began_lsn: of the side that streams, when the first look began, as a number.

    undecided: what could not be looked at, a line each. notes: what is known and not judged.
    """

    agency: Name
    system: Name
    database: Name
    began_at: datetime
    ended_at: datetime
    source_version: int
    target_version: int
    direction: Direction
    began_lsn: int
    seed: int
    tables: tuple[TableVerification, ...]
    catalog: tuple[CatalogDifference, ...]
    sequences_compared: int
    sequences: tuple[SequenceDifference, ...]
    large_objects_compared: int
    large_objects: tuple[LargeObjectDifference, ...]
    foreign_keys_checked: int
    orphans: tuple[Orphans, ...]
    undecided: tuple[str, ...]
    notes: tuple[str, ...]
    verdict: Verdict
    differences: int
