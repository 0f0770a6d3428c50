"""A data set: how important it is, who may have it, which role it plays: three fields, never one.

The Data Law (Article 13) parts importance from sharing; the role is a third question.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from ndcops.model.document import Name, Text, Value
from ndcops.model.dossier.field import DataField

QualityName = Literal["accurate", "sufficient", "clean", "live", "unified", "shared"]


class Importance(StrEnum):
    """First axis of the Data Law, lowest first."""

    OTHER = "other"
    IMPORTANT = "important"
    CORE = "core"

    @property
    def level(self) -> int:
        """The rank, 0 for the lowest."""
        return list(Importance).index(self)


class Sharing(StrEnum):
    """Second axis of the Data Law: for everybody, for those who are entitled, for the owner alone."""

    OPEN = "open"
    SHARED = "shared"
    PRIVATE = "private"


class DataRole(StrEnum):
    """The third axis: where values are born, who keeps the agreed copy, who only holds one."""

    ORIGINAL = "original"
    MASTER = "master"
    COPY = "copy"


class Subjects(Value):
    """Citizens whose undisclosed data a data set holds: basic and sensitive ones."""

    basic: int = Field(ge=0, le=10_000_000_000, default=0)
    sensitive: int = Field(ge=0, le=10_000_000_000, default=0)


class QualityMeasurement(Value):
    """One of the six qualities, measured. share_ppm: parts of a million that are as they should be.

    query: what was asked, so that anybody can ask again.
    """

    quality: QualityName
    share_ppm: int = Field(ge=0, le=1_000_000)
    query: str = Field(min_length=1)
    time: datetime


class Dataset(Value):
    """Some tables of a database that mean one thing. update_every_days: how old its newest row may be."""

    id: Name
    title: Text
    database: Name
    tables: tuple[str, ...] = ()
    importance: Importance | None = None
    sharing: Sharing | None = None
    role: DataRole | None = None
    subjects: Subjects | None = None
    legal_basis: str | None = Field(min_length=1, max_length=500, default=None)
    retention_days: int | None = Field(ge=1, le=365_000, default=None)
    update_every_days: int | None = Field(ge=1, le=3660, default=None)
    quality: tuple[QualityMeasurement, ...] = ()
    fields: tuple[DataField, ...] = ()
