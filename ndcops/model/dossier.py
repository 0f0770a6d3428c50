"""What an agency registers: the core that all rooms share; onboarding completes it."""

from datetime import date
from typing import Literal

from pydantic import Field

from ndcops.model.document import Document, Name, Text, Value
from ndcops.model.quantity import ByteQuantity
from ndcops.model.service import Classification


class Contact(Value):
    """A person who answers for a system."""

    name: str = Field(min_length=1)
    role: str
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")


class DossierSystem(Value):
    """A system that moves in; `service` refers to a declared Service, it never redefines one."""

    id: Name
    title: Text
    classification: Classification
    service: Name | None = None
    depends_on: tuple[Name, ...] = ()
    data_size: ByteQuantity | None = None


class Dossier(Document):
    """One agency's dossier (`inventory/agencies/ID/dossier.yaml`)."""

    KIND = "Dossier"

    kind: Literal["Dossier"] = "Dossier"
    id: Name
    title: Text
    contacts: tuple[Contact, ...] = Field(min_length=1)
    systems: tuple[DossierSystem, ...] = ()
    as_of: date
