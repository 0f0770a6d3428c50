"""The base of every file format: `apiVersion`, `kind`, frozen, no unknown fields."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

API_VERSION: Final = "ndcops/v1"
"""The first version of every kind. Older ones are migrated on reading, newer ones refused."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""A DNS label (RFC 1123): what Kubernetes takes as a name."""


class Value(BaseModel):
    """A frozen part of a document; unknown fields are errors, so that a typing slip is never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Versioned(Value):
    """A whole file: its version and kind come first. VERSION: what this release writes of the kind."""

    KIND: ClassVar[str] = ""
    VERSION: ClassVar[str] = API_VERSION

    api_version: str = Field(alias="apiVersion")
    kind: str


class Document(Versioned):
    """A file of a kind that is still in its first version."""

    api_version: Literal["ndcops/v1"] = Field(alias="apiVersion", default=API_VERSION)


class Text(Value):
    """A label for people: Vietnamese first, English for engineers."""

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)


def misplaced(path: tuple[str | int, ...], message: str) -> PydanticCustomError:
    """What a model validator raises so that the reader of files can name the line of `path`, not of the whole."""
    return PydanticCustomError("misplaced", "{message}", {"message": message, "path": list(path)})
