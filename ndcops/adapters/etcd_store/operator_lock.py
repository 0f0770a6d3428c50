"""The operator lock: a key under a lease, an epoch that grows with each holder; `coordination` offers it.

The epoch is raised in the very transaction that takes the lock. So two holders never have one epoch, and whoever
sees a larger one than his own knows that he was overtaken.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from ndcops.adapters.etcd_store.client import EtcdStore
from ndcops.adapters.etcd_store.keys import Keys
from ndcops.adapters.etcd_store.requests import Compare, Delete, KeyValue, Put, Read
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import Hold, Overtaken, Unreachable

RENEWALS = 3
"""Renewals within one lease: two may be lost."""
_TRIES = 5


def since_boot_s() -> float:
    """Seconds that go on while the machine sleeps: a lease does not wait for a suspended operator."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass
class Held:
    """A lock of this process. revision: the create revision of its key; lasts_until: by our own clock."""

    hold: Hold
    revision: int
    lasts_until: float
    stop: threading.Event


class OperatorLock:
    """Takes, keeps, confirms and gives back the lock; methods may be called from several threads."""

    def __init__(
        self,
        store: EtcdStore,
        keys: Keys,
        *,
        actor: str,
        now: Callable[[], datetime],
        clock: Callable[[], float] = since_boot_s,
    ) -> None:
        self._store = store
        self._keys = keys
        self._actor = actor
        self._now = now
        self._clock = clock
        self._held: dict[int, Held] = {}

    def acquire(self, *, purpose: str, lease_s: int) -> Hold:
        """Take the lock and keep its lease alive. Raises Refused when it is held, or no majority answers."""
        try:
            free = self._store.transact([], [Read(self._keys.lock), Read(self._keys.epoch)])
            lock, epoch = free.found
            if lock:
                raise _is_held(lock[0])
            began = self._clock()
            lease = self._store.grant_lease(lease_s)
            try:
                held = self._take(purpose, lease, lease_s, epoch[0] if epoch else None, began)
            except NdcopsError:
                with suppress(NdcopsError):  # else it lapses by itself
                    self._store.revoke_lease(lease)
                raise
        except Unreachable as error:
            raise Refused(error.message, details=error.details, resolution=error.resolution) from error
        self._held[held.hold.epoch] = held
        threading.Thread(target=self._keep_alive, args=(held,), name="operator-lock", daemon=True).start()
        return held.hold

    def release(self, hold: Hold) -> None:
        """Give the lock back; nothing happens when it is no longer ours. Raises Unreachable: it then lapses."""
        held = self._held.pop(hold.epoch, None)
        if held is None:
            return
        held.stop.set()
        self._store.transact([self.still_ours(held)], [Delete(self._keys.lock)])
        self._store.revoke_lease(hold.lease_id)

    def confirm(self, hold: Hold) -> None:
        """Raises Overtaken when the lock is no longer ours, Unreachable when no majority can tell."""
        outcome = self._store.transact(self.conditions(hold), [], [Read(self._keys.lock), Read(self._keys.epoch)])
        if not outcome.succeeded:
            self.lost(hold)
            raise overtaken(hold, *outcome.found)

    def conditions(self, hold: Hold) -> list[Compare]:
        """What a transaction compares so that it is done under this hold only. Raises Overtaken at once when our
        own clock says that the lease has run out: whoever slept learns it without asking.
        """
        held = self._held.get(hold.epoch)
        if held is None or self._clock() >= held.lasts_until:
            self.lost(hold)
            raise overtaken(hold, (), ())
        return [self.still_ours(held), Compare(self._keys.epoch, "value", str(hold.epoch).encode())]

    def still_ours(self, held: Held) -> Compare:
        """The lock's key is the one that we made: who takes the lock again makes another."""
        return Compare(self._keys.lock, "create_revision", held.revision)

    def lost(self, hold: Hold) -> None:
        """Keep it alive no more: this process never writes under that hold again."""
        held = self._held.pop(hold.epoch, None)
        if held is not None:
            held.stop.set()

    def _take(self, purpose: str, lease: int, lease_s: int, epoch: KeyValue | None, began: float) -> Held:
        """The deciding transaction. Raises Refused when somebody else was faster."""
        for _ in range(_TRIES):
            number = int(epoch.value) + 1 if epoch else 1
            hold = Hold(
                actor=self._actor,
                purpose=purpose,
                epoch=number,
                lease_id=lease,
                lease_s=lease_s,
                acquired_at=self._now(),
            )
            outcome = self._store.transact(
                [
                    Compare(self._keys.lock, "create_revision", 0),
                    Compare(self._keys.epoch, "mod_revision", epoch.mod_revision if epoch else 0),
                ],
                [
                    Put(self._keys.lock, hold.model_dump_json().encode(), lease),
                    Put(self._keys.epoch, str(number).encode()),
                ],
                [Read(self._keys.lock), Read(self._keys.epoch)],
            )
            if outcome.succeeded:
                return Held(hold, outcome.revision, began + lease_s, threading.Event())
            lock, epochs = outcome.found
            if lock and lock[0].lease == lease:  # the answer to our first request was lost
                ours = Hold.model_validate_json(lock[0].value)
                return Held(ours, lock[0].create_revision, began + lease_s, threading.Event())
            if lock:
                raise _is_held(lock[0])
            epoch = epochs[0] if epochs else None
        raise Refused(
            "the operator lock changes hands faster than it can be taken", resolution="ndcops failover status"
        )

    def _keep_alive(self, held: Held) -> None:
        """Renew until released or lapsed; what is known of the time only grows by answers, from when we asked."""
        pause_s = held.hold.lease_s / RENEWALS
        while not held.stop.wait(pause_s):
            asked = self._clock()
            if asked >= held.lasts_until:
                return
            try:
                if not self._store.keep_lease(held.hold.lease_id):
                    held.lasts_until = 0.0
                    return
                held.lasts_until = asked + held.hold.lease_s
                pause_s = held.hold.lease_s / RENEWALS
            except NdcopsError:
                pause_s = min(1.0, pause_s)  # ask again soon: the store may be electing


def read_hold(found: KeyValue) -> Hold:
    """The hold that the lock's key tells of. Raises NdcopsError."""
    try:
        return Hold.model_validate_json(found.value)
    except ValidationError as error:
        raise NdcopsError(
            f"the operator lock {found.key} was written by no release that this one knows",
            details=[found.value[:200].decode(errors="replace")],
            resolution="use the release that holds the lock",
        ) from error


def _is_held(found: KeyValue) -> Refused:
    hold = read_hold(found)
    return Refused(
        f"the operator lock is held by {hold.actor}",
        details=[
            f"since {hold.acquired_at:%Y-%m-%d %H:%M:%S} UTC, epoch {hold.epoch}, for: {hold.purpose}",
            f"it becomes free when that run ends, or {hold.lease_s} s after its operator last spoke",
        ],
        resolution="ndcops failover status",
    )


def overtaken(hold: Hold, lock: tuple[KeyValue, ...], epoch: tuple[KeyValue, ...]) -> Overtaken:
    """The error for a hold that is no more; `lock` and `epoch` as they stand, empty when not asked."""
    if lock:
        other = read_hold(lock[0])
        reason = f"{other.actor} holds it since {other.acquired_at:%H:%M:%S} UTC, epoch {other.epoch}"
    elif epoch:
        reason = f"nobody holds it; the last epoch is {epoch[0].value.decode(errors='replace')}"
    else:
        reason = f"its lease of {hold.lease_s} s ran out before it could be renewed"
    return Overtaken(
        f"the operator lock of epoch {hold.epoch} ({hold.actor}) is no longer held",
        details=[reason, "nothing more is written by this run here"],
        resolution="ndcops failover resume",
    )
