"""`agency accept`: how the system ran, a restore at another centre, and the gate that both signatures open."""

from dataclasses import dataclass

from ndcops.model.cutover import End
from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.errors import Refused
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.move import Move
from ndcops.model.record import JsonObject
from ndcops.onboarding.plan.moves import ROOM, gate_evidence
from ndcops.onboarding.plan.switching.incidents import record_incidents, stream_incidents
from ndcops.onboarding.ports.restoring import CopyProofs, Restores
from ndcops.onboarding.run.room import Proposal
from ndcops.onboarding.run.switching.room import Switching
from ndcops.onboarding.steps.accepting import RestoreElsewhere, RestoreWorld
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import Runner


@dataclass(frozen=True)
class AcceptanceProposal:
    """incidents: what went wrong since the system is verified."""

    plan: Plan[RestoreWorld]
    dossier: Dossier
    system: DossierSystem
    site: str
    incidents: tuple[str, ...]


@dataclass
class Acceptance:
    """The entrance."""

    switching: Switching
    restores: Restores
    proofs: CopyProofs

    def propose(self, agency: str, system_id: str | None, *, site: str, into: str) -> AcceptanceProposal:
        """Raises Refused for a system that is not verified, or a site that is not another built one."""
        dossier, system = self.switching.find(agency, system_id)
        standing = self.switching.room.standing(dossier, system)
        if standing.state is not LifecycleState.VERIFIED:
            raise Refused(
                f"{system.id} is '{standing.state}'; only a verified system is accepted",
                resolution=f"ndcops agency status {agency}",
            )
        built = {each.name for each in self.switching.room.inventory().built_sites()}
        if site not in built or site == system.home:
            raise Refused(f"'{site}' is no built site other than the home", details=[f"home: {system.home}"])
        moves = self.switching.moves_of(agency, system.id)
        steps = tuple(
            RestoreElsewhere(
                database=move.database, site=site, words=move.target, into=into, own_schema=move.names.schema
            )
            for move in moves
        )
        title = f"agency accept {dossier.id} {system.id}"
        incidents = [*record_incidents(standing), *(why for move in moves for why in self._stream(move))]
        plan: Plan[RestoreWorld] = Plan(ROOM, self.switching.room.target.value, title, steps)
        return AcceptanceProposal(plan, dossier, system, site, tuple(incidents))

    def execute(self, proposal: AcceptanceProposal, *, command: str) -> Proposal:
        """Restore, then keep the evidence; the gate opens when both sides have signed for it."""
        switching, room = self.switching, self.switching.room
        runner = Runner(
            room.open_journal(proposal.plan.title),
            RestoreWorld(self.restores, self.proofs),
            width=1,
            stop=switching.stop,
            on_event=room.on_step,
        )
        found = list(runner.run(proposal.plan).evidence.values())
        restore: JsonObject = {
            "site": proposal.site,
            "duration_s": sum(int(each["duration_s"]) for each in found),
            "rows": sum(int(each["rows"]) for each in found),
            "rows_match": bool(found),
        }
        stability: JsonObject = {"incidents": len(proposal.incidents), "first": list(proposal.incidents[:20])}
        evidence = [
            gate_evidence(
                proposal.dossier, proposal.system.id, check, values, command=command, version=room.version
            )
            for check, values in (("restore", restore), ("stability", stability))
        ]
        kept = room.propose_evidence(proposal.dossier, evidence, title=f"{proposal.plan.title} evidence")
        room.execute(kept)
        return kept

    def _stream(self, move: Move) -> tuple[str, ...]:
        source, target = self.switching.opened(move, End.SOURCE), self.switching.opened(move, End.TARGET)
        return stream_incidents(
            move.database,
            source.subscription(move.names.reverse_subscription),
            target.slot(move.names.reverse_slot),
            source.fence(),
        )
