"""The agency and the people who answer for it."""

from enum import StrEnum

from pydantic import Field

from ndcops.model.document import Name, Text, Value


class AgencyLevel(StrEnum):
    """Where an agency stands in the state."""

    MINISTRY = "ministry"
    AGENCY = "agency"
    LOCALITY = "locality"


class Agency(Value):
    """Who registers; `id` is also the name of the dossier's folder. level: None while it is not known."""

    id: Name
    title: Text
    level: AgencyLevel | None = None


class ContactRole(StrEnum):
    """What a person answers for. `other`: a duty that the life cycle never asks for."""

    OWNER = "owner"
    DBA = "dba"
    SECURITY = "security"
    ON_CALL = "on-call"
    ROLLBACK = "rollback"
    OTHER = "other"


class Contact(Value):
    """A person who answers for a system. position: the duty in the agency's own words."""

    name: str = Field(min_length=1, max_length=200)
    role: ContactRole
    position: str | None = Field(min_length=1, max_length=200, default=None)
    phone: str | None = Field(pattern=r"^\+?[0-9][0-9 .]{6,18}[0-9]$", default=None)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
