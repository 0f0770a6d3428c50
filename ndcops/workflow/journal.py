"""The journal of one run: what was begun and what was done, as a chain of Records."""

from typing import Protocol

from ndcops.model.record import JsonObject, Record

PLANNED = "run/planned"
BEGUN = "step/begun"
DONE = "step/done"
FAILED = "step/failed"
UNDONE = "step/undone"
ENDED = "run/ended"


class Journal(Protocol):
    """Append-only and durable: `append` returns after the record would survive a power cut."""

    def append(self, kind: str, body: JsonObject) -> Record:
        """Add one record and return it."""
        ...

    def records(self) -> tuple[Record, ...]:
        """All records, oldest first, the chain checked."""
        ...


def done_keys(records: tuple[Record, ...]) -> frozenset[str]:
    """Keys of the steps that were done and not undone."""
    done: set[str] = set()
    for record in records:
        if record.kind == DONE:
            done.add(record.body["key"])
        elif record.kind == UNDONE:
            done.discard(record.body["key"])
    return frozenset(done)


def begun_keys(records: tuple[Record, ...]) -> frozenset[str]:
    """Keys of the steps that may have had an effect: begun, whether they ended or not, and not undone since."""
    begun: set[str] = set()
    for record in records:
        if record.kind == BEGUN:
            begun.add(record.body["key"])
        elif record.kind == UNDONE:
            begun.discard(record.body["key"])
    return frozenset(begun)


def has_ended(records: tuple[Record, ...]) -> bool:
    """Whether the run said how it ended; one that was killed did not."""
    return bool(records) and records[-1].kind == ENDED
