"""What the onboarding room needs from outside.

The ledger is a `workflow.Journal`: `append(kind, body)` and `records()`, a chain of Records. Which store keeps it
(a file, the coordination store) is wiring's matter.
"""

from ndcops.onboarding.ports.dossiers import DossierFiles, DossierText, Signatures
from ndcops.onboarding.ports.ledger import LedgerCopy, LedgerMirror, LedgerStore, NoteSigner
from ndcops.onboarding.ports.moving import MoveTargets
from ndcops.onboarding.ports.proving import ProofLimits, ProvenDatabase, ProvenDatabases, Snapshot
from ndcops.onboarding.ports.rooms import SiteRooms
from ndcops.onboarding.ports.sources import ProbeLimits, Sources

__all__ = [
    "DossierFiles",
    "DossierText",
    "LedgerCopy",
    "LedgerMirror",
    "LedgerStore",
    "MoveTargets",
    "NoteSigner",
    "ProbeLimits",
    "ProofLimits",
    "ProvenDatabase",
    "ProvenDatabases",
    "Signatures",
    "SiteRooms",
    "Snapshot",
    "Sources",
]
