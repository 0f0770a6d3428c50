"""A run's journal while its lock is ours: read once, and appended to by many steps at once."""

import threading
from collections import deque
from datetime import datetime
from typing import Final

from ndcops.failover.ports import RunJournal
from ndcops.model.record import JsonObject, Record
from ndcops.workflow.journal import BEGUN, DONE, UNDONE

_MOST_AT_ONCE: Final = 32
"""Records of one transaction: etcd takes 128 operations and 1.5 MiB (etcd.io, system limits)."""


class _Waiting:
    """A record on its way into the journal."""

    def __init__(self, kind: str, body: JsonObject) -> None:
        self.entry = (kind, body)
        self.done = threading.Event()
        self.record: Record | None = None
        self.error: BaseException | None = None


class HeldJournal:
    """Nobody else appends while the lock is held, so what was read once need not be read again.

    One thread writes for all that wait meanwhile (group commit): with 64 steps at once the store's latency is paid
    once for many records. Safety: `append` still returns only when its own record is durable. Also what the run's
    steps ask of the journal. Raises what the journal below raises.
    """

    def __init__(self, journal: RunJournal) -> None:
        self._journal = journal
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._records = list(journal.records())

    def append(self, kind: str, body: JsonObject) -> Record:
        """Add one record and return it."""
        mine = _Waiting(kind, body)
        with self._guard:
            self._queue.append(mine)
        with self._writing:
            if not mine.done.is_set():
                self._write_waiting()
        if mine.error is not None:
            raise mine.error
        assert mine.record is not None  # noqa: S101 - a record or an error, by _write_waiting
        return mine.record

    def records(self) -> tuple[Record, ...]:
        """All records, oldest first."""
        with self._guard:
            return tuple(self._records)

    def evidence(self, key: str) -> JsonObject | None:
        """Evidence of the step's last ending, None when it was not done or was undone."""
        for record in reversed(self.records()):
            if record.kind in (DONE, UNDONE) and record.body["key"] == key:
                return dict(record.body["evidence"]) if record.kind == DONE else None
        return None

    def begun_at(self, key: str) -> datetime | None:
        """The time of the first record that the step was begun."""
        return next((r.time for r in self.records() if r.kind == BEGUN and r.body["key"] == key), None)

    def _write_waiting(self) -> None:
        """Write the next records of the queue in one transaction; the first of them is the oldest that waits."""
        with self._guard:
            batch = [self._queue.popleft() for _ in range(min(_MOST_AT_ONCE, len(self._queue)))]
        try:
            records = self._journal.append_all([each.entry for each in batch])
        except BaseException as error:
            for each in batch:
                each.error = error
                each.done.set()
            return
        with self._guard:
            self._records.extend(records)
        for each, record in zip(batch, records, strict=True):
            each.record = record
            each.done.set()
