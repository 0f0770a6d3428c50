"""What the members of a coordination store agree on: one lock under a lease, epochs that grow, runs' journals.

The fake and the simulated country ask it under their own rules of who is reached, and by their own time.
"""

from dataclasses import dataclass, field
from datetime import datetime

from ndcops.model.errors import Refused
from ndcops.model.failover import Hold, Overtaken, RunHead
from ndcops.model.record import JsonObject, Record, append_record
from ndcops.workflow.journal import ENDED, PLANNED


@dataclass
class CoordinationState:
    """lapses_at_s: when the lease ends, by the same clock as each method's `now_s`."""

    holder: Hold | None = None
    lapses_at_s: float = 0.0
    epoch: int = 0
    runs: dict[str, list[Record]] = field(default_factory=dict)

    def current(self, now_s: float) -> Hold | None:
        """Who holds the lock; nobody once the lease is over."""
        if self.holder is not None and now_s >= self.lapses_at_s:
            self.holder = None
        return self.holder

    def take(self, actor: str, purpose: str, lease_s: int, *, now_s: float, at: datetime) -> Hold:
        """The lock of the next epoch. Raises Refused while somebody holds it."""
        held = self.current(now_s)
        if held is not None:
            raise Refused(f"the operator lock is held by {held.actor}", details=[f"for: {held.purpose}"])
        self.epoch += 1
        self.lapses_at_s = now_s + lease_s
        self.holder = Hold(
            actor=actor,
            purpose=purpose,
            epoch=self.epoch,
            lease_id=self.epoch,
            lease_s=lease_s,
            acquired_at=at,
        )
        return self.holder

    def is_held(self, hold: Hold, now_s: float) -> bool:
        """Whether that very hold is still the lock's."""
        held = self.current(now_s)
        return held is not None and held.epoch == hold.epoch

    def require(self, hold: Hold, now_s: float) -> None:
        """Raises Overtaken when that hold is the lock's no longer."""
        if not self.is_held(hold, now_s):
            raise Overtaken(f"the operator lock of epoch {hold.epoch} ({hold.actor}) is no longer held")

    def heads(self) -> tuple[RunHead, ...]:
        """All runs in short."""
        return tuple(_head(run, records) for run, records in self.runs.items())


def append_of(hold: Hold, records: list[Record], kind: str, body: JsonObject, at: datetime) -> Record:
    """The next record of a journal, by who holds the lock."""
    last = records[-1] if records else None
    record = append_record(last, time=at, actor=hold.actor, kind=kind, body=body, epoch=hold.epoch)
    records.append(record)
    return record


def _head(run: str, records: list[Record]) -> RunHead:
    first, last = records[0], records[-1]
    plan = first.body.get("plan", {}) if first.kind == PLANNED else {}
    return RunHead(
        run=run,
        title=plan.get("title", ""),
        target=plan.get("target", ""),
        actor=first.actor,
        began_at=first.time,
        last_at=last.time,
        epoch=last.epoch,
        records=len(records),
        ending=last.body.get("result", "") if last.kind == ENDED else "",
        digest=last.digest,
    )
