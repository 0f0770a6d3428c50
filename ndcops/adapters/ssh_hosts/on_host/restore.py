"""The way back: first the way in (files, firewall, sshd), then the slow rest; each part runs whatever failed."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .changers import end_changers
from .host import Host
from .live import restore_firewall, restore_kernel, restore_mounts
from .network import restore_network
from .packages import restore_packages
from .scope import WAY_IN
from .space import release
from .store import READERS, Snapshot
from .trees import ABSENT, ALONE, Manifest, differing, read_trees
from .trees_restore import restore_trees
from .units import keep_open, leave_emergency, open_door, reread, restore_units

_TALLIES = ("/run/faillock", "/var/lib/faillock")
_NOLOGIN = "/run/nologin"


class Restore:
    """One restore: what was done, what failed, and how long it took."""

    def __init__(self, host: Host, snapshot: Snapshot) -> None:
        self._host = host
        self._then = snapshot
        self._changed: set[str] = set()
        self._latest: list[str] = []
        self._failed: dict[str, list[str]] = {}
        self._begun = time.monotonic()

    def run(self) -> dict[str, Any]:
        """Put everything back. `ok`: the files are as they were and the door is open."""
        live = self._then.live
        self._part("reserve", lambda: release(self._host))
        self._part("running changes", lambda: end_changers(self._host.path("/proc")))
        self._part("read-only", self._writable)
        self._part("files", self._files)
        self._part("network", self._network)
        self._part("firewall", lambda: restore_firewall(self._host, live["firewall"]))
        self._part("kernel", lambda: restore_kernel(self._host, live["kernel"]))
        self._part("tallies", self._clear_tallies)
        self._part("door", lambda: open_door(self._host, live["units"]))
        way_in_ms = self._elapsed_ms()
        self._part("packages", lambda: restore_packages(self._host, live["packages"]))
        self._part("mounts", lambda: restore_mounts(self._host, live["mounts"]))
        self._part("files", self._files)
        self._part("door", lambda: keep_open(self._host, live["units"], self._latest))
        self._part("settings", lambda: reread(self._host, self._changed))
        self._part("units", lambda: restore_units(self._host, live["units"]))
        self._part("kernel", lambda: restore_kernel(self._host, live["kernel"]))
        self._part("network", self._network)
        self._part("firewall", lambda: restore_firewall(self._host, live["firewall"]))
        self._part("files", self._settle)
        self._part("tallies", self._clear_tallies)
        self._part("boot", lambda: leave_emergency(self._host))
        self._host.sync()
        return {
            "ok": not any(self._failed.get(part) for part in ("files", "door")),
            "way_in_ms": way_in_ms,
            "duration_ms": self._elapsed_ms(),
            "paths": len(self._changed),
            "failed": {part: reasons for part, reasons in self._failed.items() if reasons},
        }

    def _part(self, name: str, work: Callable[[], object]) -> None:
        """Whatever goes wrong in one part must not keep the next from running; the last try counts."""
        try:
            answer = work()
            self._failed[name] = list(answer) if isinstance(answer, list) else []
        except Exception as error:  # said in the result
            self._failed[name] = [f"{type(error).__name__}: {error}"]

    def _files(self) -> list[str]:
        then = self._then
        changed, failed = restore_trees(self._host.root, then.scope, then.entries, then.contents, WAY_IN)
        self._latest = changed
        self._changed.update(changed)
        return failed

    def _network(self) -> list[str]:
        """A snapshot from before the guard kept the network says nothing of it."""
        then = self._then.live.get("network")
        return [] if then is None else restore_network(self._host, then)

    def _settle(self) -> list[str]:
        """Services that were restarted may have written once more; then say what still differs."""
        failed = self._files()
        then, now = self._then.entries, read_trees(self._host.root, self._then.scope)
        return [*failed, *(f"{name}: still differs" for name in differing(then, now) if _counts(then, now, name))]

    def _writable(self) -> list[str]:
        problems = []
        for name in ("/", "/etc", "/var"):
            if os.statvfs(self._host.path(name)).f_flag & os.ST_RDONLY:
                done = self._host.run("mount", "-o", "remount,rw", name)
                problems += [f"{name}: {done.reason}"] if done.code else []
        return problems

    def _clear_tallies(self) -> None:
        """Failed logins that a broken state caused must not lock anyone out of the mended one."""
        for folder in _TALLIES:
            path = self._host.path(folder)
            for tally in path.iterdir() if path.is_dir() else ():
                tally.unlink(missing_ok=True)
        if not self._host.run("systemctl", "is-system-running").out.startswith(("starting", "stopping")):
            Path(self._host.path(_NOLOGIN)).unlink(missing_ok=True)

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._begun) * 1000)


def _counts(then: Manifest, now: Manifest, name: str) -> bool:
    """A program that left with its package is a package's matter."""
    return name in now or then[name]["type"] not in (ABSENT, ALONE)


def compare(host: Host, snapshot: Snapshot) -> list[dict[str, Any]]:
    """Everything that differs from the snapshot: part, subject, before and after."""
    found: list[dict[str, Any]] = [
        {"part": "files", "subject": name, "before": before, "after": after}
        for name, (before, after) in differing(snapshot.entries, read_trees(host.root, snapshot.scope)).items()
    ]
    for part, read in READERS.items():
        if part not in snapshot.live:
            continue
        then, now = snapshot.live[part], read(host)
        found += [
            {"part": part, "subject": subject, "before": then.get(subject), "after": now.get(subject)}
            for subject in sorted({*then, *now})
            if then.get(subject) != now.get(subject)
        ]
    return found
