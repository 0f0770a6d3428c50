"""A run's journal in the coordination store, appended to under the operator lock; `coordination` opens it."""

import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ndcops.adapters.etcd_store.client import EtcdStore
from ndcops.adapters.etcd_store.keys import Keys
from ndcops.adapters.etcd_store.operator_lock import OperatorLock, overtaken
from ndcops.adapters.etcd_store.requests import Compare, KeyValue, Put, Read
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import Hold, RunHead
from ndcops.model.record import JsonObject, Record, append_record, canonical_json, find_break
from ndcops.workflow.journal import ENDED, PLANNED

LARGEST_BYTES: Final = 1_400_000
"""etcd takes requests of 1.5 MiB at most (etcd.io, system limits); the head goes with the record."""
_PLAIN_BYTES: Final = 32_768
_PACKED: Final = b"z"
"""First byte of a value that is zlib's; canonical JSON begins with a brace."""


class StoreJournal:
    """Records of one run, chained; `hold` None opens it for reading only.

    An append is one transaction: the lock is still ours, its epoch is the last one, the record before is the one
    that we read, and the next place is free. After an append that failed, all is read again before the next one.
    """

    def __init__(
        self,
        store: EtcdStore,
        lock: OperatorLock,
        keys: Keys,
        run: str,
        hold: Hold | None,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._lock = lock
        self._keys = keys
        self._run = run
        self._hold = hold
        self._now = now
        self._guard = threading.Lock()
        self._known: _Known | None = None

    def append(self, kind: str, body: JsonObject) -> Record:
        """Add one record. Raises Overtaken, Unreachable, NdcopsError for one that is too large."""
        return self.append_all([(kind, body)])[0]

    def append_all(self, entries: Sequence[tuple[str, JsonObject]]) -> tuple[Record, ...]:
        """Add records in one transaction: all of them or none. Raises what `append` raises."""
        hold = self._hold
        if hold is None:
            raise Refused(
                f"the journal of run {self._run} is open for reading only", resolution="ndcops failover resume"
            )
        with self._guard:
            known = self._load()
            records: list[Record] = []
            for kind, body in entries:
                before = records[-1] if records else known.records[-1] if known.records else None
                records.append(
                    append_record(
                        before, time=self._now(), actor=hold.actor, kind=kind, body=body, epoch=hold.epoch
                    )
                )
            self._known = None
            revision = self._write(hold, known, records)
            self._known = _Known([*known.records, *records], revision)
            return tuple(records)

    def records(self) -> tuple[Record, ...]:
        """All records, oldest first, the chain checked. Raises Unreachable, Refused when the chain is broken."""
        with self._guard:
            self._known = None
            return tuple(self._load().records)

    def _load(self) -> "_Known":
        if self._known is None:
            stored = list(self._store.list_keys(self._keys.records(self._run)))
            self._known = _Known(read_records(self._run, stored), stored[-1].mod_revision if stored else 0)
        return self._known

    def _write(self, hold: Hold, known: "_Known", records: Sequence[Record]) -> int:
        """Gives the revision at which the records stand."""
        values = {self._keys.record(self._run, record.sequence): packed(record) for record in records}
        key, value = next(iter(values.items()))
        conditions = [*self._lock.conditions(hold), Compare(key, "create_revision", 0)]
        if known.records:
            before = self._keys.record(self._run, known.records[-1].sequence)
            conditions.append(Compare(before, "mod_revision", known.revision))
        first = known.records[0] if known.records else records[0]
        head = run_head(self._run, first, records[-1]).model_dump_json().encode()
        outcome = self._store.transact(
            conditions,
            [*(Put(key, value) for key, value in values.items()), Put(self._keys.head(self._run), head)],
            [Read(key), Read(self._keys.lock), Read(self._keys.epoch)],
        )
        if outcome.succeeded:
            return outcome.revision
        written, lock, epoch = outcome.found
        if written and written[0].value == value:  # the answer to our first request was lost
            return written[0].mod_revision
        raise self._not_appended(hold, lock, epoch)

    def _not_appended(self, hold: Hold, lock: tuple[KeyValue, ...], epoch: tuple[KeyValue, ...]) -> NdcopsError:
        if lock and lock[0].lease == hold.lease_id and epoch and epoch[0].value == str(hold.epoch).encode():
            return Refused(
                f"the journal of run {self._run} was changed under this hold by another hand",
                details=["two parts of one process write one journal, or somebody edits the store"],
                resolution="ndcops failover resume",
            )
        self._lock.lost(hold)
        return overtaken(hold, lock, epoch)


@dataclass(frozen=True)
class _Known:
    """What we know of the run. revision: the mod revision of its last record."""

    records: list[Record]
    revision: int


def packed(record: Record) -> bytes:
    """A record as stored: canonical JSON, compressed when long. Raises NdcopsError when it is too large."""
    data = canonical_json(record.model_dump(mode="json"))
    if len(data) > _PLAIN_BYTES:
        data = _PACKED + zlib.compress(data, 6)
    if len(data) > LARGEST_BYTES:
        raise NdcopsError(
            f"a journal record of {len(data)} bytes is more than the coordination store takes ({LARGEST_BYTES})",
            details=[f"kind: {record.kind}"],
            resolution="plan fewer services at once",
        )
    return data


def unpacked(value: bytes) -> Record:
    """The record of a stored value. Raises ValueError when it is none, or spelt otherwise than we write."""
    try:
        data = zlib.decompress(value[1:]) if value.startswith(_PACKED) else value
    except zlib.error as error:
        raise ValueError(str(error)) from error
    record = Record.model_validate_json(data)
    if canonical_json(record.model_dump(mode="json")) != data:
        raise ValueError("not as it was written")
    return record


def read_records(run: str, stored: Sequence[KeyValue]) -> list[Record]:
    """The records of a run. Raises Refused naming the first one that does not hold."""
    records: list[Record] = []
    for found in stored:
        try:
            records.append(unpacked(found.value))
        except ValueError as error:
            raise _damaged(run, f"{found.key}: {' '.join(str(error).split())[:200]}") from error
    broken = find_break(records)
    if broken is not None:
        raise _damaged(run, broken)
    return records


def _damaged(run: str, what: str) -> Refused:
    return Refused(
        f"the journal of run {run} in the coordination store is damaged: {what}",
        details=["what the run did can no longer be proved from it; nothing was changed now"],
        resolution=f"ndcops failover report {run}",
    )


def run_head(run: str, first: Record, last: Record) -> RunHead:
    """A run in short, from its first and last record."""
    plan: JsonObject = first.body.get("plan") or {} if first.kind == PLANNED else {}
    return RunHead(
        run=run,
        title=str(plan.get("title", "")),
        target=str(plan.get("target", "")),
        actor=first.actor,
        began_at=first.time,
        last_at=last.time,
        epoch=last.epoch,
        records=last.sequence + 1,
        ending=str(last.body.get("result", "")) if last.kind == ENDED else "",
        digest=last.digest,
    )
