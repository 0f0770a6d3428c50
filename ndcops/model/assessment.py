"""What an assessment found: declared against live, class by law, blockers, qualities, completeness, advice."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from ndcops.model.document import Name, Text, Value
from ndcops.model.dossier import Importance, PersonalData, Strategy, Subjects
from ndcops.model.dossier.dataset import QualityName


class Difference(Value):
    """Something that the live database tells otherwise. declared: empty when the dossier said nothing."""

    database: Name
    field: str
    declared: str
    found: str


class Severity(StrEnum):
    """What a blocker does to a move: it cannot begin, or somebody must know."""

    BLOCKS = "blocks"
    WARNS = "warns"


class Blocker(Value):
    """Something in a source that logical replication does not carry or does not stand. remedy: what to type."""

    code: str
    severity: Severity
    database: Name
    subjects: tuple[str, ...] = ()
    why: Text
    remedy: str


class ImportanceFinding(Value):
    """A data set's class by the legal thresholds. least: None when people could not be counted.

    wrong: the declaration does not hold. rule: the threshold that decided.
    """

    dataset: Name
    declared: Importance | None
    least: Importance | None
    subjects: Subjects | None
    wrong: bool
    why: Text


class PersonalColumn(Value):
    """A column with personal data; declared: what the dossier says of it, None when nothing."""

    database: Name
    table: str
    column: str
    kind: PersonalData
    share_ppm: int = Field(ge=0, le=1_000_000)
    declared: PersonalData | None = None


class QualityFinding(Value):
    """One of the six qualities of a data set: the ISO 25012 characteristic, the query, and the value.

    share_ppm: parts of a million that are as they should be; None with the reason in `problem`.
    """

    dataset: Name
    quality: QualityName
    characteristic: str
    subject: str
    query: str
    share_ppm: int | None = Field(ge=0, le=1_000_000, default=None)
    problem: str = ""


class CompletenessPart(Value):
    """One part of the dossier: points reached, of how many, and what would bring the rest."""

    part: str
    points: int
    of: int
    missing: tuple[str, ...] = ()


class Advice(Value):
    """Which of the six Rs suits a system, and why."""

    system: Name
    strategy: Strategy
    declared: Strategy | None
    why: tuple[Text, ...]


class SourceFinding(Value):
    """How looking at one database went. problem: why it told nothing; empty when it did."""

    database: Name
    problem: str = ""
    version: str = ""
    tables: int = 0
    size_bytes: int = 0
    hidden: tuple[str, ...] = ()


class Assessment(Value):
    """All findings about one agency, of one moment and one dossier."""

    agency: Name
    dossier_sha256: str
    taken_at: datetime
    sources: tuple[SourceFinding, ...] = ()
    differences: tuple[Difference, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    importance: tuple[ImportanceFinding, ...] = ()
    personal: tuple[PersonalColumn, ...] = ()
    qualities: tuple[QualityFinding, ...] = ()
    completeness: tuple[CompletenessPart, ...] = ()
    advice: tuple[Advice, ...] = ()
    unlabelled: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """Points of completeness, of `points_of`."""
        return sum(part.points for part in self.completeness)

    @property
    def points_of(self) -> int:
        """All points there are."""
        return sum(part.of for part in self.completeness)

    @property
    def is_right(self) -> bool:
        """Whether the dossier holds: all sources told, nothing differs, every class and label is right."""
        return not (
            any(source.problem for source in self.sources)
            or self.differences
            or any(finding.wrong for finding in self.importance)
            or self.unlabelled
        )
