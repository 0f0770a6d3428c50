"""Logins on the lab's hosts by the system's ssh, as an operator types them."""

import subprocess
from pathlib import Path

from ndcops.lab.hosts.status import LabHostsStatus


class HostOperator:
    """The operator at a shell of this machine, who trusts no host key on first use."""

    def __init__(self, found: LabHostsStatus) -> None:
        self._found = found

    def run(
        self, host: str, command: str, *, given: str = "", known_hosts: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": known_hosts or self._found.known_hosts,
            "GlobalKnownHostsFile": "/dev/null",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "ConnectTimeout": 10,
        }
        argv = ["ssh", "-F", "none", "-i", str(self._found.identity)]
        argv += [f"-o{name}={value}" for name, value in options.items()]
        target = f"operator@{self._found.host(host).address}"
        return subprocess.run(
            [*argv, target, command], input=given, capture_output=True, text=True, timeout=120, check=False
        )

    def as_root(self, host: str, command: str) -> subprocess.CompletedProcess[str]:
        password = self._found.sudo_password_file.read_text()
        return self.run(host, f"sudo --stdin --prompt= sh -c {command!r}", given=password)
