"""A run's journal while its lock is ours: read once, and appended to by many steps at once."""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ndcops.failover.ports import RunJournal
from ndcops.failover.run.one_for_all import OneForAll
from ndcops.model.record import JsonObject, Record
from ndcops.workflow.journal import BEGUN, DONE, UNDONE

_MOST_AT_ONCE: Final = 32
"""Records of one transaction: etcd takes 128 operations and 1.5 MiB (etcd.io, system limits)."""


class HeldJournal:
    """Nobody else appends while the lock is held, so what was read once need not be read again.

    One thread writes for all that wait meanwhile (group commit). Safety: `append` still returns only when its own
    record is durable. Also what the run's steps ask of the journal. Raises what the journal below raises.
    """

    def __init__(self, journal: RunJournal) -> None:
        self._journal = journal
        self._guard = threading.Lock()
        self._appends = OneForAll(self._append_all, most_at_once=_MOST_AT_ONCE)
        self._records = list[Record]()
        self._endings = dict[str, Record]()
        self._beginnings = dict[str, Record]()
        self._keep(journal.records())

    def append(self, kind: str, body: JsonObject) -> Record:
        """Add one record and return it."""
        return self._appends.ask((kind, body))

    def records(self) -> tuple[Record, ...]:
        """All records, oldest first."""
        with self._guard:
            return tuple(self._records)

    def evidence(self, key: str) -> JsonObject | None:
        """Evidence of the step's last ending, None when it was not done or was undone."""
        with self._guard:
            ended = self._endings.get(key)
        return dict(ended.body["evidence"]) if ended is not None and ended.kind == DONE else None

    def begun_at(self, key: str) -> datetime | None:
        """The time of the first record that the step was begun."""
        with self._guard:
            begun = self._beginnings.get(key)
        return begun.time if begun is not None else None

    def _append_all(self, entries: Sequence[tuple[str, JsonObject]]) -> Sequence[Record]:
        records = self._journal.append_all(entries)
        self._keep(records)
        return records

    def _keep(self, records: Sequence[Record]) -> None:
        with self._guard:
            self._records.extend(records)
            for record in records:
                if record.kind in (DONE, UNDONE):
                    self._endings[record.body["key"]] = record
                elif record.kind == BEGUN:
                    self._beginnings.setdefault(record.body["key"], record)
