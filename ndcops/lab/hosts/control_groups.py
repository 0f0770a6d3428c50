"""A control group per lab host: machines that share one see, and wait for, each other's processes."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ndcops.model.errors import NdcopsError


def hierarchies(mountinfo: str) -> list[Path]:
    """Where systemd's own control groups are mounted: version 2, and version 1's `name=systemd`."""
    found = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split()[:3]
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(Path(before.split()[4]))
    return found


def _parents(lab_id: str) -> Iterator[Path]:
    for hierarchy in hierarchies(Path("/proc/self/mountinfo").read_text()):
        yield hierarchy / f"ndc-{lab_id}"


def make_groups(lab_id: str, host: str) -> list[Path]:
    """The host's group in every hierarchy, made when missing."""
    groups = [parent / host for parent in _parents(lab_id)]
    for group in groups:
        group.mkdir(parents=True, exist_ok=True)
    return groups


def remove_groups(lab_id: str, host: str | None = None, timeout_s: float = 10.0) -> int:
    """Remove a host's groups, or all of the lab's; gives how many. Their processes must have been ended."""
    removed = 0
    for parent in _parents(lab_id):
        top = parent if host is None else parent / host
        if top.exists():
            removed += _remove(top, timeout_s)
    return removed


def _remove(top: Path, timeout_s: float) -> int:
    """Inner groups first. The kernel frees a group a moment after its last process."""
    removed = 0
    deadline = time.monotonic() + timeout_s
    while top.exists():
        inner = sorted((each for each in top.rglob("*") if each.is_dir()), key=lambda each: -len(each.parts))
        for group in [*inner, top]:
            with suppress(OSError):
                group.rmdir()
                removed += 1
        if top.exists() and time.monotonic() > deadline:
            raise NdcopsError(f"processes are left in the control group {top}", resolution="ndcops lab hosts down")
        if top.exists():
            time.sleep(0.05)
    return removed
