"""Where the lab lives on disk, what it is called, and the lock that lets one command change it at a time."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ndcops.model.errors import Refused
from ndcops.toolchain.folders import state_dir

LOCK_WAIT_S = 180.0
"""An `up` on a slow machine takes a minute: whoever waits longer than three is told so."""


def lab_folder() -> Path:
    """The lab's folder; it need not exist."""
    return state_dir() / "lab"


@dataclass(frozen=True)
class LabPaths:
    """Every file of the lab, by name."""

    root: Path

    @property
    def lab_id(self) -> str:
        """Six hexadecimal digits from the folder's path: labs of other folders have other names throughout."""
        return hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:6]

    @property
    def state(self) -> Path:
        """The lab's state file."""
        return self.root / "lab.json"

    @property
    def kubeconfig(self) -> Path:
        """Contexts `lab-SITE`, as ndcops-operator."""
        return self.root / "kubeconfig"

    @property
    def admin_kubeconfig(self) -> Path:
        """Contexts `lab-SITE-admin`, as system:masters."""
        return self.root / "admin.kubeconfig"

    @property
    def coordination_file(self) -> Path:
        """Endpoints and credentials of the coordination store."""
        return self.root / "coordination.json"

    @property
    def coordination(self) -> Path:
        """Keys and data of the coordination store."""
        return self.root / "coordination"

    @property
    def databases_file(self) -> Path:
        """Endpoints and credentials of the databases' store, and who reaches PostgreSQL where."""
        return self.root / "databases.json"

    @property
    def databases(self) -> Path:
        """Keys, passwords and the store's data of the databases."""
        return self.root / "databases"

    @property
    def names_file(self) -> Path:
        """The authoritative servers of the services' names, and the key that may change them."""
        return self.root / "names.json"

    @property
    def names(self) -> Path:
        """The key of the services' names."""
        return self.root / "names"

    @property
    def probes(self) -> Path:
        """What the probes saw."""
        return self.root / "probes"

    def site(self, site: str) -> Path:
        """Everything of one site."""
        return self.root / "sites" / site

    def pki(self, site: str) -> Path:
        """One site's keys and certificates."""
        return self.site(site) / "pki"

    def log(self, site: str, process: str) -> Path:
        """What a process of a site wrote to stdout and stderr."""
        return self.site(site) / "logs" / f"{process}.log"


def _try_lock(root: Path, *, create: bool) -> int | None:
    """A descriptor that holds the lock of the folder at `root`, or None: busy, absent or just replaced."""
    if create:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # `down` removes the folder that it holds: a lock on a removed folder protects nothing.
        if os.fstat(descriptor).st_ino == root.stat().st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


@contextmanager
def hold_lab(root: Path, *, create: bool = False, wait_s: float = LOCK_WAIT_S) -> Iterator[bool]:
    """Let one command change the lab; gives False when there is no lab folder (and `create` is off).

    The lock is on the folder itself, so that nothing stays behind, and ends with the process, even by
    kill -9. Raises Refused when another command still holds it after `wait_s` seconds.
    """
    deadline = time.monotonic() + wait_s
    while (descriptor := _try_lock(root, create=create)) is None:
        if not create and not root.exists():
            yield False
            return
        if time.monotonic() >= deadline:
            raise Refused(
                f"another ndcops command is changing the lab in {root}",
                details=[f"waited {wait_s:.0f} s for it"],
                resolution="wait for it to end, then: ndcops lab status",
            )
        time.sleep(0.1)
    try:
        yield True
    finally:
        os.close(descriptor)
