"""The private folder of one run: inventory, Ansible's environment, control sockets; all gone afterwards."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import orjson
from pydantic import JsonValue

from ndcops.adapters.ansible_playbooks.settings import PlaybookSettings
from ndcops.model.errors import NdcopsError
from ndcops.model.hardening import HostTarget

INVENTORY = "hosts.json"

LONGEST_SOCKET_FOLDER = 72
"""A socket's path has at most 107 bytes; OpenSSH appends a name of 10 and, while it connects, 17 more."""

CLOSE_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 15


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run, mode 0700."""

    path: Path
    sockets: Path

    @property
    def inventory(self) -> Path:
        """The inventory of just the hosts of this run."""
        return self.path / INVENTORY


@contextmanager
def run_folder(
    settings: PlaybookSettings, targets: Sequence[HostTarget], variables: Mapping[str, Mapping[str, JsonValue]]
) -> Iterator[RunFolder]:
    """Make the folder and its inventory; at the end close the connections and remove everything."""
    path = sockets = None
    lock = -1
    try:
        _remove_abandoned(settings.state)
        path = Path(tempfile.mkdtemp(prefix="run-", dir=settings.state))
        lock = _locked(path)
        sockets = path / "cp"
        if len(str(sockets)) > LONGEST_SOCKET_FOLDER:
            sockets = Path(tempfile.mkdtemp(prefix="ndcops-"))
        sockets.mkdir(mode=0o700, exist_ok=True)
        folder = RunFolder(path, sockets)
        _write_private(folder.inventory, inventory(targets, variables))
    except OSError as error:
        _remove(path, sockets)
        _unlock(lock)
        raise NdcopsError(
            f"cannot write the files of the run below {settings.state}",
            details=[str(error)],
            resolution=f"df -h {settings.state}",
        ) from error
    try:
        yield folder
    finally:
        _end_stragglers(folder.inventory)
        _close_connections(sockets)
        _remove(path, sockets)
        _unlock(lock)


def inventory(targets: Sequence[HostTarget], variables: Mapping[str, Mapping[str, JsonValue]]) -> bytes:
    """Return Ansible's inventory (JSON is YAML): how each host is reached, its role and site, its variables."""
    hosts = {
        target.host.name: {
            **variables.get(target.host.name, {}),
            "ndcops_role": target.host.role.value,
            "ndcops_site": target.host.site,
            "ansible_host": target.host.address,
            "ansible_port": target.host.ssh_port,
            "ansible_user": target.user,
        }
        for target in targets
    }
    return orjson.dumps({"all": {"hosts": hosts}}, option=orjson.OPT_INDENT_2)


def environment(settings: PlaybookSettings, folder: RunFolder) -> dict[str, str]:
    """Return Ansible's environment: only known host keys, one connection a host, this run's sockets."""
    options = [
        "-F none",
        "-o BatchMode=yes",
        "-o StrictHostKeyChecking=yes",
        f'-o UserKnownHostsFile="{settings.known_hosts}"',
        "-o GlobalKnownHostsFile=/dev/null",
        "-o UpdateHostKeys=no",
        "-o PasswordAuthentication=no",
        f"-o ConnectTimeout={CONNECT_TIMEOUT_S}",
        "-o ServerAliveInterval=5",
        "-o ServerAliveCountMax=6",
        "-o ControlMaster=auto",
        "-o ControlPersist=60s",
    ]
    chosen = {
        "ANSIBLE_CONFIG": str(settings.playbooks / "ansible.cfg"),
        # ansible-runner switches host keys off unless this is set.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_SSH_ARGS": " ".join(_quoted(option) for option in options),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder.sockets),
        "ANSIBLE_LOCAL_TEMP": str(folder.path / "tmp"),
        "ANSIBLE_HOME": str(folder.path / "home"),
        "ANSIBLE_FORKS": str(settings.forks),
        # One Python stays on each host for the whole play, entered by one sudo: docs/adr/0009.
        "ANSIBLE_STRATEGY_PLUGINS": _mitogen_strategies(),
        "ANSIBLE_STRATEGY": "mitogen_linear",
        "ANSIBLE_NOCOLOR": "1",
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        # The password goes through Ansible's prompt; nothing that Ansible starts should find it here.
        "NDCOPS_SUDO_PASSWORD": "",
        "NDCOPS_SUDO_PASSWORD_FD": "",
    }
    if settings.identity is not None:
        chosen["ANSIBLE_PRIVATE_KEY_FILE"] = str(settings.identity)
        chosen["ANSIBLE_SSH_ARGS"] += " -o IdentitiesOnly=yes -o IdentityAgent=none"
    return chosen


def _mitogen_strategies() -> str:
    package = find_spec("ansible_mitogen")
    if package is None or package.origin is None:
        raise NdcopsError("mitogen is not installed", resolution="make setup")
    return str(Path(package.origin).parent / "plugins" / "strategy")


def _quoted(option: str) -> str:
    """Ansible splits the arguments as a shell does; ssh itself wants its own quotes around a path."""
    flag, _, value = option.partition(" ")
    return f"{flag} '{value}'" if '"' in value else option


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)


def _end_stragglers(inventory_: Path) -> None:
    """End what a stopped run left: mitogen's connections have their own sessions and would go on changing hosts.

    They are found by the run's own inventory among their arguments; a pidfd never hits a reused PID.
    """
    name = os.fsencode(inventory_)
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            handle = os.pidfd_open(int(entry.name))
        except OSError:
            continue
        try:
            if name in (entry / "cmdline").read_bytes().split(b"\0"):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        except OSError:
            # It ended by itself just now.
            continue
        finally:
            os.close(handle)


def _close_connections(sockets: Path) -> None:
    """End the masters that ControlPersist left, or they would outlive the run by a minute."""
    for socket in sockets.iterdir():
        command = ["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "closing"]
        try:
            subprocess.run(command, capture_output=True, check=False, timeout=CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # A master whose host is gone hangs; it ends by itself, ServerAliveCountMax intervals later.
            continue


def _locked(folder: Path) -> int:
    """Mark the folder as in use; the kernel takes the mark away when the process ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _unlock(lock: int) -> None:
    if lock >= 0:
        os.close(lock)


def _remove_abandoned(state: Path) -> None:
    """Remove the folders of runs that were killed."""
    for folder in state.glob("run-*"):
        try:
            lock = _locked(folder)
        except OSError:
            # In use by another run, or removed by it just now.
            continue
        _end_stragglers(folder / INVENTORY)
        _remove(folder)
        _unlock(lock)


def _remove(*folders: Path | None) -> None:
    for folder in folders:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
