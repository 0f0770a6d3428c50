"""Reads what stands at a path and puts whole files in place, so that a reader sees the old or the new one."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import tempfile
from typing import NamedTuple

from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome

PARENT_MODE = 0o755


class Standing(NamedTuple):
    """What stands at a path: text is None for nothing, link holds the target of a symbolic link."""

    text: str | None
    link: str | None
    mode: int
    uid: int
    gid: int


class Attributes(NamedTuple):
    """Wanted mode and owner, None where anything is right; a name unknown so far (check mode) is -1."""

    mode: int | None
    uid: int | None
    gid: int | None


def standing(path: str) -> Standing:
    """Return what stands at the path; raises Impossible when it is neither a file nor a link."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return Standing(None, None, 0, 0, 0)
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        target = os.readlink(path)
        return Standing(f"link to {target}", target, mode, status.st_uid, status.st_gid)
    if not stat.S_ISREG(status.st_mode):
        raise Impossible(f"{path} is not a file")
    with open(path, "rb") as file:
        text = file.read().decode("utf-8", "surrogateescape")
    return Standing(text, None, mode, status.st_uid, status.st_gid)


def attributes(mode: str | None, owner: str | None, group: str | None, *, check: bool) -> Attributes:
    """Return wanted attributes as numbers; in check mode an account may be one that a package still brings."""
    return Attributes(
        parse_mode(mode) if mode is not None else None,
        _number(owner, "user", check) if owner is not None else None,
        _number(group, "group", check) if group is not None else None,
    )


def parse_mode(mode: str) -> int:
    """Return an octal mode such as "0640" as a number; raises Impossible."""
    try:
        number = int(mode, 8)
    except ValueError:
        number = -1
    if not 0 <= number <= 0o7777:
        raise Impossible(f"{mode!r} is not an octal mode in quotes, for example '0640'")
    return number


def write_whole(path: str, text: str, wanted: Attributes) -> None:
    """Replace the file at once: written beside it, made durable, renamed; parents are made 0755."""
    folder = os.path.dirname(path)
    make_parents(folder)
    descriptor, beside = tempfile.mkstemp(prefix=".ndcops-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
            os.fchown(file.fileno(), _kept(wanted.uid), _kept(wanted.gid))
            os.fchmod(file.fileno(), wanted.mode if wanted.mode is not None else 0o644)
            file.flush()
            os.fsync(file.fileno())
        os.rename(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
    sync_folder(folder)


def remove(path: str) -> None:
    """Remove a file or link for good."""
    os.unlink(path)
    sync_folder(os.path.dirname(path))


def make_parents(folder: str) -> None:
    """Make a folder and its parents with mode 0755, whatever the umask says."""
    if os.path.isdir(folder):
        return
    make_parents(os.path.dirname(folder))
    os.mkdir(folder)
    os.chmod(folder, PARENT_MODE)


def sync_folder(folder: str) -> None:
    """Make renames and removals in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def differing_attributes(path: str, now: Standing, wanted: Attributes, outcome: Outcome) -> bool:
    """Note mode and owner that are not as wanted; return whether there are any."""
    noted = len(outcome.items)
    if wanted.mode is not None and now.mode != wanted.mode:
        outcome.change(f"{path} mode", f"{now.mode:04o}", f"{wanted.mode:04o}")
    uid = now.uid if wanted.uid is None else wanted.uid
    gid = now.gid if wanted.gid is None else wanted.gid
    if (now.uid, now.gid) != (uid, gid):
        outcome.change(f"{path} owner", owner_name(now.uid, now.gid), owner_name(uid, gid))
    return len(outcome.items) > noted


def set_attributes(path: str, wanted: Attributes) -> None:
    """Set mode and owner; owner first, because chown takes set-id bits away."""
    os.chown(path, _kept(wanted.uid), _kept(wanted.gid), follow_symlinks=False)
    if wanted.mode is not None:
        os.chmod(path, wanted.mode)


def owner_name(uid: int, gid: int) -> str:
    """Return user:group, numbers where there is no name."""
    try:
        user = pwd.getpwuid(uid).pw_name if uid >= 0 else "new"
    except KeyError:
        user = str(uid)
    try:
        group = grp.getgrgid(gid).gr_name if gid >= 0 else "new"
    except KeyError:
        group = str(gid)
    return f"{user}:{group}"


def _number(name: str, kind: str, check: bool) -> int:
    if name.isdigit():
        return int(name)
    try:
        return pwd.getpwnam(name).pw_uid if kind == "user" else grp.getgrnam(name).gr_gid
    except KeyError:
        if check:
            return -1
        raise Impossible(f"there is no {kind} {name} on this host") from None


def _kept(number: int | None) -> int:
    return -1 if number is None else number
