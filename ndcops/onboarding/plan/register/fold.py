"""Records in, register out: of each thing the last word counts."""

from collections.abc import Iterable

from pydantic import ValidationError

from ndcops.model.errors import NdcopsError
from ndcops.model.lifecycle import STATE_ENTERED, StateEntry, SystemState
from ndcops.model.record import GENESIS, JsonObject, Record
from ndcops.model.register import (
    DOSSIER_REGISTERED,
    ROADMAP_PLANNED,
    SERVICES_DECLARED,
    DossierEntry,
    Register,
    ServiceEntry,
)


def fold_register(records: Iterable[Record]) -> Register:
    """The register. Kinds that say nothing of it are passed over. Raises NdcopsError for a bad body."""
    folding = _Folding()
    last: Record | None = None
    for record in records:
        folding.take(record)
        last = record
    return Register(
        size=last.sequence + 1 if last else 0,
        last_digest=last.digest if last else GENESIS,
        as_of=last.time if last else None,
        dossiers=tuple(folding.dossiers[agency] for agency in sorted(folding.dossiers)),
        services=folding.services,
        states=tuple(folding.states[key] for key in sorted(folding.states)),
        roadmap=folding.roadmap,
    )


class _Folding:
    def __init__(self) -> None:
        self.dossiers: dict[str, DossierEntry] = {}
        self.services: tuple[ServiceEntry, ...] = ()
        self.states: dict[tuple[str, str], SystemState] = {}
        self.roadmap: JsonObject | None = None

    def take(self, record: Record) -> None:
        take = {
            DOSSIER_REGISTERED: self._dossier,
            SERVICES_DECLARED: self._services,
            STATE_ENTERED: self._state,
            ROADMAP_PLANNED: self._roadmap,
        }.get(record.kind)
        if take is None:
            return
        try:
            take(record)
        except (ValidationError, KeyError, TypeError) as error:
            raise NdcopsError(
                f"the ledger's record {record.sequence} ({record.kind}) cannot be read",
                details=[" ".join(str(error).split())[:300]],
                resolution="read it with the release that wrote it",
            ) from error

    def _dossier(self, record: Record) -> None:
        dossier = record.body["dossier"]
        agency = dossier["agency"]["id"]
        self.dossiers[agency] = DossierEntry(
            agency=agency,
            dossier_sha256=record.body["dossier_sha256"],
            record=record.sequence,
            time=record.time,
            dossier=dossier,
        )

    def _services(self, record: Record) -> None:
        self.services = tuple(ServiceEntry.model_validate(entry) for entry in record.body["services"])

    def _state(self, record: Record) -> None:
        entry = StateEntry.model_validate(record.body)
        self.states[entry.agency, entry.system] = SystemState(
            agency=entry.agency,
            system=entry.system,
            state=entry.state,
            since=record.time,
            dossier_sha256=entry.dossier_sha256,
        )

    def _roadmap(self, record: Record) -> None:
        self.roadmap = record.body
