"""Finds both ends of a dossier's database."""

from dataclasses import dataclass
from typing import Protocol

from ndcops.model.dossier import Dossier, DossierDatabase, DossierSystem
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.move import Move
from ndcops.onboarding.ports import MoveTargets


class _Names(Protocol):
    """Who knows what a database is called at its server."""

    def database_name(self, connection: str) -> str: ...


@dataclass(frozen=True)
class MoveWords:
    """Where a server sees the other one elsewhere than ndcops does: libpq's words, empty for the same place."""

    source_for_target: str = ""
    target_for_source: str = ""


def system_of(dossier: Dossier, database: str) -> DossierSystem:
    """The system that a database belongs to. Raises InvalidInput for a database that the dossier does not have."""
    return _declared(dossier, database)[1]


def _declared(dossier: Dossier, database: str) -> tuple[DossierDatabase, DossierSystem]:
    found = next((one for one in dossier.databases if one.id == database), None)
    system = dossier.system(found.system) if found is not None else None
    if found is None or system is None:
        known = ", ".join(one.id for one in dossier.databases)
        raise InvalidInput(f"agency '{dossier.id}' has no database '{database}'", details=[f"known: {known}"])
    return found, system


def find_move(
    dossier: Dossier, database: str, targets: MoveTargets, source: _Names, words: MoveWords | None = None
) -> Move:
    """Both ends; at the target the database keeps its name.

    Raises InvalidInput for a database that the dossier does not have, Refused when an end is not known or nobody
    leads at the target, NdcopsError when the source does not answer.
    """
    found, system = _declared(dossier, database)
    if not found.connection:
        raise Refused(
            f"{database}: where it is now is not declared",
            resolution=f"ndcops agency register {dossier.id} --from-dsn … --database {database}",
        )
    words = words or MoveWords()
    name = source.database_name(found.connection)
    leader = targets.leader(system, name)
    return Move(
        agency=dossier.id,
        system=system.id,
        database=database,
        source=found.connection,
        target=leader,
        source_for_target=words.source_for_target or found.connection,
        target_for_source=words.target_for_source or targets.anywhere(system, name),
        target_members=targets.members(system, name),
    )
