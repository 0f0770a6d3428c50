"""Removes everything of the lab: processes, interfaces, mounts, files; the command line calls it through wiring.

It needs no state file: the lab's id follows from its folder, and processes and links carry it.
"""

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ndcops.lab import network
from ndcops.lab.folder import LabPaths, hold_lab, lab_folder
from ndcops.lab.hosts.control_groups import remove_groups
from ndcops.lab.hosts.layout import hosts_mark
from ndcops.lab.processes import end_processes, find_marked
from ndcops.model.errors import NdcopsError

GRACE_S = 3.0
"""The API server takes over 12 s to stop while watches are open; the lab's data is removed anyway."""


@dataclass(frozen=True)
class LabRemoval:
    """What `down` removed."""

    processes: int
    interfaces: int
    mounts: int
    files: int

    @property
    def nothing_to_do(self) -> bool:
        """Whether there was no lab."""
        return self == LabRemoval(0, 0, 0, 0)


def down() -> LabRemoval:
    """Remove the lab of this user. Raises NdcopsError naming what could not be removed."""
    paths = LabPaths(lab_folder())
    with hold_lab(paths.root) as held:
        processes = end_all(paths.lab_id) + end_all(hosts_mark(paths.lab_id), grace_s=0)
        interfaces = network.remove_links(network.lab_links(paths.lab_id))
        remove_groups(paths.lab_id)
        mounts = unmount_all(paths.root)
        return LabRemoval(processes, interfaces, mounts, remove_files(paths.root) if held else 0)


def end_all(mark: str, *, grace_s: float = GRACE_S, timeout_s: float = 60.0) -> int:
    """End marked processes until two looks find none: one may just have been forked by a killed `up`."""
    ended, empty_looks = 0, 0
    deadline = time.monotonic() + timeout_s
    while empty_looks < 2:
        found = find_marked(mark)
        empty_looks = 0 if found else empty_looks + 1
        ended += end_processes(found, grace_s=grace_s)
        if time.monotonic() > deadline:
            raise NdcopsError(
                "processes of the lab keep coming back",
                details=[f"PID {each.pid}: {each.role}" for each in found],
                resolution="ndcops lab down",
            )
        time.sleep(0.03)
    return ended


def mounts_below(root: Path, mountinfo: str) -> list[Path]:
    """Mount points in and below a folder, deepest first (proc_pid_mountinfo(5): field 5, octal escapes)."""
    found = []
    for line in mountinfo.splitlines():
        escaped = line.split()[4]
        point = Path(re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), escaped))
        if point == root or root in point.parents:
            found.append(point)
    return sorted(found, key=lambda point: len(point.parts), reverse=True)


def unmount_all(root: Path) -> int:
    """Unmount everything in and below a folder; gives how many. Raises NdcopsError."""
    points = mounts_below(root.resolve(), Path("/proc/self/mountinfo").read_text())
    for point in points:
        done = subprocess.run(["umount", str(point)], capture_output=True, text=True, timeout=30, check=False)
        if done.returncode != 0:
            # Never remove files through a mount: they would be somebody else's.
            raise NdcopsError(
                f"cannot unmount {point}",
                details=[done.stderr.strip()],
                resolution=f"umount {point}; ndcops lab down",
            )
    return len(points)


def remove_files(root: Path) -> int:
    """Remove the folder; gives how many files and folders it held, itself included."""
    count = 1 + sum(1 for _ in root.rglob("*"))
    try:
        shutil.rmtree(root)
    except OSError as error:
        raise NdcopsError(f"cannot remove {root}", details=[str(error)], resolution="ndcops lab down") from error
    return count
