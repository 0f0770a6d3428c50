"""What is written into the ledger so that the register can be rebuilt from it alone."""

from collections.abc import Sequence

from ndcops.model.dossier import Dossier, dossier_digest
from ndcops.model.register import DOSSIER_REGISTERED, SERVICES_DECLARED, ServiceEntry
from ndcops.model.service import Service
from ndcops.onboarding.plan.ledger.growth import Entry


def dossier_entry(dossier: Dossier) -> Entry:
    """The record of a dossier, whole: after a fire nothing else may be left of it."""
    document = dossier.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Entry(DOSSIER_REGISTERED, {"dossier_sha256": dossier_digest(dossier), "dossier": document})


def services_entry(services: Sequence[Service]) -> Entry:
    """The record of the centres' services, sorted by id, so that equal inventories give equal records."""
    entries = [_service(service) for service in sorted(services, key=lambda service: service.id)]
    return Entry(SERVICES_DECLARED, {"services": [entry.model_dump(mode="json") for entry in entries]})


def _service(service: Service) -> ServiceEntry:
    return ServiceEntry(
        id=service.id,
        title_vi=service.title.vi,
        title_en=service.title.en,
        grade=service.grade.value,
        home=service.home,
        standby=service.standby,
        rpo_s=service.rpo_s,
        rto_s=service.rto_s,
        depends_on=service.depends_on,
    )
