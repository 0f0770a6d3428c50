"""Room on disks: asked before a build or an import, and the error when it ran out anyway."""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ndcops.model.errors import NdcopsError

FreeBytes = Callable[[Path], int]
OUT_OF_SPACE_TEXT: Final = "no space left on device"
RESOLUTION: Final = "free some space, or set NDCOPS_CACHE_DIR to a larger disk, then run this again"


def free_bytes(folder: Path) -> int:
    """Return the bytes an ordinary user may still write on the disk that folder is, or will be, on."""
    while not folder.exists():
        folder = folder.parent
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def mebibytes(size_bytes: int) -> str:
    """Return a size as people read it: 12.3 MiB."""
    return f"{size_bytes / 1024 / 1024:,.1f} MiB"


def check_room(what: str, needs: Mapping[Path, int], free: FreeBytes = free_bytes) -> None:
    """Raise NdcopsError when a disk has too little room; needs on the same disk are added up."""
    disks: dict[int, tuple[Path, int]] = {}
    for folder, needed in needs.items():
        device = _device(folder)
        first, so_far = disks.get(device, (folder, 0))
        disks[device] = first, so_far + needed
    short = [(folder, needed, free(folder)) for folder, needed in disks.values() if free(folder) < needed]
    if short:
        raise NdcopsError(
            f"{what}: not enough room on the disk",
            details=[_shortage(folder, needed, left) for folder, needed, left in short],
            resolution=RESOLUTION,
        )


@contextmanager
def out_of_space_explained(what: str, folder: Path, needed_bytes: int) -> Iterator[None]:
    """Turn ENOSPC and EDQUOT of the body's own writes into an NdcopsError that says needed and free."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise ran_out(what, folder, needed_bytes) from error


def ran_out(what: str, folder: Path, needed_bytes: int, *more: str) -> NdcopsError:
    """Return the error for a disk that filled up half-way."""
    return NdcopsError(
        f"{what}: the disk is full",
        details=[_shortage(folder, needed_bytes, free_bytes(folder)), *more],
        resolution=RESOLUTION,
    )


def _shortage(folder: Path, needed: int, left: int) -> str:
    return f"{folder}: needs {needed} bytes ({mebibytes(needed)}), {left} bytes ({mebibytes(left)}) are free"


def _device(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return folder.stat().st_dev
