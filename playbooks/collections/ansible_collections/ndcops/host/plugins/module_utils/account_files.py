"""Reads and rewrites /etc/passwd and /etc/shadow under the lock that passwd and useradd take."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from ansible_collections.ndcops.host.plugins.module_utils import placing
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible

# lckpwdf(3) gives up after 15 s as well.
LOCK_TIMEOUT_S = 15.0
FIELDS = {"passwd": 7, "shadow": 9}


class AccountFile:
    """One of the two files: lines as lists of fields; lines of another shape are kept as they are."""

    def __init__(self, root: str, name: str) -> None:
        self.path = os.path.join(root, "etc", name)
        self.width = FIELDS[name]
        now = placing.standing(self.path)
        if now.text is None or now.link is not None:
            raise Impossible(f"{self.path} is missing or a link")
        self.before = now.text
        self.attributes = placing.Attributes(now.mode, now.uid, now.gid)
        self.lines = [line.split(":") for line in now.text.splitlines()]

    def rows(self) -> Iterator[list[str]]:
        """Yield the fields of every account; changing a list changes the file's text."""
        return (line for line in self.lines if len(line) == self.width and line[0] and line[0][0] not in "+-#")

    def write(self) -> None:
        """Put the file in place when it changed."""
        text = "".join(":".join(line) + "\n" for line in self.lines)
        if text != self.before:
            placing.write_whole(self.path, text, self.attributes)


@contextlib.contextmanager
def locked(root: str) -> Iterator[None]:
    """Hold the lock of lckpwdf(3); raises Impossible when another program holds it for 15 s."""
    descriptor = os.open(os.path.join(root, "etc/.pwd.lock"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        give_up_at = time.monotonic() + LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except (BlockingIOError, PermissionError):
                if time.monotonic() > give_up_at:
                    raise Impossible("another program is changing the accounts of this host") from None
                time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)
