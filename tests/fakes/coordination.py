"""The port Coordination in memory: one store that several operators share, with members that die."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ndcops.model.errors import Refused
from ndcops.model.failover import (
    BreakGlass,
    CoordinationStatus,
    Hold,
    MemberState,
    Overtaken,
    RunHead,
    Unreachable,
)
from ndcops.model.record import JsonObject, Record
from ndcops.workflow.journal import Journal
from tests.fakes.coordination_state import CoordinationState, append_of

START = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


@dataclass
class MemoryStore(CoordinationState):
    """What the members hold together. now_s: the store's clock; `dead` members do not answer."""

    sites: tuple[str, ...] = ("ndc1", "ndc2", "ndc3")
    dead: set[str] = field(default_factory=set)
    now_s: float = 0.0
    guard: threading.RLock = field(default_factory=threading.RLock)

    def require_majority(self) -> None:
        if 2 * len(self.dead) >= len(self.sites):
            raise Unreachable("the coordination store has no majority", details=sorted(self.dead))

    def time(self) -> datetime:
        return START + timedelta(seconds=self.now_s)


class FakeCoordination:
    """One operator at the store. `frozen`: he sleeps, and his lease is not renewed."""

    def __init__(self, store: MemoryStore, actor: str = "tester") -> None:
        self._store = store
        self._actor = actor
        self._mine: set[int] = set()
        self._orders: dict[int, BreakGlass] = {}
        self._glass: dict[str, list[Record]] = {}
        self.frozen = False

    def acquire(self, *, purpose: str, lease_s: int) -> Hold:
        store = self._store
        with store.guard:
            try:
                store.require_majority()
            except Unreachable as error:
                raise Refused(error.message, details=error.details) from error
            hold = store.take(self._actor, purpose, lease_s, now_s=store.now_s, at=store.time())
            self._mine.add(hold.epoch)
            return hold

    def release(self, hold: Hold) -> None:
        with self._store.guard:
            self._orders.pop(hold.epoch, None)
            if self._store.is_held(hold, self._store.now_s) and hold.epoch in self._mine:
                self._store.require_majority()
                self._store.holder = None

    def confirm(self, hold: Hold) -> None:
        with self._store.guard:
            if hold.epoch in self._orders:
                self._confirm_order(self._orders[hold.epoch])
                return
            self._store.require_majority()
            self._store.require(hold, self._store.now_s)
            if hold.epoch not in self._mine:
                raise Overtaken(f"the operator lock of epoch {hold.epoch} is another's ({hold.actor})")
            if not self.frozen:
                self._store.lapses_at_s = self._store.now_s + hold.lease_s

    def status(self) -> CoordinationStatus:
        with self._store.guard:
            store = self._store
            members = tuple(
                MemberState(
                    site=site,
                    endpoint=f"https://{site}:2379",
                    answers=site not in store.dead,
                    problem="connection refused" if site in store.dead else "",
                )
                for site in store.sites
            )
            status = CoordinationStatus(members=members)
            if not status.has_majority:
                return status
            return CoordinationStatus(members=members, holder=store.current(store.now_s), epoch=store.epoch)

    def journal(self, run: str, hold: Hold | None) -> Journal:
        return _FakeJournal(self, self._store, run, hold, local=hold is not None and hold.epoch in self._orders)

    def runs(self) -> tuple[RunHead, ...]:
        with self._store.guard:
            self._store.require_majority()
            return tuple(sorted(self._store.heads(), key=lambda head: (head.began_at, head.run)))

    def break_glass(self, order: BreakGlass) -> Hold:
        with self._store.guard:
            signers = {each.actor for each in order.signatures}
            if len(signers) < 2:
                raise Refused(f"{len(signers)} of 2 signatures hold")
            self._confirm_order(order)
            hold = Hold(
                actor=self._actor,
                purpose=f"broken glass: {order.reason}",
                epoch=self._store.epoch + 1_000_000,
                lease_id=0,
                lease_s=15,
                acquired_at=self._store.time(),
            )
            self._orders[hold.epoch] = order
            self.journal(order.run, hold).append("glass/broken", {"order": order.model_dump(mode="json")})
            return hold

    def _confirm_order(self, order: BreakGlass) -> None:
        if self._store.dead != set(order.dead_members) or 2 * len(self._store.dead) < len(self._store.sites):
            raise Overtaken("the members are not as the order says")


class _FakeJournal:
    def __init__(
        self, coordination: FakeCoordination, store: MemoryStore, run: str, hold: Hold | None, *, local: bool
    ) -> None:
        self._coordination = coordination
        self._store = store
        self._run = run
        self._hold = hold
        self._local = local

    def append_all(self, entries: Sequence[tuple[str, JsonObject]]) -> tuple[Record, ...]:
        with self._store.guard:
            return tuple(self.append(kind, body) for kind, body in entries)

    def append(self, kind: str, body: JsonObject) -> Record:
        if self._hold is None:
            raise Refused(f"the journal of run {self._run} is open for reading only")
        with self._store.guard:
            self._coordination.confirm(self._hold)
            return append_of(self._hold, self._where(), kind, body, self._store.time())

    def records(self) -> tuple[Record, ...]:
        with self._store.guard:
            if not self._local:
                self._store.require_majority()
            return tuple(self._where())

    def _where(self) -> list[Record]:
        place = self._coordination._glass if self._local else self._store.runs
        return place.setdefault(self._run, [])
