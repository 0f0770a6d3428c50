"""Where each system stands, from the ledger alone; pure. A ledger that skips a state is refused, not believed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from ndcops.model.errors import Refused
from ndcops.model.lifecycle import EVIDENCE, STATE_ENTERED, GateEvidence, LifecycleState, StateEntry
from ndcops.model.record import Record

Entry = TypeVar("Entry", StateEntry, GateEvidence)

_ROLLED_BACK = frozenset(
    {
        LifecycleState.SEEDED,
        LifecycleState.IN_SYNC,
        LifecycleState.REHEARSED,
        LifecycleState.CUT_OVER,
        LifecycleState.VERIFIED,
    }
)
_WITHDRAWN = frozenset(
    {
        LifecycleState.REGISTERED,
        LifecycleState.ASSESSED,
        LifecycleState.PLANNED,
        LifecycleState.LANDING_ZONE_READY,
    }
)


@dataclass(frozen=True)
class Standing:
    """A system's state, since when, and the evidence recorded since it is in that state, oldest first.

    entered: the ledger's record of the entry; None for a draft.
    """

    agency: str
    system: str
    state: LifecycleState = LifecycleState.DRAFT
    since: datetime | None = None
    entered: Record | None = None
    evidence: tuple[tuple[Record, GateEvidence], ...] = ()

    def latest(self, check: str) -> GateEvidence | None:
        """The newest evidence for a check."""
        return next((found for _, found in reversed(self.evidence) if found.check == check), None)

    def all_for(self, check: str) -> tuple[GateEvidence, ...]:
        """All evidence for a check, oldest first."""
        return tuple(found for _, found in self.evidence if found.check == check)


def back_to(state: LifecycleState) -> LifecycleState | None:
    """Where a system goes that is taken back: to its plan, or to a draft; None when there is no way back."""
    if state in _ROLLED_BACK:
        return LifecycleState.PLANNED
    return LifecycleState.DRAFT if state in _WITHDRAWN else None


def standings(records: Iterable[Record]) -> dict[str, Standing]:
    """Every system that the ledger knows. Raises Refused for an entry that no rule allows."""
    found: dict[str, Standing] = {}
    for record in records:
        if record.kind == STATE_ENTERED:
            entry = _parsed(record, StateEntry)
            found[entry.system] = _entered(_of(found, entry.agency, entry.system, record), entry, record)
        elif record.kind == EVIDENCE:
            evidence = _parsed(record, GateEvidence)
            before = _of(found, evidence.agency, evidence.system, record)
            found[evidence.system] = Standing(
                before.agency,
                before.system,
                before.state,
                before.since,
                before.entered,
                (*before.evidence, (record, evidence)),
            )
    return found


def standing_of(records: Sequence[Record], agency: str, system: str) -> Standing:
    """One system's standing; a draft when the ledger does not know it. Raises Refused as `standings`."""
    return standings(records).get(system, Standing(agency, system))


def _of(found: dict[str, Standing], agency: str, system: str, record: Record) -> Standing:
    before = found.get(system, Standing(agency, system))
    if before.agency != agency:
        raise _broken(record, f"system {system} belongs to {before.agency}, not to {agency}")
    return before


def _entered(before: Standing, entry: StateEntry, record: Record) -> Standing:
    if entry.back:
        if entry.state is not back_to(before.state):
            raise _broken(record, f"{entry.system} cannot go back from {before.state} to {entry.state}")
    elif entry.state is not before.state.next:
        raise _broken(record, f"{entry.system} was {before.state}, and {entry.state} does not follow it")
    elif not entry.checks or not all(check.passed for check in entry.checks):
        raise _broken(record, f"{entry.system} entered {entry.state} through a gate that was not open")
    return Standing(entry.agency, entry.system, entry.state, record.time, record)


def _parsed(record: Record, model: type[Entry]) -> Entry:
    try:
        return model.model_validate(record.body)
    except ValidationError as error:
        raise _broken(record, f"its body is no {model.__name__} ({error.error_count()} fields wrong)") from error


def _broken(record: Record, why: str) -> Refused:
    return Refused(
        f"ledger record {record.sequence}: {why}",
        details=["no state is believed that its gate did not open"],
        resolution="ndcops ledger verify",
    )
