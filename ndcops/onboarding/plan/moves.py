"""Plans of the room: write a dossier, keep what was found, let systems into their next state; pure."""

import hashlib
from collections.abc import Sequence

from ndcops.model.assessment import Assessment, Severity
from ndcops.model.dossier import Approval, Dossier, DossierSystem, dossier_digest
from ndcops.model.errors import Refused
from ndcops.model.lifecycle import EVIDENCE, GateEvidence, GateReport, LifecycleState, StateEntry
from ndcops.model.record import JsonObject, canonical_json
from ndcops.model.register import DOSSIER_REGISTERED
from ndcops.model.standing import back_to
from ndcops.onboarding.plan.gates.entry import ASSESSMENT
from ndcops.onboarding.ports import DossierText
from ndcops.onboarding.steps import EnterState, KeepRecord, OnboardingWorld, WriteDossier
from ndcops.workflow.plan import Plan
from ndcops.workflow.step import Step

ROOM = "onboarding"
SIGNED = "agency/signed"
ASSESSED = "agency/assessed"


def text_digest(text: str) -> str:
    """SHA-256 of a file's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def plan_register(
    dossier: Dossier, text: str, before: DossierText | None, *, target: str, summary: str, ledger_head: str
) -> Plan[OnboardingWorld]:
    """Write the dossier and say so in the ledger; nothing to do when the file already says the same."""
    if before is not None and before.text == text:
        return Plan(ROOM, target, f"agency register {dossier.id}", ())
    write = WriteDossier(dossier.id, text_digest(text), before.sha256 if before is not None else None, summary)
    keep = _keep_dossier(dossier, write, ledger_head)
    return Plan(ROOM, target, f"agency register {dossier.id}", (write, keep))


def plan_sign(
    dossier: Dossier,
    approval: Approval,
    text: str,
    before: DossierText,
    reports: Sequence[GateReport],
    *,
    target: str,
    ledger_head: str,
) -> Plan[OnboardingWorld]:
    """Write the signature, keep it, and let in the systems whose gate it opens."""
    summary = f"{approval.role} {approval.decision}s ({approval.person})"
    write = WriteDossier(dossier.id, text_digest(text), before.sha256, summary)
    keep = KeepRecord(
        f"signature of {approval.person}",
        SIGNED,
        {"agency": dossier.id, "approval": approval.model_dump(mode="json")},
        ledger_head,
        (write.key,),
    )
    whole = _keep_dossier(dossier, write, ledger_head, (keep.key,))
    entries = [_enter(report, dossier, (whole.key,)) for report in reports if report.is_open]
    return Plan(ROOM, target, f"agency sign {dossier.id}", (write, keep, whole, *entries))


def plan_assess(
    dossier: Dossier,
    assessment: Assessment,
    evidence: Sequence[GateEvidence],
    reports: Sequence[GateReport],
    *,
    target: str,
    ledger_head: str,
) -> Plan[OnboardingWorld]:
    """Keep what was found, for each system, and let in those whose gate it opens."""
    steps: list[Step[OnboardingWorld]] = [
        KeepRecord(f"assessment of {dossier.id}", ASSESSED, _summary(assessment), ledger_head)
    ]
    steps += _kept(evidence, ledger_head, (steps[-1].key,))
    last = steps[-1].key
    steps += [_enter(report, dossier, (last,)) for report in reports if report.is_open]
    return Plan(ROOM, target, f"agency assess {dossier.id}", tuple(steps))


def plan_evidence(
    dossier: Dossier,
    evidence: Sequence[GateEvidence],
    reports: Sequence[GateReport],
    *,
    title: str,
    target: str,
    ledger_head: str,
) -> Plan[OnboardingWorld]:
    """Keep what a command found out, one record a check, and let in the systems whose gate that opens.

    title: the command, such as `agency seed ID`. reports: the gates as they will be with this evidence.
    """
    steps: list[Step[OnboardingWorld]] = list(_kept(evidence, ledger_head, ()))
    last = (steps[-1].key,) if steps else ()
    steps += [_enter(report, dossier, last) for report in reports if report.is_open]
    return Plan(ROOM, target, title, tuple(steps))


def plan_back(
    dossier: Dossier, system: str, before: LifecycleState, why: str, *, title: str, target: str
) -> Plan[OnboardingWorld]:
    """Take a system back to where its way begins again. Raises Refused where there is no way back."""
    state = back_to(before)
    if state is None:
        raise Refused(f"{system} is '{before}': it cannot be taken back", resolution="ndcops agency status")
    entry = StateEntry(
        agency=dossier.id, system=system, state=state, dossier_sha256=dossier_digest(dossier), back=why
    )
    return Plan(ROOM, target, title, (EnterState(entry, before),))


def gate_evidence(
    dossier: Dossier, system: str, check: str, values: JsonObject, *, command: str, version: str
) -> GateEvidence:
    """One piece of evidence; its digest is of the values: all that the command found out for the check."""
    return GateEvidence(
        agency=dossier.id,
        system=system,
        check=check,
        command=command,
        version=version,
        stdout_sha256=hashlib.sha256(canonical_json(values)).hexdigest(),
        values=values,
    )


def _kept(evidence: Sequence[GateEvidence], ledger_head: str, needs: tuple[str, ...]) -> list[KeepRecord]:
    """A record each, one after the other; several of one check are numbered."""
    steps: list[KeepRecord] = []
    named: dict[str, int] = {}
    for each in evidence:
        name = f"{each.check} of {each.system}"
        named[name] = named.get(name, 0) + 1
        name = name if named[name] == 1 else f"{name} ({named[name]})"
        after = (steps[-1].key,) if steps else needs
        steps.append(KeepRecord(name, EVIDENCE, each.model_dump(mode="json"), ledger_head, after))
    return steps


def assessment_evidence(
    dossier: Dossier, system: DossierSystem, assessment: Assessment, *, command: str, version: str
) -> GateEvidence:
    """What the gate to `assessed` asks of one system, out of the whole assessment."""
    databases = {database.id for database in dossier.databases_of(system.id)}
    datasets = {dataset.id for name in databases for dataset in dossier.datasets_of(name)}
    mine = [one for one in assessment.blockers if one.database in databases]
    values: JsonObject = {
        "dossier_sha256": assessment.dossier_sha256,
        "databases": len(databases),
        "sources_without_answer": sum(bool(s.problem) for s in assessment.sources if s.database in databases),
        "differences": sum(one.database in databases for one in assessment.differences),
        "importance_wrong": sum(one.wrong for one in assessment.importance if one.dataset in datasets),
        "unlabelled_fields": sum(_dataset_of(name) in datasets for name in assessment.unlabelled),
        "blockers": [f"{one.database}: {one.code}" for one in mine],
        "blocking": sum(one.severity is Severity.BLOCKS for one in mine),
    }
    return GateEvidence(
        agency=dossier.id,
        system=system.id,
        check=ASSESSMENT,
        command=command,
        version=version,
        stdout_sha256=hashlib.sha256(canonical_json(assessment.model_dump(mode="json"))).hexdigest(),
        values=values,
    )


def _keep_dossier(
    dossier: Dossier, write: WriteDossier, ledger_head: str, needs: tuple[str, ...] = ()
) -> KeepRecord:
    body: JsonObject = {
        "dossier_sha256": dossier_digest(dossier),
        "dossier": dossier.model_dump(mode="json", by_alias=True, exclude_none=True),
        "file_sha256": write.sha256,
        "summary": write.summary,
    }
    return KeepRecord(f"dossier of {dossier.id}", DOSSIER_REGISTERED, body, ledger_head, (write.key, *needs))


def _dataset_of(unlabelled: str) -> str:
    return unlabelled.partition(":")[0].partition(".")[0]


def _enter(report: GateReport, dossier: Dossier, needs: tuple[str, ...]) -> EnterState:
    entry = StateEntry(
        agency=report.agency,
        system=report.system,
        state=report.next or LifecycleState.DRAFT,
        dossier_sha256=dossier_digest(dossier),
        checks=report.checks,
    )
    return EnterState(entry, report.state, needs)


def _summary(assessment: Assessment) -> JsonObject:
    """The assessment without the queries' texts, which the report keeps."""
    fields: JsonObject = assessment.model_dump(mode="json")
    for quality in fields["qualities"]:
        del quality["query"]
    return fields
