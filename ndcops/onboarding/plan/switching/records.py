"""What the ledger keeps of a change: evidence for the gates, or the way back to the plan; pure."""

from collections.abc import Mapping, Sequence

from ndcops.model.cutover import End
from ndcops.model.dossier import Dossier, dossier_digest
from ndcops.model.errors import Refused
from ndcops.model.lifecycle import EVIDENCE, GateEvidence, StateEntry
from ndcops.model.record import JsonObject, Record
from ndcops.model.standing import Standing, back_to
from ndcops.onboarding.plan.moves import ROOM, gate_evidence
from ndcops.onboarding.steps import EnterState, OnboardingWorld
from ndcops.workflow.plan import Plan

Found = Sequence[JsonObject]
"""What the steps of one kind said, one a database."""


def cutover_evidence(
    dossier: Dossier, system: str, found: Mapping[str, Found], pause_ms: int, *, command: str, version: str
) -> tuple[GateEvidence, ...]:
    """For the gate to `cut-over`. found: by the step's kind; names: where they led before."""
    values: dict[str, JsonObject] = {
        "fence": {
            "sessions": _sum(found["fence"], "sessions"),
            "prepared_transactions": _sum(found["fence"], "prepared_transactions"),
            "proven": bool(found["clear"]) and not _sum((*found["halt"], *found["clear"]), "intrusions"),
            "barred": all(each["barred"] for each in found["fence"]),
            "pause_ms": pause_ms,
            "names_before": [one for each in found["names"] if each["stage"] == "moved" for one in each["before"]],
        },
        "sentinel": {"seen": bool(found["drain"]) and all(each["seen"] is True for each in found["drain"])},
        "sequences": {"behind": _sum(found["smoke"], "behind")},
        "reverse-stream": {"running": bool(found["smoke"]) and all(each["back"] is True for each in found["smoke"])},
    }
    return tuple(
        gate_evidence(dossier, system, check, body, command=command, version=version)
        for check, body in values.items()
    )


def after_evidence(
    dossier: Dossier, system: str, found: Mapping[str, Found], *, command: str, version: str
) -> tuple[GateEvidence, ...]:
    """For the gate to `verified`: it counts only once the system is cut over."""
    values: JsonObject = {name: _sum(found["smoke"], name) for name in ("passed", "failed")}
    return (gate_evidence(dossier, system, "smoke-tests", values, command=command, version=version),)


def plan_back(
    dossier: Dossier, system: str, standing: Standing, reason: str, *, target: str, title: str
) -> Plan[OnboardingWorld]:
    """The system stands at its plan again. Raises Refused where no way leads back."""
    state = back_to(standing.state)
    if state is None:
        raise Refused(f"{system} is '{standing.state}'; no way leads back from there")
    entry = StateEntry(
        agency=dossier.id, system=system, state=state, dossier_sha256=dossier_digest(dossier), back=reason
    )
    return Plan(ROOM, target, title, (EnterState(entry, standing.state),))


def names_before(records: Sequence[Record], system: str) -> tuple[str, ...]:
    """Where the names led before the system was cut over, by the evidence of then; empty when that is not known."""
    for record in reversed(records):
        body = record.body
        if record.kind == EVIDENCE and body["system"] == system and body["check"] == "fence":
            return tuple(str(each) for each in body["values"].get("names_before", []))
    return ()


def verb_of(leaving: End) -> str:
    """How the command is called."""
    return "cutover" if leaving is End.SOURCE else "rollback"


def _sum(found: Found, name: str) -> int:
    return sum(int(each[name]) for each in found)
