"""Register, assess and sign for agencies, and say where each system stands."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from ndcops.model.assessment import Assessment
from ndcops.model.dossier import Approval, ApprovalPurpose, Dossier, DossierSystem, Side, dossier_digest
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.inventory import Inventory
from ndcops.model.lifecycle import GateEvidence, GateReport, LifecycleState
from ndcops.model.record import Record
from ndcops.model.signer import Signer
from ndcops.model.standing import Standing, standing_of, standings
from ndcops.model.target import TargetKind
from ndcops.onboarding.plan.approvals import approval_problem, evidence_digest
from ndcops.onboarding.plan.assessment import assess
from ndcops.onboarding.plan.gates import GateFacts, gate_report, unknown_checks
from ndcops.onboarding.plan.moves import (
    assessment_evidence,
    plan_assess,
    plan_evidence,
    plan_register,
    plan_sign,
    text_digest,
)
from ndcops.onboarding.ports import DossierFiles, DossierText, Signatures
from ndcops.onboarding.run.sources import SourceReader
from ndcops.onboarding.steps import OnboardingWorld
from ndcops.workflow.journal import Journal
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import Runner, RunResult, StepEvent


@dataclass(frozen=True)
class Proposal:
    """A plan, the texts that it writes, and what it was made from."""

    plan: Plan[OnboardingWorld]
    dossier: Dossier
    texts: dict[str, str]
    reports: tuple[GateReport, ...] = ()
    assessment: Assessment | None = None


class Executable(Protocol):
    """What `execute` takes: a plan, the texts that it writes, and the gates as they will be."""

    @property
    def plan(self) -> Plan[OnboardingWorld]: ...
    @property
    def texts(self) -> Mapping[str, str]: ...
    @property
    def reports(self) -> Sequence[GateReport]: ...


@dataclass
class Onboarding:
    """The room's entrance. version: of this program, for evidence."""

    target: TargetKind
    inventory: Callable[[], Inventory]
    files: DossierFiles
    ledger: Journal
    signatures: Signatures
    reader: SourceReader
    open_journal: Callable[[str], Journal]
    now: Callable[[], datetime]
    version: str
    stop: threading.Event
    on_step: Callable[[StepEvent], None]

    def dossier(self, agency: str) -> Dossier:
        """The dossier of an agency. Raises InvalidInput for an unknown one, or a bad inventory."""
        found = self.inventory().dossier(agency)
        if found is None:
            raise InvalidInput(f"no agency is called '{agency}'", resolution="ndcops agency status")
        return found

    def propose_dossier(self, agency: str, text: str, *, summary: str) -> Proposal:
        """Write this text as the dossier. Raises InvalidInput with every problem that it would bring."""
        checked = self.files.check(agency, text).dossier(agency)
        if checked is None:
            raise InvalidInput(f"the text is not the dossier of '{agency}'")
        if checked.as_of > self.now().date():
            raise InvalidInput(
                f"as_of of dossier '{agency}' is {checked.as_of}, which is still to come",
                resolution="give the day on which its facts were true",
            )
        plan = plan_register(
            checked,
            text,
            self.files.read(agency),
            target=self.target.value,
            summary=summary,
            ledger_head=self._head(),
        )
        return Proposal(plan, checked, {text_digest(text): text})

    def assess(self, agency: str, *, command: str) -> Proposal:
        """Look at the live sources, compare, and plan what the ledger keeps. Sources are only read."""
        dossier = self.dossier(agency)
        assessment = assess(dossier, self.reader.facts_of(dossier), taken_at=self.now())
        evidence = [
            assessment_evidence(dossier, system, assessment, command=command, version=self.version)
            for system in dossier.systems
        ]
        reports = tuple(
            report for report in self._reports_with(dossier, evidence) if report.next is LifecycleState.ASSESSED
        )
        plan = plan_assess(
            dossier, assessment, evidence, reports, target=self.target.value, ledger_head=self._head()
        )
        return Proposal(plan, dossier, {}, reports, assessment)

    def propose_evidence(self, dossier: Dossier, evidence: Sequence[GateEvidence], *, title: str) -> Proposal:
        """Keep what a command found out about systems, and let in those whose gate it opens.

        Only gates of the systems that the evidence is about are opened.
        """
        about = {each.system for each in evidence}
        reports = tuple(report for report in self._reports_with(dossier, evidence) if report.system in about)
        plan = plan_evidence(
            dossier, evidence, reports, title=title, target=self.target.value, ledger_head=self._head()
        )
        return Proposal(plan, dossier, {}, reports)

    def approval(self, agency: str, person: str, *, refuse: bool = False, system: str | None = None) -> Approval:
        """The entry that a person signs, as yet without signature. Raises InvalidInput, Refused."""
        dossier = self.dossier(agency)
        signer = self._signer(person, agency)
        accepted = None
        if system is not None:
            standing = self.standing(dossier, self._system(dossier, system))
            if standing.state is not LifecycleState.VERIFIED:
                raise Refused(
                    f"{system} is '{standing.state}'; only a verified system can be accepted",
                    resolution=f"ndcops agency status {agency}",
                )
            accepted = evidence_digest(standing)
        return Approval(
            role=signer.side,
            person=person,
            purpose=ApprovalPurpose.REGISTER if system is None else ApprovalPurpose.ACCEPT,
            system=system,
            decision="refuse" if refuse else "approve",
            dossier_sha256=dossier_digest(dossier),
            evidence_sha256=accepted,
            time=self.now().replace(microsecond=0),
        )

    def propose_signature(self, agency: str, approval: Approval) -> Proposal:
        """Put a signature into the dossier, and let in what it opens. Raises Refused for one that is not good."""
        dossier = self.dossier(agency)
        inventory = self.inventory()
        problem = approval_problem(approval, dossier, inventory.signers, self.now(), self.signatures.is_valid)
        if problem:
            raise Refused(f"the signature does not count: {problem}", resolution="ndcops agency sign --help")
        before = self._text(agency)
        text = self.files.with_approval(before.text, approval.model_dump(mode="json", exclude_none=True))
        signed = self.files.check(agency, text).dossier(agency)
        if signed is None or dossier_digest(signed) != approval.dossier_sha256:
            raise Refused(
                f"dossier '{agency}' changed while it was signed", resolution=f"ndcops agency sign {agency}"
            )
        reports = tuple(
            report
            for report in self._reports(signed, self._standings(signed))
            if report.state is (LifecycleState.DRAFT if approval.system is None else LifecycleState.VERIFIED)
            and approval.system in (None, report.system)
        )
        plan = plan_sign(
            signed, approval, text, before, reports, target=self.target.value, ledger_head=self._head()
        )
        return Proposal(plan, signed, {text_digest(text): text}, reports)

    def execute(self, proposal: Executable) -> RunResult:
        """Run the plan, journaled. Raises PartlyApplied or Interrupted when not all of it was done."""
        world = OnboardingWorld(self.files, self.ledger, proposal.texts)
        journal = self.open_journal(proposal.plan.title)
        return Runner(journal, world, width=1, stop=self.stop, on_event=self.on_step).run(proposal.plan)

    def status(self, agency: str | None = None) -> tuple[GateReport, ...]:
        """Where systems stand and what the next gate asks; of all agencies without a name."""
        chosen = [self.dossier(agency)] if agency is not None else list(self.inventory().dossiers)
        return tuple(report for dossier in chosen for report in self._reports(dossier, self._standings(dossier)))

    def standing(self, dossier: Dossier, system: DossierSystem) -> Standing:
        """Where one system stands by the ledger."""
        return standing_of(self.ledger.records(), dossier.id, system.id)

    def states(self) -> dict[str, LifecycleState]:
        """Where every system that the ledger knows stands."""
        return {name: each.state for name, each in standings(self.ledger.records()).items()}

    def _standings(self, dossier: Dossier) -> dict[str, Standing]:
        known = standings(self.ledger.records())
        return {one.id: known.get(one.id, Standing(dossier.id, one.id)) for one in dossier.systems}

    def _reports(self, dossier: Dossier, found: dict[str, Standing]) -> tuple[GateReport, ...]:
        inventory = self.inventory()
        unknown = unknown_checks(inventory.waivers)
        if unknown:
            raise InvalidInput(
                "waivers.yaml holds exceptions that no gate knows",
                details=unknown,
                resolution="ndcops agency status --json names every check",
            )
        return tuple(
            gate_report(
                GateFacts(
                    dossier=dossier,
                    system=system,
                    standing=found[system.id],
                    signers=inventory.signers,
                    waivers=inventory.waivers,
                    sites=frozenset(site.name for site in inventory.built_sites()),
                    now=self.now(),
                    is_valid=self.signatures.is_valid,
                )
            )
            for system in dossier.systems
        )

    def _reports_with(self, dossier: Dossier, evidence: Sequence[GateEvidence]) -> tuple[GateReport, ...]:
        """The gates as they will be once this evidence is kept."""
        found = self._standings(dossier)
        record = _placeholder(self.ledger.records(), self.now())
        for each in evidence:
            before = found[each.system]
            found[each.system] = replace(before, evidence=(*before.evidence, (record, each)))
        return self._reports(dossier, found)

    def _signer(self, person: str, agency: str) -> Signer:
        signers = self.inventory().signers
        signer = signers.signer(person) if signers is not None else None
        if signer is None:
            raise InvalidInput(
                f"'{person}' is no signer",
                details=[
                    f"known: {', '.join(one.name for one in signers.signers)}" if signers else "none is declared"
                ],
                resolution="add the person and the public key to inventory/signers.yaml; the centre reviews it",
            )
        if signer.side is Side.AGENCY and signer.agency != agency:
            raise Refused(f"'{person}' signs for {signer.agency}, not for {agency}")
        return signer

    def _system(self, dossier: Dossier, system: str) -> DossierSystem:
        found = dossier.system(system)
        if found is None:
            known = ", ".join(one.id for one in dossier.systems)
            raise InvalidInput(f"agency '{dossier.id}' has no system '{system}'", details=[f"known: {known}"])
        return found

    def _text(self, agency: str) -> DossierText:
        found = self.files.read(agency)
        if found is None:
            raise InvalidInput(f"agency '{agency}' has no dossier", resolution=f"ndcops agency register {agency}")
        return found

    def _head(self) -> str:
        records = self.ledger.records()
        return records[-1].digest if records else ""


def _placeholder(records: Sequence[Record], now: datetime) -> Record:
    """Stands for the record that evidence will have; no gate to `assessed` looks at more than its place."""
    number = len(records)
    return Record(sequence=number, previous="", time=now, actor="", kind="", body={}, digest="")
