"""A field of a data set and its labels; every field must carry all of them before a system is assessed."""

from enum import StrEnum

from pydantic import Field

from ndcops.model.document import Value
from ndcops.model.service import Classification


class Reliability(StrEnum):
    """How far a value may be trusted (ISO 25012 credibility), best first."""

    AUTHORITATIVE = "authoritative"
    VERIFIED = "verified"
    DECLARED = "declared"
    DERIVED = "derived"


class Scope(StrEnum):
    """Who may use a field, narrowest first."""

    AGENCY = "agency"
    INTER_AGENCY = "inter-agency"
    PUBLIC = "public"


class PersonalData(StrEnum):
    """What a field tells of a person. `none` is said, too: a field without a word on it is not labelled."""

    NONE = "none"
    CITIZEN_ID = "citizen-id"
    OLD_IDENTITY = "old-identity-card"
    PASSPORT = "passport"
    NAME = "name"
    BIRTH_DATE = "birth-date"
    ADDRESS = "address"
    PHONE = "phone"
    EMAIL = "email"
    TAX_CODE = "tax-code"
    INSURANCE_NUMBER = "insurance-number"
    HEALTH_CARD = "health-card"
    BANK_ACCOUNT = "bank-account"
    HEALTH = "health"
    BIOMETRIC = "biometric"
    ETHNICITY = "ethnicity"
    RELIGION = "religion"
    LOCATION = "location"
    OTHER_BASIC = "other-basic"
    OTHER_SENSITIVE = "other-sensitive"

    @property
    def is_sensitive(self) -> bool:
        """Sensitive by Decree 13/2023, Article 2(4): health, body, origin, belief, place, accounts."""
        return self in _SENSITIVE

    @property
    def is_personal(self) -> bool:
        """Whether it tells of a person at all."""
        return self is not PersonalData.NONE


_SENSITIVE = frozenset(
    {
        PersonalData.HEALTH_CARD,
        PersonalData.BANK_ACCOUNT,
        PersonalData.HEALTH,
        PersonalData.BIOMETRIC,
        PersonalData.ETHNICITY,
        PersonalData.RELIGION,
        PersonalData.LOCATION,
        PersonalData.OTHER_SENSITIVE,
    }
)

LABELS = ("source", "reliability", "security", "scope", "pii")
"""The labels that the mission asks of every field."""


class DataField(Value):
    """A column. type: as the database spells it. dictionary_term: of the common dictionary (Decision 2439)."""

    name: str = Field(min_length=1, max_length=200)
    type: str | None = Field(min_length=1, max_length=200, default=None)
    dictionary_term: str | None = Field(min_length=1, max_length=200, default=None)
    source: str | None = Field(min_length=1, max_length=200, default=None)
    reliability: Reliability | None = None
    security: Classification | None = None
    scope: Scope | None = None
    pii: PersonalData | None = None

    def missing_labels(self) -> tuple[str, ...]:
        """Labels that nobody gave yet."""
        return tuple(label for label in LABELS if getattr(self, label) is None)
