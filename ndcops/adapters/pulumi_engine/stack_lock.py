"""One run at a time on a stack, with proof that no engine of a killed run lives.

The lock is an flock on a file, which every engine process inherits: it ends when the last of them does,
however it ends, so no lock is ever stuck. The backend's own lock file has no such end; it is
removed here, once the flock shows that its engine is gone.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from ndcops.adapters.pulumi_engine.settings import EngineSettings
from ndcops.model.errors import Refused
from ndcops.model.stack_changes import StackId

ORPHAN_WAIT_S = 30.0
"""An engine whose ndcops was killed ends within seconds, once its program is gone; waited for this long."""


@contextmanager
def locked_stack(settings: EngineSettings, stack: StackId) -> Iterator[int]:
    """Hold the stack; yields the descriptor that engine processes inherit. Raises Refused when it is held."""
    path = settings.work_dir(stack) / "lock"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor, stack)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        _clear_engine_locks(settings.engine_locks_dir(stack), stack)
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, stack: StackId) -> None:
    deadline = time.monotonic() + ORPHAN_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            if _lives(holder) or time.monotonic() > deadline:
                raise _held(stack, f"process {holder or 'unknown'}") from None
            time.sleep(0.1)
        else:
            return


def _clear_engine_locks(folder: Path, stack: StackId) -> None:
    """Remove lock files of engines that are gone; an engine that someone runs by hand is respected."""
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            content = orjson.loads(path.read_bytes())
            pid, host = str(content["pid"]), content["hostname"]
        except FileNotFoundError:
            continue  # its engine has just ended
        except (orjson.JSONDecodeError, KeyError, TypeError):
            path.unlink(missing_ok=True)  # cut off while it was written: its engine never got the lock
            continue
        if host != os.uname().nodename:
            raise _held(stack, f"pulumi, process {pid} on {host}", f"; if no such machine is left: rm {path}")
        if _runs_engine(pid):
            raise _held(stack, f"pulumi, process {pid} on {host}")
        path.unlink(missing_ok=True)


def _lives(pid: str) -> bool:
    """Whether that process still runs; a zombie, killed but not asked for by its parent, does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text() if pid.isdecimal() else ""
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[:1] not in ([], ["Z"], ["X"])


def _runs_engine(pid: str) -> bool:
    """Whether that process is an engine: the PID may have been given out again since."""
    try:
        program = Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0]
    except OSError:
        return False
    return program.rpartition(b"/")[2].startswith(b"pulumi")


def _held(stack: StackId, holder: str, way_out: str = "") -> Refused:
    return Refused(
        f"stack {stack} is being changed by {holder}",
        details=["two runs at once would overwrite each other's state"],
        resolution=f"wait until it has ended, then run the same command again{way_out}",
    )
