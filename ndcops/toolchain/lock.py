"""One builder of an engine at a time: a lock the kernel frees when its holder dies; build and bundle call it."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ndcops.model.errors import NdcopsError

POLL_S: Final = 0.2
WAIT_S: Final = 3 * 3600.0
"""Three times a cold build on a slow machine: whoever holds the lock longer is stuck."""


@contextmanager
def held(path: Path, on_wait: Callable[[str], None], *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the lock file at path; on_wait is told who holds it, once a second, while waiting.

    flock and not a file's presence: kill -9 frees it at once. The file itself is never removed, since
    a third process could then lock another file of the same name. Raises NdcopsError after wait_s.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait(descriptor, path, on_wait, wait_s)
        _write_holder(descriptor)
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Tell whether some process holds the lock at this moment."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _wait(descriptor: int, path: Path, on_wait: Callable[[str], None], wait_s: float) -> None:
    started = time.monotonic()
    told_at = float("-inf")
    while not _try_lock(descriptor, fcntl.LOCK_EX):
        now = time.monotonic()
        if now - started > wait_s:
            holder = _holder(descriptor)
            raise NdcopsError(
                f"{path.stem}: gave up after waiting {wait_s:.0f} s for {holder}",
                details=[f"lock: {path}"],
                resolution="ndcops toolchain status; end that process if it is stuck, then run this again",
            )
        if now - told_at >= 1:
            on_wait(_holder(descriptor))
            told_at = now
        time.sleep(POLL_S)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_holder(descriptor: int) -> None:
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%H:%M:%S")}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        # Between taking the lock and writing its name the holder is unknown for a moment.
        return "another process"
