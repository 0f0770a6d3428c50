"""Ends what Ansible still runs on the host: a run that is being taken back must not go on changing it."""

import os
import signal
from contextlib import suppress
from pathlib import Path

_MARKS = (b"BECOME-SUCCESS-", b"AnsiballZ_", b"ansible-tmp-")
"""What Ansible's own programs carry on their command lines (become prompt, module file, its folder)."""


_ROUNDS = 20
"""A program may have begun another between the look and its end."""


def end_changers(processes: Path = Path("/proc")) -> int:
    """SIGKILL those processes and all they began, but not this one's own line; returns how many."""
    ended = 0
    for _ in range(_ROUNDS):
        found = _end_those_seen(processes)
        ended += found
        if not found:
            break
    return ended


def _end_those_seen(processes: Path) -> int:
    parents, marked = _read(processes)
    own = _line_of(os.getpid(), parents)
    doomed = {pid for pid in parents if any(up in marked for up in _line_of(pid, parents))} - own
    for pid in doomed:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return len(doomed)


def _read(processes: Path) -> tuple[dict[int, int], set[int]]:
    parents: dict[int, int] = {}
    marked: set[int] = set()
    for folder in processes.iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, ValueError, IndexError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if any(mark in (folder / "cmdline").read_bytes() for mark in _MARKS):
                marked.add(int(folder.name))
    return parents, marked


def _line_of(pid: int, parents: dict[int, int]) -> set[int]:
    line = set()
    while pid > 1 and pid not in line:
        line.add(pid)
        pid = parents.get(pid, 0)
    return line
