"""A journal in a file: one record a line, fsynced, for runs whose state lives on this machine."""

import os
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.record import JsonObject, Record, append_record, canonical_json, find_break


class FileJournal:
    """Appends to `path` (mode 0600), each record durable before `append` returns.

    A last line without its newline is a write that a kill cut off: nothing relied on it yet, so it is
    dropped at the next append. Any other damage raises Refused.
    """

    def __init__(self, path: Path, *, actor: str, now: Callable[[], datetime], epoch: int = 0) -> None:
        self._path = path
        self._actor = actor
        self._now = now
        self._epoch = epoch
        self._lock = threading.Lock()
        self._records = list(read_journal(path)) if path.exists() else []

    def append(self, kind: str, body: JsonObject) -> Record:
        """Write and fsync one record. Raises NdcopsError when the disk does not take it."""
        with self._lock:
            previous = self._records[-1] if self._records else None
            record = append_record(
                previous, time=self._now(), actor=self._actor, kind=kind, body=body, epoch=self._epoch
            )
            try:
                self._write(_line(record), first=previous is None)
            except OSError as error:
                raise NdcopsError(
                    f"journal {self._path}: cannot write: {error.strerror}",
                    details=["no step is begun without its journal entry"],
                    resolution=f"df -h {self._path.parent}",
                ) from error
            self._records.append(record)
            return record

    def append_all(self, entries: Sequence[tuple[str, JsonObject]]) -> tuple[Record, ...]:
        """Write records one after another, each durable before the next; raises at the first that fails."""
        return tuple(self.append(kind, body) for kind, body in entries)

    def records(self) -> tuple[Record, ...]:
        """All records, oldest first."""
        with self._lock:
            return tuple(self._records)

    def _write(self, line: bytes, *, first: bool) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            end = _whole_lines_size(self._path)
            os.ftruncate(descriptor, end)
            _write_whole(descriptor, line, end)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if first:
            _sync_folder(self._path.parent)


def read_journal(path: Path) -> tuple[Record, ...]:
    """The records of a journal file, the chain checked. Raises Refused, naming the line, when it is damaged."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    records = []
    for number, line in enumerate(whole.split(b"\n")[:-1], start=1):
        try:
            records.append(Record.model_validate_json(line))
        except ValidationError as error:
            raise _damaged(path, f"line {number}: not a record ({error.error_count()} fields wrong)") from error
    broken = find_break(records) or _respelled(records, whole)
    if broken is not None:
        raise _damaged(path, broken)
    return tuple(records)


def _line(record: Record) -> bytes:
    return canonical_json(record.model_dump(mode="json")) + b"\n"


def _respelled(records: Sequence[Record], whole: bytes) -> str | None:
    """Which line says the same in other bytes than were written, such as `t` for `T` in a time."""
    lines = zip(whole.split(b"\n"), records, strict=False)
    number = next((at for at, (line, record) in enumerate(lines, start=1) if line + b"\n" != _line(record)), None)
    return None if number is None else f"line {number}: not as it was written"


def _write_whole(descriptor: int, line: bytes, at: int) -> None:
    """Write all of `line`: a disk that is nearly full takes a part first, and says so only at the next write."""
    done = 0
    while done < len(line):
        done += os.pwrite(descriptor, line[done:], at + done)


def _damaged(path: Path, what: str) -> Refused:
    return Refused(
        f"journal {path} is damaged: {what}",
        details=["what the run did can no longer be proved from it; nothing was changed now"],
        resolution=f"keep it for the inquiry and go on without it: mv {path} {path}.damaged",
    )


def _whole_lines_size(path: Path) -> int:
    return path.read_bytes().rfind(b"\n") + 1


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
