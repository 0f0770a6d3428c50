"""The register: what the ledger's records add up to. Agencies' dossiers, the centres' services, every state."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ndcops.model.document import Name, Value
from ndcops.model.lifecycle import SystemState
from ndcops.model.record import JsonObject

DOSSIER_REGISTERED = "agency/dossier"
"""Kind of the record of a dossier: body is {dossier_sha256, dossier}, the dossier whole, as it was signed."""

SERVICES_DECLARED = "inventory/services"
"""Kind of the record of the centres' own services: body is {services}, a list of what recovery needs of each."""

ROADMAP_PLANNED = "agency/roadmap"
"""Kind of the record of a roadmap: body is the Roadmap; the next one is planned near it."""


class ServiceEntry(Value):
    """What recovery needs to know of a hosted service, without the inventory at hand."""

    id: Name
    title_vi: str
    title_en: str
    grade: Literal["A", "B", "C", "D"]
    home: Name
    standby: Name
    rpo_s: int = Field(ge=0)
    rto_s: int = Field(ge=1)
    depends_on: tuple[Name, ...] = ()


class DossierEntry(Value):
    """The dossier of an agency that counts: the last one registered. record: its number in the ledger."""

    agency: Name
    dossier_sha256: str
    record: int
    time: datetime
    dossier: JsonObject


class Register(Value):
    """The register after `size` records; equal ledgers give equal registers, byte for byte."""

    size: int
    last_digest: str
    as_of: datetime | None
    dossiers: tuple[DossierEntry, ...] = ()
    services: tuple[ServiceEntry, ...] = ()
    states: tuple[SystemState, ...] = ()
    roadmap: JsonObject | None = None
