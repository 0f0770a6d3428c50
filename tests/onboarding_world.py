"""An agency on its way in, for tests: keys, a dossier, signatures, evidence that opens every gate, a ledger."""

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ndcops.adapters.signatures import DetachedSignatures
from ndcops.model.document import Text
from ndcops.model.dossier import Approval, ApprovalPurpose, Dossier, Side, dossier_digest
from ndcops.model.lifecycle import EVIDENCE, STATE_ENTERED, GateEvidence, GateReport, LifecycleState, StateEntry
from ndcops.model.record import JsonObject, Record, append_record
from ndcops.model.signer import Signer, Signers
from ndcops.model.standing import Standing, standing_of
from ndcops.model.waiver import GateWaiver, WaiverOwner, Waivers
from ndcops.onboarding.plan.approvals import evidence_digest
from ndcops.onboarding.plan.gates import GateFacts, gate_report

BEGAN = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)
SITES = frozenset({"ndc1", "ndc2", "ndc3"})
NAME = Text(vi="Tên", en="Name")

PROOFS: dict[str, JsonObject] = {
    "roadmap": {
        "violations": 0,
        "capacity_fits": True,
        "window_start": "2026-03-01T20:00:00+07:00",
        "window_end": "2026-03-02T02:00:00+07:00",
    },
    "landing-zone": {
        "namespace": True,
        "quota": True,
        "default_deny": True,
        "rbac": True,
        "pod_security": "restricted",
        "standby_site": "ndc2",
    },
    "cross-tenant": {"allowed": 0},
    "schema-diff": {"differences": 0},
    "subscription": {"states": {"public.a": "r"}},
    "lag": {"held_s": 7200, "needed_s": 3600, "worst_bytes": 10, "bound_bytes": 100},
    "slot-wal": {"bytes": 1, "limit_bytes": 100},
    "ddl-log": {"entries": 0},
    "verification": {"differences": 0},
    "rehearsal": {"rolled_back": True, "window_s": 60, "budget_s": 3600},
    "fence": {"sessions": 0, "prepared_transactions": 0, "proven": True},
    "sentinel": {"seen": True},
    "sequences": {"behind": 0},
    "reverse-stream": {"running": True},
    "row-hashes": {"tables": 2, "differing_rows": 0},
    "foreign-keys": {"orphans": 0},
    "constraints": {"broken": 0},
    "grants": {"differences": 0},
    "smoke-tests": {"passed": 3, "failed": 0},
    "stability": {"incidents": 0},
    "restore": {"site": "ndc2", "duration_s": 600, "rows": 100, "rows_match": True},
    "retention": {"met": True},
    "final-archive": {"restored": True},
    "erasure": {"people": ["an", "binh"], "erased": True},
}
"""Evidence that opens its gate, by check."""

WANTED: dict[LifecycleState, tuple[str, ...]] = {
    LifecycleState.ASSESSED: ("assessment",),
    LifecycleState.PLANNED: ("roadmap",),
    LifecycleState.LANDING_ZONE_READY: ("landing-zone", "cross-tenant"),
    LifecycleState.SEEDED: ("schema-diff", "subscription"),
    LifecycleState.IN_SYNC: ("lag", "slot-wal", "ddl-log", "verification", "verification"),
    LifecycleState.REHEARSED: ("rehearsal",),
    LifecycleState.CUT_OVER: ("fence", "sentinel", "sequences", "reverse-stream"),
    LifecycleState.VERIFIED: ("row-hashes", "foreign-keys", "constraints", "grants", "sequences", "smoke-tests"),
    LifecycleState.ACCEPTED: ("stability", "restore"),
    LifecycleState.DECOMMISSIONED: ("retention", "final-archive", "erasure"),
}
"""Which evidence a system needs to enter a state."""


class Keys:
    """Two people with keys, one a side, and what they sign."""

    def __init__(self, agency: str = "agency-x") -> None:
        self.private = {"an": Ed25519PrivateKey.generate(), "binh": Ed25519PrivateKey.generate()}
        self.signers = Signers(
            signers=(
                Signer(name="an", title=NAME, public_key=self.public("an"), side=Side.AGENCY, agency=agency),
                Signer(name="binh", title=NAME, public_key=self.public("binh"), side=Side.CENTRE),
            )
        )

    def public(self, person: str) -> str:
        return (
            self.private[person]
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    def pem(self, person: str) -> bytes:
        return self.private[person].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, person: str, data: bytes) -> str:
        return base64.b64encode(self.private[person].sign(data)).decode()

    def approval(self, dossier: Dossier, person: str, **changes: Any) -> Approval:
        """A good signature over the dossier, or one with fields changed before it is made."""
        fields: dict[str, Any] = {
            "role": Side.AGENCY if person == "an" else Side.CENTRE,
            "person": person,
            "decision": "approve",
            "dossier_sha256": dossier_digest(dossier),
            "time": BEGAN,
            **changes,
        }
        unsigned = Approval.model_validate(fields)
        return unsigned.model_copy(update={"signature": self.sign(person, unsigned.signed_bytes())})

    def signed(self, dossier: Dossier) -> Dossier:
        """The dossier with both signatures."""
        both = tuple(self.approval(dossier, person) for person in self.private)
        return dossier.model_copy(update={"approvals": (*dossier.approvals, *both)})

    def waivers(self, check: str, *, system: str = "x-records", expires: date = date(2027, 1, 1)) -> Waivers:
        """A waiver of a gate's check, signed by its owner (the centre's person)."""
        unsigned = GateWaiver(id="w", reason=NAME, owner="binh", expires=expires, check=check, system=system)
        signature = self.sign("binh", unsigned.signed_bytes())
        return Waivers(
            owners=(WaiverOwner(name="binh", title=NAME, public_key=self.public("binh")),),
            gates=(unsigned.model_copy(update={"signature": signature}),),
        )


def dossier(**changes: Any) -> Dossier:
    """A dossier that needs nothing but signatures."""
    fields: dict[str, Any] = {
        "agency": {"id": "agency-x", "title": NAME, "level": "ministry"},
        "as_of": date(2026, 1, 31),
        "contacts": [
            {"name": "An", "role": role, "email": "an@example.vn", "phone": "+84 24 3825 1234"}
            for role in ("owner", "dba", "security", "on-call", "rollback")
        ],
        "systems": [
            {
                "id": "x-records",
                "title": NAME,
                "classification": "internal",
                "tier": {"grade": 2, "rpo_s": 60, "rto_s": 3600},
                "home": "ndc1",
                "standby": "ndc2",
            }
        ],
        **changes,
    }
    return Dossier.model_validate(fields)


class MemoryLedger:
    """A ledger in memory, whose clock is told; a `workflow.Journal`."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self.now = BEGAN

    def append(self, kind: str, body: JsonObject) -> Record:
        previous = self._records[-1] if self._records else None
        record = append_record(previous, time=self.now, actor="test", kind=kind, body=body)
        self._records.append(record)
        return record

    def records(self) -> tuple[Record, ...]:
        return tuple(self._records)

    def evidence(self, of: Dossier, check: str, values: JsonObject, system: str = "x-records") -> Record:
        found = GateEvidence(
            agency=of.id,
            system=system,
            check=check,
            command="test",
            version="1",
            stdout_sha256="0" * 64,
            values=values,
        )
        return self.append(EVIDENCE, found.model_dump(mode="json"))

    def enter(self, report: GateReport, of: Dossier) -> Record:
        assert report.next is not None
        entry = StateEntry(
            agency=of.id,
            system=report.system,
            state=report.next,
            dossier_sha256=dossier_digest(of),
            checks=report.checks,
        )
        return self.append(STATE_ENTERED, entry.model_dump(mode="json"))


class Journey:
    """One system of a signed dossier, on its way through the gates."""

    def __init__(self, keys: Keys, of: Dossier, waivers: Waivers | None = None) -> None:
        self.keys, self.dossier, self.waivers = keys, of, waivers
        self.ledger = MemoryLedger()
        self.system = of.systems[0]

    def standing(self) -> Standing:
        return standing_of(self.ledger.records(), self.dossier.id, self.system.id)

    def report(self) -> GateReport:
        return gate_report(
            GateFacts(
                dossier=self.dossier,
                system=self.system,
                standing=self.standing(),
                signers=self.keys.signers,
                waivers=self.waivers,
                sites=SITES,
                now=self.ledger.now,
                is_valid=DetachedSignatures().is_valid,
            )
        )

    def prove(self, check: str, values: Mapping[str, Any] | None = None) -> None:
        given = dict(values) if values is not None else self.good(check)
        self.ledger.evidence(self.dossier, check, given, self.system.id)

    def good(self, check: str) -> JsonObject:
        if check == "assessment":
            return {
                "dossier_sha256": dossier_digest(self.dossier),
                "sources_without_answer": 0,
                "differences": 0,
                "importance_wrong": 0,
                "unlabelled_fields": 0,
                "blockers": [],
            }
        return PROOFS[check]

    def go_on(self) -> bool:
        """Enter the next state if its gate is open."""
        report = self.report()
        if not report.is_open:
            return False
        self.ledger.enter(report, self.dossier)
        return True

    def until(self, state: LifecycleState) -> None:
        """With good evidence for everything, up to `state`."""
        while self.standing().state is not state:
            following = self.standing().state.next
            assert following is not None
            for check in WANTED.get(following, ()):
                self.prove(check)
            if following is LifecycleState.ACCEPTED:
                self.ledger.now += timedelta(days=8)
                self.accept()
            assert self.go_on(), [check for check in self.report().checks if not check.passed]

    def accept(self) -> None:
        """Both sides accept what the evidence shows now."""
        both = tuple(
            self.keys.approval(
                self.dossier,
                person,
                purpose=ApprovalPurpose.ACCEPT,
                system=self.system.id,
                evidence_sha256=evidence_digest(self.standing()),
                time=self.ledger.now,
            )
            for person in self.keys.private
        )
        self.dossier = self.dossier.model_copy(update={"approvals": (*self.dossier.approvals, *both)})
