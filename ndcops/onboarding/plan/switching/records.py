"""What the ledger keeps of a change: evidence for the gates, pure."""

from collections.abc import Mapping, Sequence

from ndcops.model.dossier import Dossier
from ndcops.model.lifecycle import EVIDENCE, GateEvidence
from ndcops.model.record import JsonObject, Record
from ndcops.onboarding.plan.moves import gate_evidence

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
        "reverse-stream": {
            "running": bool(found["smoke"]) and all(each["back"] is True for each in found["smoke"])
        },
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


def names_before(records: Sequence[Record], system: str) -> tuple[str, ...]:
    """Where the names led before the system was cut over, by the evidence of then; empty when not known."""
    for record in reversed(records):
        body = record.body
        if record.kind == EVIDENCE and body["system"] == system and body["check"] == "fence":
            return tuple(str(each) for each in body["values"].get("names_before", []))
    return ()


def _sum(found: Found, name: str) -> int:
    return sum(int(each[name]) for each in found)
