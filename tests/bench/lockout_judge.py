"""Looks at a host from outside, without the guard: its /etc to the byte, and whether the operator gets in."""

import hashlib
import os
import stat
import subprocess
import time
from pathlib import Path

from ndcops.lab.hosts.status import LabHost, LabHostsStatus

_LOGIN_TIMEOUT_S = 20
_CONNECT_TIMEOUT_S = 5

Manifest = dict[str, str]


class Judge:
    """One host as its operator and its disk show it."""

    def __init__(self, lab: LabHostsStatus, host: LabHost) -> None:
        self._lab = lab
        self._host = host
        self._etc = host.root / "etc"
        self.before = self.etc()

    def begin_anew(self) -> None:
        """What is there now is what must be there again."""
        self.before = self.etc()

    def etc(self) -> Manifest:
        """Type, mode, owner, and content or target of every path of /etc, as it lies on the disk."""
        found = {".": _line(self._etc)}
        for folder, folders, files in os.walk(self._etc):
            for name in (*folders, *files):
                path = Path(folder, name)
                found[str(path.relative_to(self._etc))] = _line(path)
        return found

    def differing(self) -> list[str]:
        """Paths of /etc that are not as before, with how they were and are."""
        now = self.etc()
        return [
            f"{name}: {self.before.get(name, 'not there')} -> {now.get(name, 'not there')}"
            for name in sorted({*self.before, *now})
            if self.before.get(name) != now.get(name)
        ]

    def is_as_before(self) -> bool:
        """Whether /etc is; False while paths come and go under the look."""
        try:
            return self.etc() == self.before
        except OSError:
            return False

    def lets_in_within(self, seconds: float) -> bool:
        """Whether the operator gets in at last; a service may be restarting at the first try."""
        deadline = time.monotonic() + seconds
        while not self.gets_in():
            if time.monotonic() > deadline:
                return False
        return True

    def gets_in(self) -> bool:
        """A new connection of the stock client with the operator's key, and sudo with the password."""
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": _CONNECT_TIMEOUT_S,
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": self._lab.known_hosts,
        }
        argv = ["ssh", "-F", "none", "-i", str(self._lab.identity)]
        argv += [f"-o{name}={value}" for name, value in options.items()]
        argv += [f"operator@{self._host.address}", "sudo -k -S -p '' id -u"]
        try:
            done = subprocess.run(
                argv,
                input=self._lab.sudo_password_file.read_text(),
                capture_output=True,
                text=True,
                timeout=_LOGIN_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0 and done.stdout.strip() == "0"


def _line(path: Path) -> str:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        content = str(path.readlink())
    elif stat.S_ISREG(status.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    else:
        content = str(status.st_rdev)
    return f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid} {content}"
