"""Room on the disk: known before a snapshot begins, and kept for the restore, which may meet a full disk."""

import os
from contextlib import suppress
from pathlib import Path

from .host import Host

DATA = "/var/lib/ndcops/guard"
_RESERVE_FOLDERS = (DATA, "/usr/local/lib/ndcops", "/")
_NAME = ".reserve"
_MARGIN_BYTES = 4 << 20
_SPARE_INODES = 400


class Refusal(Exception):
    """Acting would be unsafe; nothing was changed."""


def check_room(host: Host, contents_bytes: int, files: int) -> None:
    """Raises Refusal when a file system is read-only, or too full for the snapshot and its reserve."""
    for name in ("/etc", DATA):
        folder = host.path(name)
        if not os.access(folder, os.W_OK):  # never a file on trial: /etc would keep the time of it
            raise Refusal(f"{name} cannot be written: it is read-only")
        status = os.statvfs(folder)
        free, wanted = status.f_bavail * status.f_frsize, 2 * contents_bytes + 2 * _MARGIN_BYTES
        if free < wanted:
            raise Refusal(f"{name}: {free >> 20} MiB are free, a snapshot needs {wanted >> 20} MiB")
        if status.f_files and status.f_favail < files + 2 * _SPARE_INODES:
            raise Refusal(
                f"{name}: {status.f_favail} inodes are free, a snapshot needs {files + 2 * _SPARE_INODES}"
            )


def reserve(host: Host, contents_bytes: int) -> None:
    """Keep room for a whole restore on the file system that holds /etc."""
    folder = _reserve_folder(host)
    descriptor = os.open(folder / _NAME, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, contents_bytes + _MARGIN_BYTES)
    finally:
        os.close(descriptor)
    spare = folder / f"{_NAME}.inodes"
    spare.mkdir(mode=0o700, exist_ok=True)
    for number in range(_SPARE_INODES):
        (spare / str(number)).touch(mode=0o600)


def release(host: Host) -> None:
    """Give the reserve back."""
    for name in _RESERVE_FOLDERS:
        folder = host.path(name)
        with suppress(OSError):
            (folder / _NAME).unlink()
        spare = folder / f"{_NAME}.inodes"
        if spare.is_dir():
            for one in spare.iterdir():
                with suppress(OSError):
                    one.unlink()
            with suppress(OSError):
                spare.rmdir()


def _reserve_folder(host: Host) -> Path:
    """A folder of ours on the file system of /etc; `/` itself when no other lies there."""
    device = host.path("/etc").stat().st_dev
    for name in _RESERVE_FOLDERS:
        folder = host.path(name)
        if folder.is_dir() and folder.stat().st_dev == device:
            return folder
    raise Refusal("/etc lies on a file system of its own: no room can be kept for a restore")
