"""The dossier itself, and the one digest that both sides sign."""

import hashlib
from datetime import date
from typing import Literal

from pydantic import Field

from ndcops.model.document import Text, Versioned
from ndcops.model.dossier.agency import Agency, Contact, ContactRole
from ndcops.model.dossier.approval import Approval
from ndcops.model.dossier.database import DossierDatabase
from ndcops.model.dossier.dataset import Dataset
from ndcops.model.dossier.system import DossierSystem, Integration, Protection
from ndcops.model.record import canonical_json


class Dossier(Versioned):
    """One agency's dossier (`inventory/agencies/ID/dossier.yaml`), as of a day, from a source."""

    KIND = "Dossier"
    VERSION = "ndcops/v2"

    api_version: Literal["ndcops/v2"] = Field(alias="apiVersion", default="ndcops/v2")
    kind: Literal["Dossier"] = "Dossier"
    agency: Agency
    as_of: date
    contacts: tuple[Contact, ...] = Field(min_length=1)
    systems: tuple[DossierSystem, ...] = ()
    databases: tuple[DossierDatabase, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    integrations: tuple[Integration, ...] = ()
    protection: tuple[Protection, ...] = ()
    approvals: tuple[Approval, ...] = ()

    @property
    def id(self) -> str:
        """The agency's id."""
        return self.agency.id

    @property
    def title(self) -> Text:
        """The agency's name."""
        return self.agency.title

    def system(self, system_id: str) -> DossierSystem | None:
        """The system of that id, if there is one."""
        return next((system for system in self.systems if system.id == system_id), None)

    def databases_of(self, system_id: str) -> tuple[DossierDatabase, ...]:
        """The databases of a system."""
        return tuple(database for database in self.databases if database.system == system_id)

    def datasets_of(self, database_id: str) -> tuple[Dataset, ...]:
        """The data sets of a database."""
        return tuple(dataset for dataset in self.datasets if dataset.database == database_id)

    def contact(self, role: ContactRole) -> Contact | None:
        """The first person of that role."""
        return next((contact for contact in self.contacts if contact.role is role), None)


def dossier_digest(dossier: Dossier) -> str:
    """SHA-256, in hexadecimal, of what both sides sign: all but the signatures and what is said of states."""
    fields = dossier.model_dump(mode="json", by_alias=True, exclude={"approvals": True})
    for system in fields["systems"]:
        del system["status"]
    return hashlib.sha256(canonical_json(fields)).hexdigest()
