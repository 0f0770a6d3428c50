"""From everything that was found to one verdict, and to the evidence that gates ask for."""

import hashlib
from collections.abc import Sequence

from ndcops.model.lifecycle import GateEvidence
from ndcops.model.proving import Direction, Verdict, Verification
from ndcops.model.record import JsonObject, canonical_json
from ndcops.onboarding.plan.proving.catalogs import CONSTRAINTS, GRANTS
from ndcops.onboarding.plan.proving.sequences import behind

KEPT_KEYS = 20
"""Tables and undecided lines that a record names; the report has them all."""


def counted(verification: Verification) -> int:
    """All differences that are judged: rows, catalogs, sequences, large objects, orphans."""
    return (
        sum(table.differing_rows for table in verification.tables)
        + len(verification.catalog)
        + sum(not one.pending for one in verification.sequences)
        + sum(not one.pending for one in verification.large_objects)
        + orphans(verification)
    )


def orphans(verification: Verification) -> int:
    """Rows without their parent, of keys that say that they are valid."""
    return sum(one.count for one in verification.orphans if not one.not_valid)


def undecided(verification: Verification) -> tuple[str, ...]:
    """What nothing can be concluded of, a line each."""
    tables = [f"{one.table}: {one.problem}" for one in verification.tables if one.problem]
    keys = [f"{one.table}: {one.undecided} rows kept changing" for one in verification.tables if one.undecided]
    return (*verification.undecided, *tables, *keys)


def concluded(verification: Verification) -> Verification:
    """With its verdict. What is proven different stays so, whatever else could not be looked at."""
    differences, open_lines = counted(verification), undecided(verification)
    verdict = Verdict.DIFFERENT if differences else Verdict.UNDECIDED if open_lines else Verdict.SAME
    return verification.model_copy(
        update={"verdict": verdict, "differences": differences, "undecided": open_lines}
    )


def evidence_of(found: Sequence[Verification], *, command: str, version: str) -> tuple[GateEvidence, ...]:
    """Of one system, all of whose databases were compared. The undecided gives no number: its gate stays shut."""
    document = canonical_json([one.model_dump(mode="json") for one in found])
    values = _values(found)
    open_lines = [line for one in found for line in one.undecided]
    shared: JsonObject = {
        "databases": [one.database for one in found],
        "verdict": str(worst(found)),
        "seeds": [one.seed for one in found],
    }
    if open_lines:
        shared["undecided"] = open_lines[:KEPT_KEYS]
    return tuple(
        GateEvidence(
            agency=found[0].agency,
            system=found[0].system,
            check=check,
            command=command,
            version=version,
            stdout_sha256=hashlib.sha256(document).hexdigest(),
            values={**shared, **({} if open_lines else numbers)},
        )
        for check, numbers in values.items()
    )


def _values(found: Sequence[Verification]) -> dict[str, JsonObject]:
    tables = [table for one in found for table in one.tables]
    kinds = [one.kind for each in found for one in each.catalog]
    values: dict[str, JsonObject] = {
        "verification": {"differences": sum(one.differences for one in found)},
        "row-hashes": {
            "tables": len(tables),
            "rows": sum(table.source_rows for table in tables),
            "differing_rows": sum(table.differing_rows for table in tables),
            "digest": hashlib.sha256("".join(table.digest for table in tables).encode()).hexdigest(),
        },
        "foreign-keys": {"orphans": sum(orphans(one) for one in found)},
        "constraints": {"broken": sum(kind in CONSTRAINTS for kind in kinds)},
        "grants": {"differences": sum(kind in GRANTS for kind in kinds)},
    }
    if all(one.direction is not Direction.FORWARD for one in found):
        values["sequences"] = {"behind": sum(behind(one.sequences) for one in found)}
    return values


def worst(found: Sequence[Verification]) -> Verdict:
    """Of all together: a difference counts more than what is undecided."""
    verdicts = {one.verdict for one in found}
    for verdict in (Verdict.DIFFERENT, Verdict.UNDECIDED):
        if verdict in verdicts:
            return verdict
    return Verdict.SAME
