"""The coordination store of the simulated country: a lock under a lease, epochs, journals."""

from collections.abc import Sequence
from datetime import timedelta

from ndcops.model.errors import Refused
from ndcops.model.failover import BreakGlass, CoordinationStatus, Hold, MemberState, RunHead
from ndcops.model.record import JsonObject, Record
from tests.fakes.coordination_state import CoordinationState, append_of
from tests.simulation.ports import EPOCH_ZERO, Seen, SimulatedClock


class SimulatedCoordination:
    """The port, from one operator's host."""

    def __init__(self, seen: Seen, state: CoordinationState) -> None:
        self._seen, self._state = seen, state
        self._clock = SimulatedClock(seen)

    def _call(self, effect):  # type: ignore[no-untyped-def]
        return self._seen.country.network.call_majority(self._seen.operator, effect)

    @property
    def _now_s(self) -> float:
        return self._seen.country.kernel.now

    def acquire(self, *, purpose: str, lease_s: int) -> Hold:
        def effect() -> Hold:
            at = EPOCH_ZERO + timedelta(seconds=self._now_s)
            hold = self._state.take(self._seen.operator.name, purpose, lease_s, now_s=self._now_s, at=at)
            self._keep_alive(hold)
            return hold

        hold: Hold = self._call(effect)
        return hold

    def _keep_alive(self, hold: Hold) -> None:
        """The lease is renewed while its process runs and reaches a majority, whatever the main thread does."""
        kernel, operator = self._seen.country.kernel, self._seen.operator

        def renew() -> None:
            if self._state.current(kernel.now) is not hold or operator.killed or operator.finished:
                return
            if operator.frozen_until <= kernel.now and self._seen.country.network.majority(operator.site):
                self._state.lapses_at_s = kernel.now + hold.lease_s
            kernel.after(hold.lease_s / 3, renew)

        kernel.after(hold.lease_s / 3, renew)

    def release(self, hold: Hold) -> None:
        def effect() -> None:
            if self._state.is_held(hold, self._now_s):
                self._state.holder = None

        self._call(effect)

    def confirm(self, hold: Hold) -> None:
        self._call(lambda: self._state.require(hold, self._now_s))

    def status(self) -> CoordinationStatus:
        network, operator = self._seen.country.network, self._seen.operator
        self._seen.country.kernel.step_in(operator, 0.005)
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
        holder = self._state.current(self._now_s)
        return CoordinationStatus(members=members, holder=holder, epoch=self._state.epoch)

    def journal(self, run: str, hold: Hold | None) -> "SimulatedJournal":
        return SimulatedJournal(self, run, hold)

    def runs(self) -> tuple[RunHead, ...]:
        heads: tuple[RunHead, ...] = self._call(self._state.heads)
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
            self._store._state.require(self._hold, self._store._now_s)
            records = self._store._state.runs.setdefault(self._run, [])
            return append_of(self._hold, records, kind, body, self._store._clock.now())

        record: Record = self._store._call(effect)
        return record

    def records(self) -> tuple[Record, ...]:
        records: tuple[Record, ...] = self._store._call(lambda: tuple(self._store._state.runs.get(self._run, ())))
        return records
