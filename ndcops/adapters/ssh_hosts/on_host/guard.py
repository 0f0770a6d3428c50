"""The guard: takes a snapshot of a host, and puts it back unless a fresh login says in time that all is well.

Verbs: snapshot RUN, arm RUN SECONDS, beat RUN SECONDS, disarm RUN, restore RUN, compare RUN, list; `expire` is the
timer's. Each prints one JSON object and ends with 0, 1 (failed) or 3 (refused, nothing changed).
"""

import fcntl
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .host import Host
from .restore import Restore, compare
from .space import Refusal, release, reserve
from .store import Store, write_json
from .trees import size_of

TIMER, SERVICE = "ndcops-guard.timer", "ndcops-guard.service"
_ARMED, _CONFIRMED, _RESULT = "armed", "confirmed", "result.json"
_BEAT = "/run/ndcops-guard.beat"
_SECONDS = "/usr/local/lib/systemd/system/ndcops-guard.timer.d/seconds.conf"
_LOCK_WAIT_S = 3.0
_RESTORE_S = 600
_ASKED_AGAIN_S = (0.0, 0.5, 1.0, 2.0, 4.0)
_INSIDE = "NDCOPS_GUARD_UNIT"

Answer = dict[str, Any]


class Guard:
    """The verbs, on one host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._store = Store(host)

    def snapshot(self, run: str) -> Answer:
        """Keep how the host is now. Refused while any run is armed, or when there is no room."""
        self._store.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            if armed := self._armed():
                raise Refusal(f"run {armed['run']} is armed; restore it or let its time run out")
            return {**self._store.take(run)}

    def arm(self, run: str, seconds: int) -> Answer:
        """From now on the host puts itself back `seconds` after the last beat, and after a reboot."""
        with self._locked():
            snapshot = self._store.read(run)
            armed = self._armed()
            if armed and armed["run"] != run:
                raise Refusal(f"run {armed['run']} is armed; restore it or let its time run out")
            (self._store.run_folder(run) / _RESULT).unlink(missing_ok=True)
            try:
                reserve(self._host, size_of(snapshot.entries))
                self._set_seconds(seconds)
                write_json(self._store.folder / _ARMED, {"run": run, "seconds": seconds})
                self._wind()
            except (Refusal, OSError):
                (self._store.folder / _ARMED).unlink(missing_ok=True)
                release(self._host)
                raise
            return {"seconds": seconds}

    def beat(self, run: str, seconds: int) -> Answer:
        """Say that the door still opens: the time begins anew. Refused when the host goes back or already did."""
        with self._locked():
            self._require_armed(run)
            self._set_seconds(seconds)
            self._wind()
            return {"seconds": seconds}

    def disarm(self, run: str) -> Answer:
        """Keep the changes. The snapshot stays, for a rollback. Refused when the host goes back or already did."""
        with self._locked():
            self._require_armed(run)
            (self._store.run_folder(run) / _CONFIRMED).touch(mode=0o600)
            (self._store.folder / _ARMED).unlink()
            self._host.sync()
            self._host.run("systemctl", "stop", TIMER)
            release(self._host)
            return {}

    def restore(self, run: str) -> Answer:
        """Put the host back as it was, in a service of its own, which no broken session takes along."""
        folder = self._store.run_folder(run)
        self._store.read(run)
        if self._host.root != Path("/") or os.environ.get(_INSIDE):
            return self._restore(run)
        (folder / _RESULT).unlink(missing_ok=True)
        done = self._host.run(
            "systemd-run", "--quiet", "--wait", "--collect", f"--setenv={_INSIDE}=1",
            "--property=IgnoreOnIsolate=yes", "--property=DefaultDependencies=no",
            sys.executable, "-I", "-B", sys.argv[0], "restore", run,
            timeout_s=_RESTORE_S,
        )  # fmt: skip
        with suppress(FileNotFoundError):
            return dict(json.loads((folder / _RESULT).read_text()))
        return {"ok": False, "failed": {"service": [done.reason]}}

    def expire(self) -> Answer:
        """The timer ran out: put back the armed run, unless a beat came in at the last moment."""
        armed = self._armed()
        if armed is None:
            return {"expired": False}
        with suppress(OSError, ValueError):
            if time.clock_gettime(time.CLOCK_BOOTTIME) - float(self._beat.read_text()) < armed["seconds"] - 2:
                return {"expired": False}
        return {"expired": True, **self._restore(armed["run"], only_armed=True)}

    def compare(self, run: str) -> Answer:
        """What differs from the snapshot now."""
        return {"differences": compare(self._host, self._store.read(run))}

    def list(self) -> Answer:
        """Every run, and which one is armed."""
        return {"runs": self._store.runs(), "armed": self._armed()}

    def _restore(self, run: str, *, only_armed: bool = False) -> Answer:
        with self._locked(wait_s=_RESTORE_S):
            if only_armed and self._armed() is None:
                return {"expired": False}
            result = Restore(self._host, self._store.read(run)).run()
            folder = self._store.run_folder(run)
            (folder / _CONFIRMED).unlink(missing_ok=True)
            with suppress(OSError):  # a disk that takes no result must not keep the host armed for ever
                write_json(folder / _RESULT, result)
            armed = self._armed()
            if result["ok"] and armed and armed["run"] == run:
                (self._store.folder / _ARMED).unlink()
                self._host.run("systemctl", "stop", "--no-block", TIMER)
            return result

    @property
    def _beat(self) -> Path:
        return self._host.path(_BEAT)

    def _armed(self) -> dict[str, Any] | None:
        try:
            return dict(json.loads((self._store.folder / _ARMED).read_text()))
        except FileNotFoundError:
            return None

    def _require_armed(self, run: str) -> None:
        armed = self._armed()
        if armed is None or armed["run"] != run:
            raise Refusal(f"run {run} is not armed: its time ran out and the host went back")
        if not self._beat.exists():  # it lies in /run: what was not yet on the disk is lost, too
            raise Refusal(f"the host was started anew in the middle of run {run}: it goes back")

    def _set_seconds(self, seconds: int) -> None:
        """The timer reads its time from a drop-in outside /etc, which also holds after a reboot."""
        path = self._host.path(_SECONDS)
        text = f"[Timer]\nOnActiveSec=\nOnActiveSec={seconds}\n"
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            self._host.run("systemctl", "daemon-reload")

    def _wind(self) -> None:
        """Begin the timer's time anew. Raises Refusal when it does not run.

        A systemd that packages have just made execute itself anew drops who asks it: it is asked again.
        """
        self._beat.write_text(str(time.clock_gettime(time.CLOCK_BOOTTIME)))
        reason = ""
        for pause_s in _ASKED_AGAIN_S:
            time.sleep(pause_s)
            done = self._host.run("systemctl", "restart", TIMER)
            running = self._host.run("systemctl", "is-active", TIMER)
            if not done.code and not running.code:
                return
            reason = done.reason if done.code else running.reason
        raise Refusal(f"the timer does not run: {reason}")

    @contextmanager
    def _locked(self, wait_s: float = _LOCK_WAIT_S) -> Iterator[None]:
        """One verb at a time. Raises Refusal when another does not end; while one restores, that is long."""
        deadline = time.monotonic() + wait_s
        descriptor = os.open(self._store.folder, os.O_RDONLY)
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise Refusal("the guard is at work: the host is being put back") from None
                    time.sleep(0.05)
            yield
        finally:
            os.close(descriptor)


_ARGUMENTS = {
    "snapshot": 1, "arm": 2, "beat": 2, "disarm": 1, "restore": 1, "compare": 1, "list": 0, "expire": 0,
}  # fmt: skip


def call(guard: Guard, arguments: list[str]) -> tuple[int, Answer]:
    """Run one verb; returns the exit code and what it says."""
    verb, *rest = arguments or [""]
    if _ARGUMENTS.get(verb) != len(rest) or (len(rest) == 2 and not re.fullmatch(r"[1-9][0-9]{0,4}", rest[1])):
        return 2, {
            "ok": False,
            "refused": "usage: guard snapshot|arm|beat|disarm|restore|compare|list RUN SECONDS",
        }
    values: list[Any] = [*rest[:1], *(int(value) for value in rest[1:])]
    try:
        answer: Answer = {"ok": True, **getattr(guard, verb)(*values)}
    except Refusal as refusal:
        return 3, {"ok": False, "refused": str(refusal)}
    except OSError as error:
        return 1, {"ok": False, "failed": {verb: [f"{error.filename or ''}: {error.strerror}"]}}
    return (0 if answer["ok"] else 1), answer


def main() -> int:
    """Called on the host, as root."""
    os.umask(0o077)
    code, answer = call(Guard(Host()), sys.argv[1:])
    sys.stdout.write(json.dumps(answer) + "\n")
    return code
