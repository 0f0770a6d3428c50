"""Records in, register out: of each thing the last word counts."""

from collections.abc import Iterable

from pydantic import ValidationError

from ndcops.model.errors import NdcopsError
from ndcops.model.lifecycle import EVIDENCE, STATE_ENTERED, SystemState
from ndcops.model.record import GENESIS, JsonObject, Record
from ndcops.model.register import (
    DOSSIER_REGISTERED,
    ROADMAP_PLANNED,
    SERVICES_DECLARED,
    DossierEntry,
    Register,
    ServiceEntry,
)
from ndcops.model.standing import standings


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
        states=_states(folding.of_states),
        roadmap=folding.roadmap,
    )


def _states(records: Iterable[Record]) -> tuple[SystemState, ...]:
    """Where every system stands. Raises Refused for a state that no gate opened."""
    found = sorted(standings(records).values(), key=lambda standing: (standing.agency, standing.system))
    return tuple(
        SystemState(
            agency=each.agency,
            system=each.system,
            state=each.state,
            since=each.since,
            dossier_sha256=str(each.entered.body["dossier_sha256"]),
        )
        for each in found
        if each.since is not None and each.entered is not None
    )


class _Folding:
    def __init__(self) -> None:
        self.dossiers: dict[str, DossierEntry] = {}
        self.services: tuple[ServiceEntry, ...] = ()
        self.of_states: list[Record] = []
        self.roadmap: JsonObject | None = None

    def take(self, record: Record) -> None:
        if record.kind in (STATE_ENTERED, EVIDENCE):
            self.of_states.append(record)
        take = {
            DOSSIER_REGISTERED: self._dossier,
            SERVICES_DECLARED: self._services,
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

    def _roadmap(self, record: Record) -> None:
        self.roadmap = record.body
