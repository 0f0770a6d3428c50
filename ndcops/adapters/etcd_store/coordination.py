"""The failover room's port Coordination over an etcd with one member a site; wiring builds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from ndcops.adapters.etcd_store.broken_glass import BrokenGlass
from ndcops.adapters.etcd_store.client import EtcdStore
from ndcops.adapters.etcd_store.keys import Keys
from ndcops.adapters.etcd_store.operator_lock import OperatorLock, read_hold
from ndcops.adapters.etcd_store.run_journal import StoreJournal
from ndcops.model.detached_signature import IsValid
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import BreakGlass, CoordinationStatus, Hold, Overtaken, RunHead, Unreachable
from ndcops.workflow.journal_file import FileJournal


@dataclass(frozen=True)
class GlassRules:
    """Who may break the glass, and where such a run keeps its journal.

    signers: public keys (PEM) by person. is_valid: checks a signature (adapters/signatures).
    """

    folder: Path
    is_valid: IsValid
    signers: Mapping[str, str] = field(default_factory=dict)


class EtcdCoordination:
    """One operator at a time, and what he did. actor: the name in his client certificate."""

    def __init__(
        self,
        store: EtcdStore,
        *,
        actor: str,
        glass: GlassRules,
        lease_s: int = 15,
        keys: Keys | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._keys = keys or Keys()
        self._lease_s = lease_s
        self._now = now
        self._lock = OperatorLock(store, self._keys, actor=actor, now=now)
        self._glass = BrokenGlass(
            store,
            self._keys,
            actor=actor,
            now=now,
            folder=glass.folder,
            signers=glass.signers,
            is_valid=glass.is_valid,
        )
        self._orders: dict[int, BreakGlass] = {}

    def acquire(self, *, purpose: str, lease_s: int) -> Hold:
        """Take the operator lock and keep it alive. Raises Refused when it is held or no majority answers."""
        return self._lock.acquire(purpose=purpose, lease_s=lease_s)

    def release(self, hold: Hold) -> None:
        """Give the lock back; nothing happens when it is no longer held. Raises Unreachable: it then lapses."""
        if self._orders.pop(hold.epoch, None) is None:
            self._lock.release(hold)

    def confirm(self, hold: Hold) -> None:
        """Return only if `hold` still holds. Raises Overtaken, Unreachable.

        A broken glass holds while its order is still true: no majority, no member alive that it calls dead.
        """
        order = self._orders.get(hold.epoch)
        if order is None:
            self._lock.confirm(hold)
            return
        objections = self._glass.objections(order)
        if objections:
            raise Overtaken(
                f"run {order.run} went on without a majority, and must stop now",
                details=objections,
                resolution="bring its journal home, then: ndcops failover resume",
            )

    def status(self) -> CoordinationStatus:
        """Members and holder as of now; never raises for members that do not answer.

        An election under way is waited for: right after the loss of a site, nobody is to be told "no majority".
        """
        members = self._store.settled_states()
        status = CoordinationStatus(members=members)
        if not status.has_majority:
            return status
        try:
            lock, epoch = self._store.get(self._keys.lock), self._store.get(self._keys.epoch)
        except Unreachable:
            return status
        return CoordinationStatus(
            members=members, holder=read_hold(lock) if lock else None, epoch=int(epoch.value) if epoch else 0
        )

    def journal(self, run: str, hold: Hold | None) -> StoreJournal | FileJournal:
        """The run's journal: in the store, or on this machine for a broken glass."""
        if hold is not None and hold.epoch in self._orders:
            return self._glass.journal(run, hold)
        return StoreJournal(self._store, self._lock, self._keys, run, hold, now=self._now)

    def runs(self) -> tuple[RunHead, ...]:
        """All runs, oldest first. Raises Unreachable without a majority."""
        try:
            heads = [RunHead.model_validate_json(found.value) for found in self._store.list_keys(self._keys.heads)]
        except ValidationError as error:
            raise NdcopsError(
                "the coordination store lists a run that this release cannot read",
                details=[" ".join(str(error).split())[:300]],
                resolution="use the release that made the run",
            ) from error
        return tuple(sorted(heads, key=lambda head: (head.began_at, head.run)))

    def break_glass(self, order: BreakGlass) -> Hold:
        """A hold without the store's majority. Raises Refused unless two people signed it and members agree."""
        hold = self._glass.open(order, self._lease_s)
        self._orders[hold.epoch] = order
        return hold

    def bring_home(self, run: str) -> int:
        """Write a broken glass's journal into the store, and lift its epoch; gives the epoch. Raises Refused."""
        return self._glass.bring_home(run)
