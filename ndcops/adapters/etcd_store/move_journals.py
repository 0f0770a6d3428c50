"""The onboarding room's `Journals` in the coordination store: a cut-over whose machine died goes on from any site.

Each subject, what a title names behind its verb, has a lock and an epoch of its own, apart from failover's: two
systems may move at once, and a move never keeps a failover waiting.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from ndcops.adapters.etcd_store.client import EtcdStore
from ndcops.adapters.etcd_store.keys import ROOT, Keys
from ndcops.adapters.etcd_store.operator_lock import OperatorLock, read_hold
from ndcops.adapters.etcd_store.run_journal import StoreJournal
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import Hold, Overtaken, RunHead, Unreachable
from ndcops.model.record import JsonObject, Record

Answer = TypeVar("Answer")

PATIENCE_S: Final = 60.0
"""Behind a fence a run waits for the store so long: without a record it may neither go on nor take back."""
_AGAIN_S: Final = 0.2


@dataclass
class _Subject:
    """keys, lock: of this subject alone. hold: while this process is at work on it; lost: the one that lapsed."""

    name: str
    keys: Keys
    lock: OperatorLock
    purpose: str = ""
    hold: Hold | None = None
    lost: Hold | None = None


@dataclass
class StoredJournals:
    """actor: as records name who acts. lease_s: how long the subject stays taken when this process dies."""

    store: EtcdStore
    actor: str
    lease_s: int = 15
    patience_s: float = PATIENCE_S
    root: str = ROOT
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    _subjects: dict[str, _Subject] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """For people."""
        return "the coordination store: the same command goes on from any machine"

    @contextmanager
    def alone(self, title: str) -> Iterator[None]:
        """Nobody else, on any machine, writes journals of this subject. Raises Refused when somebody does."""
        subject = self._subject(title)
        subject.purpose = title
        self._take(subject)
        try:
            yield
        finally:
            hold, subject.hold, subject.lost = subject.hold, None, None
            if hold is not None:
                with suppress(NdcopsError):  # it then lapses by itself
                    subject.lock.release(hold)

    def new(self, title: str) -> "StoredRun":
        """An empty one; it stands in the store from its first record on."""
        return StoredRun(self, self._subject(title), f"{self.now():%Y%m%dT%H%M%S.%f}-{title.split()[1]}")

    def last(self, title: str) -> "StoredRun | None":
        """The newest of that title. Raises Unreachable without a majority."""
        subject = self._subject(title)
        heads = [RunHead.model_validate_json(each.value) for each in self.store.list_keys(subject.keys.heads)]
        found = [head for head in heads if head.title == title]
        newest = max(found, key=lambda head: (head.began_at, head.run), default=None)
        return None if newest is None else StoredRun(self, subject, newest.run)

    def _subject(self, title: str) -> _Subject:
        name = ".".join(title.split()[2:])
        if name not in self._subjects:
            keys = Keys(f"{self.root}/moves/{name}")
            lock = OperatorLock(self.store, keys, actor=self.actor, now=self.now)
            self._subjects[name] = _Subject(name, keys, lock)
        return self._subjects[name]

    def take_again(self, subject: _Subject) -> None:
        """After a lease that lapsed. Raises Refused when somebody else has the subject, Unreachable: ask again."""
        held = self.store.get(subject.keys.lock)
        if held is not None and subject.lost is not None and read_hold(held).epoch == subject.lost.epoch:
            # A store that elects a leader gives every lease its whole time again.
            raise Unreachable(f"{subject.name}: its own former hold has not lapsed yet")
        self._take(subject)
        subject.lost = None

    def _take(self, subject: _Subject) -> None:
        try:
            subject.hold = subject.lock.acquire(purpose=subject.purpose, lease_s=self.lease_s)
        except Refused as error:
            if subject.lost is not None and isinstance(error.__cause__, Unreachable):
                raise error.__cause__ from None
            raise Refused(
                f"{subject.name}: its journal in the coordination store cannot be written: {error.message}",
                details=error.details,
                resolution="wait until that run has ended, or the store has a majority; then the same command",
            ) from error


class StoredRun:
    """The journal of one run. It is read by anybody, and written within `alone` of its title."""

    def __init__(self, journals: StoredJournals, subject: _Subject, run: str) -> None:
        self._journals = journals
        self._subject = subject
        self._run = run
        self._guard = threading.Lock()
        self._opened: StoreJournal | None = None
        self._epoch = -1
        self._seen: tuple[Record, ...] = ()
        self._is_known = False
        """Whether the store holds what we have seen, for all that this process knows."""

    def records(self) -> tuple[Record, ...]:
        """All records, oldest first, the chain checked. Raises Refused when it is broken."""
        with self._guard:
            self._seen = self._patiently(lambda journal: journal.records(), writes=False)
            return self._seen

    def append(self, kind: str, body: JsonObject) -> Record:
        """Add one record; waits for a store that does not answer.

        Raises Refused when another machine was at work on the subject meanwhile, Unreachable when the store stays
        silent.
        """
        with self._guard:
            return self._patiently(lambda journal: self._append(journal, kind, body), writes=True)

    def _append(self, journal: StoreJournal, kind: str, body: JsonObject) -> Record:
        if not self._is_known:
            found = journal.records()
            if len(found) == len(self._seen) + 1 and (found[-1].kind, found[-1].body) == (kind, body):
                self._seen, self._is_known = found, True  # ours: only its answer was lost
                return found[-1]
            self._require_same(found)
        self._is_known = False
        record = journal.append(kind, body)
        self._seen, self._is_known = (*self._seen, record), True
        return record

    def _require_same(self, found: Sequence[Record]) -> None:
        if tuple(found) != self._seen:
            raise Refused(
                f"{self._subject.name}: another machine wrote into the journal of this run",
                details=["nothing more is done here"],
                resolution="run the same command again: it goes on from what is written there",
            )

    def _patiently(self, use: Callable[[StoreJournal], Answer], *, writes: bool) -> Answer:
        """Ask again while the store is silent; take the subject again where the lease ran out meanwhile."""
        began_s = time.monotonic()
        while True:
            try:
                if writes and self._subject.lost is not None:
                    self._journals.take_again(self._subject)
                return use(self._journal())
            except Overtaken:
                self._subject.hold, self._subject.lost = None, self._subject.hold
            except Unreachable:
                if time.monotonic() - began_s > self._journals.patience_s:
                    raise
                self._journals.sleep(_AGAIN_S)

    def _journal(self) -> StoreJournal:
        hold = self._subject.hold
        epoch = hold.epoch if hold is not None else 0
        if self._opened is None or epoch != self._epoch:
            journals, subject = self._journals, self._subject
            self._opened = StoreJournal(
                journals.store, subject.lock, subject.keys, self._run, hold, now=journals.now
            )
            self._epoch, self._is_known = epoch, False
        return self._opened
