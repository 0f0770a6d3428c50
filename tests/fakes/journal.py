"""The port Journal in memory: the same chain of records, gone with the process."""

import threading
from datetime import UTC, datetime

from ndcops.model.record import JsonObject, Record, append_record

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


class MemoryJournal:
    """Appends to a list; `lines` tells kinds and keys, as a person would read them."""

    def __init__(self, records: tuple[Record, ...] = ()) -> None:
        self._records = list(records)
        self._guard = threading.Lock()

    def append(self, kind: str, body: JsonObject) -> Record:
        with self._guard:
            previous = self._records[-1] if self._records else None
            self._records.append(append_record(previous, time=NOW, actor="tester", kind=kind, body=body))
            return self._records[-1]

    def records(self) -> tuple[Record, ...]:
        with self._guard:
            return tuple(self._records)

    def lines(self) -> list[str]:
        return [f"{record.kind} {record.body.get('key', '')}".strip() for record in self.records()]
