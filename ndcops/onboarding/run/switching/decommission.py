"""`agency decommission`: the last archive restored, the stream back taken away, and two people's certificate."""

from dataclasses import dataclass

from ndcops.model.cutover import End
from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.lifecycle import GateEvidence, LifecycleState
from ndcops.model.record import JsonObject
from ndcops.model.signer import Signer
from ndcops.onboarding.plan.moves import ROOM, gate_evidence
from ndcops.onboarding.plan.switching.erasure import ERASURE_SIGNED, ErasureSignature, certifiers, retention
from ndcops.onboarding.plan.switching.facts import MoveFacts
from ndcops.onboarding.ports.restoring import CopyProofs, Restores
from ndcops.onboarding.run.room import Proposal
from ndcops.onboarding.run.switching.room import Switching
from ndcops.onboarding.steps.accepting import RestoreElsewhere, RestoreWorld
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import Runner

GONE = "the server answers and has no such database"


@dataclass
class Decommission:
    """The entrance."""

    switching: Switching
    restores: Restores
    proofs: CopyProofs

    def propose_archive(self, agency: str, system_id: str | None, *, site: str, into: str) -> Plan[RestoreWorld]:
        """The source, restored a last time elsewhere. Raises Refused for a system that is not accepted."""
        dossier, system = self._accepted(agency, system_id)
        steps = tuple(
            RestoreElsewhere(
                database=move.database, site=site, words=move.source, into=into, own_schema=move.names.schema
            )
            for move in self.switching.moves_of(agency, system.id)
        )
        title = f"agency decommission {dossier.id} {system.id}"
        return Plan(ROOM, self.switching.room.target.value, title, steps)

    def archive(self, agency: str, system_id: str | None, plan: Plan[RestoreWorld], *, command: str) -> Proposal:
        """Restore, keep the evidence, and take the stream back away: no way leads back from acceptance."""
        dossier, system = self._accepted(agency, system_id)
        switching, room = self.switching, self.switching.room
        runner = Runner(
            room.open_journal(plan.title),
            RestoreWorld(self.restores, self.proofs),
            width=1,
            stop=switching.stop,
            on_event=room.on_step,
        )
        found = runner.run(plan).evidence
        names: JsonObject = {}
        silent: list[str] = []
        for move in switching.moves_of(agency, system.id):
            names[move.database] = switching.opened(move, End.SOURCE).database()
            reverse = MoveFacts(move, {}).reverse
            switching.opened(move, End.SOURCE).drop_subscription(reverse.subscription)
            silent += switching.opened(move, End.TARGET).drop_stream(reverse)
        values: JsonObject = {"restored": bool(found), "databases": found, "names": names}
        values["slot_may_stand_at"] = silent
        return self._keep(dossier, [self._proof(dossier, system, "final-archive", values, command)], plan.title)

    def statement(self, agency: str, system_id: str | None, person: str) -> ErasureSignature:
        """What a person signs. Raises Refused while a source is still there."""
        dossier, system = self._accepted(agency, system_id)
        self._signer(person, agency)
        databases = dossier.databases_of(system.id)
        archived = self.switching.room.standing(dossier, system).latest("final-archive")
        if archived is None:
            raise Refused(
                f"{system.id}: its last archive was not restored yet",
                resolution=f"ndcops agency decommission {agency} --at SITE --into WORDS",
            )
        names = archived.values.get("names", {})
        left = [
            one.id
            for one in databases
            if one.id not in names or not self.restores.is_gone(one.connection or "", str(names[one.id]))
        ]
        if left:
            raise Refused(
                f"not seen to be erased: {', '.join(left)}",
                details=["a server that does not answer proves nothing"],
                resolution="DROP DATABASE at the agency's server, by its own people; then certify",
            )
        return ErasureSignature(
            agency=dossier.id,
            system=system.id,
            databases=tuple(one.id for one in databases),
            person=person,
            seen=GONE,
            time=self.switching.room.now(),
        )

    def certify(self, signed: ErasureSignature, *, command: str) -> Proposal:
        """Keep a signature, and the evidence as it stands with it. Raises Refused for one that does not count."""
        room = self.switching.room
        dossier, system = self._accepted(signed.agency, signed.system)
        signer = self._signer(signed.person, signed.agency)
        if not room.signatures.is_valid(signer.public_key, signed.signed_bytes(), signed.signature):
            raise Refused(f"the signature of {signed.person} does not count")
        room.ledger.append(ERASURE_SIGNED, signed.model_dump(mode="json"))
        people = certifiers(
            room.ledger.records(),
            system.id,
            signed.databases,
            room.inventory().signers,
            room.signatures.is_valid,
        )
        standing = room.standing(dossier, system)
        evidence = [
            self._proof(dossier, system, "erasure", {"people": list(people), "erased": True}, command),
            self._proof(dossier, system, "retention", retention(standing.since, room.now()), command),
        ]
        return self._keep(dossier, evidence, f"agency decommission {dossier.id} {system.id}")

    def _keep(self, dossier: Dossier, evidence: list[GateEvidence], title: str) -> Proposal:
        kept = self.switching.room.propose_evidence(dossier, evidence, title=f"{title} evidence")
        self.switching.room.execute(kept)
        return kept

    def _proof(
        self, dossier: Dossier, system: DossierSystem, check: str, values: JsonObject, command: str
    ) -> GateEvidence:
        version = self.switching.room.version
        return gate_evidence(dossier, system.id, check, values, command=command, version=version)

    def _accepted(self, agency: str, system_id: str | None) -> tuple[Dossier, DossierSystem]:
        dossier, system = self.switching.find(agency, system_id)
        state = self.switching.room.standing(dossier, system).state
        if state is not LifecycleState.ACCEPTED:
            raise Refused(
                f"{system.id} is '{state}'; only an accepted system is decommissioned",
                resolution=f"ndcops agency status {agency}",
            )
        return dossier, system

    def _signer(self, person: str, agency: str) -> Signer:
        signers = self.switching.room.inventory().signers
        found = signers.signer(person) if signers is not None else None
        if found is None or found.agency not in (None, agency):
            raise InvalidInput(f"'{person}' is no signer of {agency} or of the centre")
        return found
