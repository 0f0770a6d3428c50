"""The coordination store of the simulated country: a lock under a lease, epochs, journals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ndcops.model.errors import Refused
from ndcops.model.failover import BreakGlass, CoordinationStatus, Hold, MemberState, Overtaken, RunHead
from ndcops.model.record import JsonObject, Record, append_record
from ndcops.workflow.journal import ENDED, PLANNED
from tests.simulation.kernel import Operator
from tests.simulation.ports import EPOCH_ZERO, Seen, SimulatedClock


@dataclass
class CoordinationState:
    """What the members agree on."""

    hold: Hold | None = None
    holder: Operator | None = None
    expires: float = 0.0
    epoch: int = 0
    runs: dict[str, list[Record]] = field(default_factory=dict)


class SimulatedCoordination:
    """The port, from one operator's host."""

    def __init__(self, seen: Seen, state: CoordinationState) -> None:
        self._seen, self._state = seen, state
        self._clock = SimulatedClock(seen)

    def _call(self, effect):  # type: ignore[no-untyped-def]
        return self._seen.country.network.call_majority(self._seen.operator, effect)

    def _expire(self) -> None:
        if self._state.hold is not None and self._state.expires <= self._seen.country.kernel.now:
            self._state.hold = self._state.holder = None

    def acquire(self, *, purpose: str, lease_s: int) -> Hold:
        def effect() -> Hold:
            self._expire()
            if self._state.hold is not None:
                raise Refused(f"{self._state.hold.actor} holds the lock")
            self._state.epoch += 1
            hold = Hold(
                actor=self._seen.operator.name,
                purpose=purpose,
                epoch=self._state.epoch,
                lease_id=self._state.epoch,
                lease_s=lease_s,
                acquired_at=EPOCH_ZERO + timedelta(seconds=self._seen.country.kernel.now),
            )
            self._state.hold, self._state.holder = hold, self._seen.operator
            self._state.expires = self._seen.country.kernel.now + lease_s
            self._keep_alive(hold)
            return hold

        hold: Hold = self._call(effect)
        return hold

    def _keep_alive(self, hold: Hold) -> None:
        """The lease is renewed while its process runs and reaches a majority, whatever the main thread does."""
        kernel, operator = self._seen.country.kernel, self._seen.operator

        def renew() -> None:
            self._expire()
            if self._state.hold is not hold or operator.killed or operator.finished:
                return
            if operator.frozen_until <= kernel.now and self._seen.country.network.majority(operator.site):
                self._state.expires = kernel.now + hold.lease_s
            kernel.after(hold.lease_s / 3, renew)

        kernel.after(hold.lease_s / 3, renew)

    def release(self, hold: Hold) -> None:
        def effect() -> None:
            self._expire()
            if self._state.hold is not None and self._state.hold.epoch == hold.epoch:
                self._state.hold = self._state.holder = None

        self._call(effect)

    def confirm(self, hold: Hold) -> None:
        self._call(lambda: self._check(hold))

    def _check(self, hold: Hold) -> None:
        self._expire()
        if self._state.hold is None or self._state.hold.epoch != hold.epoch:
            raise Overtaken(f"epoch {hold.epoch} no longer holds the lock")

    def status(self) -> CoordinationStatus:
        network, operator = self._seen.country.network, self._seen.operator
        self._seen.country.kernel.step_in(operator, 0.005)
        self._expire()
        members = tuple(
            MemberState(
                site=site,
                endpoint=f"https://{site}:2379",
                answers=site in network.alive
                and network.goes(operator.site, site)
                and network.goes(site, operator.site),
                clock_offset_ms=round(-1000 * operator.skew_s),
            )
            for site in network.sites
        )
        return CoordinationStatus(members=members, holder=self._state.hold, epoch=self._state.epoch)

    def journal(self, run: str, hold: Hold | None) -> "SimulatedJournal":
        return SimulatedJournal(self, run, hold)

    def runs(self) -> tuple[RunHead, ...]:
        heads: tuple[RunHead, ...] = self._call(
            lambda: tuple(_head(run, r) for run, r in self._state.runs.items())
        )
        return heads

    def bring_home(self, run: str) -> int:
        raise Refused("not simulated")

    def break_glass(self, order: BreakGlass) -> Hold:
        raise Refused("not simulated")


class SimulatedJournal:
    """Appends are transactions on the lock; a reply that is lost may hide one that happened."""

    def __init__(self, store: SimulatedCoordination, run: str, hold: Hold | None) -> None:
        self._store, self._run, self._hold = store, run, hold

    def append_all(self, entries: Sequence[tuple[str, JsonObject]]) -> tuple[Record, ...]:
        return tuple(self.append(kind, body) for kind, body in entries)

    def append(self, kind: str, body: JsonObject) -> Record:
        def effect() -> Record:
            assert self._hold is not None
            self._store._check(self._hold)
            records = self._store._state.runs.setdefault(self._run, [])
            record = append_record(
                records[-1] if records else None,
                time=self._store._clock.now(),
                actor=self._hold.actor,
                kind=kind,
                body=body,
                epoch=self._hold.epoch,
            )
            records.append(record)
            return record

        record: Record = self._store._call(effect)
        return record

    def records(self) -> tuple[Record, ...]:
        records: tuple[Record, ...] = self._store._call(lambda: tuple(self._store._state.runs.get(self._run, ())))
        return records


def _head(run: str, records: list[Record]) -> RunHead:
    first, last = records[0], records[-1]
    plans = [record.body["plan"] for record in records if record.kind == PLANNED]
    return RunHead(
        run=run,
        title=plans[0]["title"] if plans else "failover (no plan yet)",
        target="lab",
        actor=first.actor,
        began_at=first.time,
        last_at=last.time,
        epoch=last.epoch,
        records=len(records),
        ending=last.body["result"] if last.kind == ENDED else "",
        digest=last.digest,
    )
