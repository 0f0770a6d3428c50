"""Puts file trees back as a manifest says, path by path; a path that fails never keeps the others from it."""

import base64
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from .trees import (
    ABSENT,
    ALONE,
    FILE,
    FOLDER,
    LINK,
    LOCKED,
    NODE,
    Entry,
    Manifest,
    Scope,
    attributes_of,
    differing,
    digest_of,
    flags_of,
    read_trees,
    set_flags,
)

_TEMPORARY = ".ndcops-guard."


def restore_trees(
    root: Path, scope: Scope, then: Manifest, contents: Callable[[str], bytes], first: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Make the scope what `then` says; returns what was changed, and what could not be, with the reason.

    contents: the bytes of a SHA-256. first: prefixes of paths that are put back before all others.
    Each path is tried even when another failed.
    """
    now = read_trees(root, scope)
    wrong = _to_put_back(then, now)
    work = _Restore(root, then, contents, frozenset(_shared(now)))
    order = sorted(wrong, key=lambda name: (not name.startswith(tuple(first)), name.count("/"), name))
    gone = [name for name in wrong if _must_go(then.get(name), now.get(name))]
    for name in sorted(gone, key=_depth, reverse=True):
        work.attempt(name, work.remove)
    for name in order:
        if then.get(name, {}).get("type") == FOLDER:
            work.attempt(name, work.folder)
    for name in order:
        if name in then and "same_as" not in then[name] and then[name]["type"] not in (ABSENT, FOLDER):
            work.attempt(name, work.put)
    for name in order:
        if "same_as" in then.get(name, {}):
            work.attempt(name, work.link)
    folders = {parent for name in wrong for parent in (name, name.rpartition("/")[0])}
    for name in sorted(folders, key=_depth, reverse=True):
        if then.get(name, {}).get("type") == FOLDER:
            work.attempt(name, work.dress)
    return order, work.failures


def _depth(name: str) -> int:
    return name.count("/")


def _to_put_back(then: Manifest, now: Manifest) -> set[str]:
    """Paths that differ, and the other names of such files, which part from them when they are written anew.

    A program that is gone (`alone`) comes back with its package, not from here.
    """
    wrong = {
        name
        for name, (before, after) in differing(then, now).items()
        if after is not None or (before is not None and before["type"] != ALONE)
    }
    return wrong | {name for name, entry in then.items() if entry.get("same_as") in wrong}


def _shared(now: Manifest) -> Iterator[str]:
    for name, entry in now.items():
        if "same_as" in entry:
            yield from (name, entry["same_as"])


def _must_go(then: Entry | None, now: Entry | None) -> bool:
    if now is None or now["type"] in (ABSENT, ALONE):
        return False
    return then is None or then["type"] != now["type"]


class _Restore:
    """One way back; failures are collected, not raised."""

    def __init__(
        self, root: Path, then: Manifest, contents: Callable[[str], bytes], shared: frozenset[str]
    ) -> None:
        self._root = root
        self._then = then
        self._contents = contents
        self._shared = shared
        self.failures: list[str] = []

    def attempt(self, name: str, action: Callable[[str, Path], None]) -> None:
        """Run one action; a file made immutable (`chattr +i`) is loosened first when that is what stops it."""
        path = self._root / name.lstrip("/")
        try:
            try:
                action(name, path)
            except PermissionError:
                for locked in (path.parent, path):
                    with suppress(OSError):
                        set_flags(locked, flags_of(locked, locked.lstat()) & ~LOCKED)
                action(name, path)
        except OSError as error:
            self.failures.append(f"{name}: {error.strerror or error}")

    def remove(self, name: str, path: Path) -> None:
        del name
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)

    def folder(self, name: str, path: Path) -> None:
        del name
        path.mkdir(mode=0o700, exist_ok=True)

    def put(self, name: str, path: Path) -> None:
        entry = self._then[name]
        if entry["type"] == ALONE or (name not in self._shared and _holds(entry, path)):
            self.dress(name, path)
            return
        fresh = path.with_name(_TEMPORARY + hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:16])
        fresh.unlink(missing_ok=True)
        try:
            if entry["type"] == LINK:
                fresh.symlink_to(entry["target"])
            elif entry["type"] == NODE:
                os.mknod(fresh, entry["format"] | 0o600, entry["device"])
            else:
                _write(fresh, self._contents(entry["sha256"]))
            _dress(fresh, {**entry, "locked": 0})
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        self.dress(name, path)

    def link(self, name: str, path: Path) -> None:
        fresh = path.with_name(f"{_TEMPORARY}link")
        fresh.unlink(missing_ok=True)
        fresh.hardlink_to(self._root / self._then[name]["same_as"].lstrip("/"))
        fresh.replace(path)
        fresh.unlink(missing_ok=True)  # rename does nothing between two names of one file

    def dress(self, name: str, path: Path) -> None:
        _dress(path, self._then[name])


def _holds(entry: Entry, path: Path) -> bool:
    """Whether the path has the right bytes already, so that the file may stay."""
    if entry["type"] == LINK:
        return path.is_symlink() and bool(os.readlink(path) == entry["target"])  # noqa: PTH115
    if entry["type"] != FILE or path.is_symlink() or not path.is_file():
        return False
    return bool(path.lstat().st_size == entry["size"] and digest_of(path.read_bytes()) == entry["sha256"])


def _dress(path: Path, entry: Entry) -> None:
    """Owner, mode, attributes and times: in this order, for each undoes a part of the next."""
    status = path.lstat()
    is_link = stat.S_ISLNK(status.st_mode)
    if (status.st_uid, status.st_gid) != (entry["uid"], entry["gid"]):
        os.chown(path, entry["uid"], entry["gid"], follow_symlinks=False)
    if not is_link and stat.S_IMODE(path.lstat().st_mode) != entry["mode"]:
        path.chmod(entry["mode"])
    wanted = {name: base64.b64decode(value) for name, value in entry.get("attributes", {}).items()}
    found = attributes_of(path)
    for name in found.keys() - wanted.keys():
        os.removexattr(path, name, follow_symlinks=False)
    for name, value in wanted.items():
        if found.get(name) != value:
            os.setxattr(path, name, value, follow_symlinks=False)
    if "mtime_ns" in entry and path.lstat().st_mtime_ns != entry["mtime_ns"]:
        os.utime(path, ns=(status.st_atime_ns, entry["mtime_ns"]), follow_symlinks=False)
    if not is_link and flags_of(path, status) & LOCKED != entry.get("locked", 0):
        set_flags(path, flags_of(path, status) & ~LOCKED | entry.get("locked", 0))


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        done = 0
        while done < len(data):
            done += os.write(descriptor, data[done:])
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
