"""`agency verify`: the databases of an agency's moves, one after the other, and what that proves to the gates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ndcops.model.dossier import DatabaseEngine
from ndcops.model.errors import InvalidInput
from ndcops.model.lifecycle import GateEvidence
from ndcops.model.move import Move
from ndcops.model.proving import Verification
from ndcops.onboarding.plan.proving.verdicts import evidence_of
from ndcops.onboarding.run.room import Onboarding, Proposal


@dataclass(frozen=True)
class Verifying:
    """find: both ends of an agency's database, by their ids."""

    room: Onboarding
    find: Callable[[str, str], Move]

    def moves(self, agency: str, database: str | None) -> tuple[Move, ...]:
        """Of one database, or of all that can be compared row by row. Raises InvalidInput, Refused."""
        dossier = self.room.dossier(agency)
        if database is not None:
            return (self.find(agency, database),)
        compared = [one.id for one in dossier.databases if one.engine is DatabaseEngine.POSTGRESQL]
        if not compared:
            raise InvalidInput(f"agency '{agency}' has no PostgreSQL database")
        return tuple(self.find(agency, one) for one in compared)

    def propose(self, agency: str, found: Sequence[Verification], *, command: str) -> Proposal:
        """Keep as evidence what was found of each system, if all its databases were compared."""
        dossier = self.room.dossier(agency)
        evidence: list[GateEvidence] = []
        for system in dossier.systems:
            mine = tuple(one for one in found if one.system == system.id)
            if mine and {one.database for one in mine} == {one.id for one in dossier.databases_of(system.id)}:
                evidence += evidence_of(mine, command=command, version=self.room.version)
        return self.room.propose_evidence(dossier, evidence, title=f"agency verify {agency}")

    def unproven(self, agency: str, found: Sequence[Verification]) -> tuple[str, ...]:
        """Systems of which only some databases were compared: their gates are told nothing."""
        dossier = self.room.dossier(agency)
        compared = {one.database for one in found}
        return tuple(
            system.id
            for system in dossier.systems
            if any(one.system == system.id for one in found)
            and not {one.id for one in dossier.databases_of(system.id)} <= compared
        )
