"""What an agency registers: who it is, its systems, databases and data sets, and who signed for them.

A draft may leave facts out (None: not known); the gates of the life cycle ask for them, one after the other.
"""

from ndcops.model.dossier.agency import Agency, AgencyLevel, Contact, ContactRole
from ndcops.model.dossier.approval import Approval, ApprovalPurpose, Side
from ndcops.model.dossier.database import DatabaseEngine, DatabaseScope, DossierDatabase
from ndcops.model.dossier.dataset import DataRole, Dataset, Importance, QualityMeasurement, Sharing, Subjects
from ndcops.model.dossier.document import Dossier, dossier_digest
from ndcops.model.dossier.field import DataField, PersonalData, Reliability, Scope
from ndcops.model.dossier.system import (
    Criticality,
    Dependency,
    DossierSystem,
    Integration,
    Protection,
    Strategy,
    SystemStatus,
    Tier,
)

__all__ = [
    "Agency",
    "AgencyLevel",
    "Approval",
    "ApprovalPurpose",
    "Contact",
    "ContactRole",
    "Criticality",
    "DataField",
    "DataRole",
    "DatabaseEngine",
    "DatabaseScope",
    "Dataset",
    "Dependency",
    "Dossier",
    "DossierDatabase",
    "DossierSystem",
    "Importance",
    "Integration",
    "PersonalData",
    "Protection",
    "QualityMeasurement",
    "Reliability",
    "Scope",
    "Sharing",
    "Side",
    "Strategy",
    "Subjects",
    "SystemStatus",
    "Tier",
    "dossier_digest",
]
