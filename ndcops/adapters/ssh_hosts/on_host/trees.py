"""File trees as they are: every path with its mode, owner, extended attributes, times and bytes.

Nothing here knows what the files are for; `scope` says which trees matter, `trees_restore` puts them back.
"""

import base64
import errno
import fcntl
import hashlib
import os
import stat
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
Manifest = dict[str, Entry]

FOLDER, FILE, LINK, NODE, ABSENT, ALONE = "folder", "file", "link", "node", "absent", "alone"
_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602  # linux/fs.h: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS
LOCKED = 0x10 | 0x20  # FS_IMMUTABLE_FL, FS_APPEND_FL


@dataclass(frozen=True)
class Scope:
    """What is kept. trees: everything below; alone: only mode, owner and attributes of the path itself."""

    trees: tuple[str, ...]
    alone: tuple[str, ...] = ()


def read_trees(root: Path, scope: Scope, keep: Callable[[bytes], str] | None = None) -> Manifest:
    """Every path of the scope, as paths below `root`. keep: takes a file's bytes, returns their SHA-256.

    Mounts inside a tree are left out: what lies in them is not of this file system.
    """
    reader = _Reader(root, keep or digest_of)
    for top in scope.alone:
        reader.alone(top)
    for top in scope.trees:
        reader.tree(top)
    return reader.found


def digest_of(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class _Reader:
    """Collects entries; remembers the first path of each inode, so that hard links are found again."""

    def __init__(self, root: Path, keep: Callable[[bytes], str]) -> None:
        self._root = root
        self._keep = keep
        self._first: dict[tuple[int, int], str] = {}
        self._mounts = mount_points(root)
        self.found: Manifest = {}

    def alone(self, name: str) -> None:
        path = self._root / name.lstrip("/")
        with suppress(FileNotFoundError, NotADirectoryError):
            status = path.lstat()
            if not stat.S_ISLNK(status.st_mode):
                self.found[name] = {"type": ALONE, **_owner(path, status)}

    def tree(self, top: str) -> None:
        waiting = [top]
        while waiting:
            name = waiting.pop()
            path = self._root / name.lstrip("/")
            if name != top and name in self._mounts:
                continue
            try:
                status = path.lstat()
            except (FileNotFoundError, NotADirectoryError):
                if name == top:
                    self.found[name] = {"type": ABSENT}
                continue
            self.found[name] = self._entry(name, path, status)
            if stat.S_ISDIR(status.st_mode):
                waiting += [
                    f"{name}/{child}" for child in sorted((one.name for one in path.iterdir()), reverse=True)
                ]

    def _entry(self, name: str, path: Path, status: os.stat_result) -> Entry:
        entry = {**_owner(path, status), "mtime_ns": status.st_mtime_ns}
        if stat.S_ISDIR(status.st_mode):
            return {"type": FOLDER, **entry}
        if status.st_nlink > 1:
            first = self._first.setdefault((status.st_dev, status.st_ino), name)
            if first != name:
                return {"type": self.found[first]["type"], "same_as": first}
        if stat.S_ISLNK(status.st_mode):
            return {"type": LINK, **entry, "target": os.readlink(path)}  # noqa: PTH115 - Path.readlink tidies the text
        if stat.S_ISREG(status.st_mode):
            return {"type": FILE, **entry, "size": status.st_size, "sha256": self._keep(path.read_bytes())}
        return {"type": NODE, **entry, "format": stat.S_IFMT(status.st_mode), "device": status.st_rdev}


def _owner(path: Path, status: os.stat_result) -> Entry:
    entry: Entry = {"mode": stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid}
    attributes = attributes_of(path)
    if attributes:
        entry["attributes"] = {name: base64.b64encode(value).decode() for name, value in attributes.items()}
    locked = 0 if stat.S_ISLNK(status.st_mode) else flags_of(path, status) & LOCKED
    if locked:
        entry["locked"] = locked
    return entry


def attributes_of(path: Path) -> dict[str, bytes]:
    """Extended attributes: capabilities, access control lists, labels."""
    try:
        return {
            name: os.getxattr(path, name, follow_symlinks=False)
            for name in os.listxattr(path, follow_symlinks=False)
            if not name.startswith("trusted.overlay.")
        }
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return {}
        raise


def flags_of(path: Path, status: os.stat_result) -> int:
    """The file's attributes as `lsattr` shows them; 0 where the file system has none."""
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return 0
    with suppress(OSError), _opened(path) as descriptor:
        return int(struct.unpack("l", fcntl.ioctl(descriptor, _GET_FLAGS, b"\0" * 8))[0])
    return 0


def set_flags(path: Path, flags: int) -> None:
    """Set what `flags_of` reads."""
    with _opened(path) as descriptor:
        fcntl.ioctl(descriptor, _SET_FLAGS, struct.pack("l", flags))


class _opened:  # noqa: N801 - reads as the verb it is
    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> int:
        self._descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def mount_points(root: Path) -> frozenset[str]:
    """Paths below `root` that are mounts, as `root` sees them."""
    prefix = str(root).rstrip("/")
    points = set()
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split()[4].encode().decode("unicode_escape")
        if point.startswith(prefix):
            points.add(point[len(prefix) :] or "/")
    return frozenset(points)


def differing(then: Manifest, now: Manifest) -> dict[str, tuple[Entry | None, Entry | None]]:
    """Paths whose entries differ, with both."""
    return {
        name: (then.get(name), now.get(name)) for name in sorted({*then, *now}) if then.get(name) != now.get(name)
    }


def set_id_files(root: Path, folders: Iterable[str]) -> Iterator[str]:
    """Programs that run with another's rights; a control may take the bit from the wrong one, such as sudo."""
    for top in folders:
        for folder, _, names in os.walk(root / top.lstrip("/")):
            for name in names:
                path = Path(folder, name)
                with suppress(OSError):
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_ISUID | stat.S_ISGID):
                        yield f"/{path.relative_to(root)}"


def size_of(manifest: Manifest) -> int:
    """Bytes of all files, each rounded up to a block."""
    return sum(-(-entry["size"] // 4096) * 4096 for entry in manifest.values() if "size" in entry)
