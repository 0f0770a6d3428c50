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
        processes = _end_all(paths.lab_id)
        interfaces = network.remove_links(paths.lab_id)
        mounts = _unmount_all(paths.root)
        return LabRemoval(processes, interfaces, mounts, _remove_files(paths.root) if held else 0)


def _end_all(lab_id: str, timeout_s: float = 60.0) -> int:
    """End marked processes until two looks find none: one may just have been forked by a killed `up`."""
    ended, empty_looks = 0, 0
    deadline = time.monotonic() + timeout_s
    while empty_looks < 2:
        found = find_marked(lab_id)
        empty_looks = 0 if found else empty_looks + 1
        ended += end_processes(found, grace_s=GRACE_S)
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


def _unmount_all(root: Path) -> int:
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


def _remove_files(root: Path) -> int:
    """Remove the folder; gives how many files and folders it held, itself included."""
    count = 1 + sum(1 for _ in root.rglob("*"))
    try:
        shutil.rmtree(root)
    except OSError as error:
        raise NdcopsError(f"cannot remove {root}", details=[str(error)], resolution="ndcops lab down") from error
    return count
