"""One booted lab host: starts it under systemd-nspawn, finds its first process, waits for it, cuts its power.

The mark stands in the environment of nspawn and of the machine's first process (which hands it to nothing
else): ending both ends the machine, as pulling the plug would.
"""

import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ndcops.lab import network
from ndcops.lab.hosts import control_groups
from ndcops.lab.hosts.layout import HostsPaths, HostState, hosts_mark
from ndcops.lab.processes import MARK, ROLE_MARK, ProcessSpec, RunningProcess, end_processes, find_marked, spawn
from ndcops.model.errors import NdcopsError

SSH_PORT = 22
_BOOT_TIMEOUT_S = 120.0

_ROOT_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/root",
}

# nspawn ends with 133 when its machine has rebooted, for whoever keeps it to start it again. /run is hidden
# in a mount namespace of our own: what nspawn writes there vanishes with it.
_KEEP = """\
mount -t tmpfs tmpfs /run || exit
while :; do "$@"; code=$?; [ $code -eq 133 ] || exit $code; done
"""

# Arguments: control groups to join, `--`, the program to become.
_JOIN = """\
while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit; shift; done
shift; exec "$@"
"""


@dataclass(frozen=True)
class Finished:
    """How a command inside a host ended."""

    exit_code: int
    stdout: str
    stderr: str


def role_of(host: str) -> str:
    """The role that a host's processes carry."""
    return f"hosts/{host}"


def processes_of(paths: HostsPaths, host: str) -> list[RunningProcess]:
    """The host's nspawn and first process, those that live."""
    return [each for each in find_marked(hosts_mark(paths.lab.lab_id)) if each.role == role_of(host)]


def leader_among(processes: Sequence[RunningProcess], host: str) -> int | None:
    """The PID, as seen here, of the host's first process."""
    return next((each.pid for each in processes if each.role == role_of(host) and _is_init(each.pid)), None)


def _is_init(pid: int) -> bool:
    """Whether a process is number 1 of a PID namespace below ours (proc_pid_status(5), NSpid)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
    return len(numbers) > 1 and numbers[-1] == "1"


def start(paths: HostsPaths, host: HostState) -> None:
    """Boot the host from its mounted disk; returns at once.

    The bridge is nspawn's to plug into: it does so again when the machine reboots itself.
    """
    lab_id, machine = paths.lab.lab_id, paths.machine(host.name)
    groups = control_groups.make_groups(lab_id, host.name)
    mark = hosts_mark(lab_id)
    argv = (
        "unshare", "--mount", "--", "sh", "-c", _KEEP, "keep", "sh", "-c", _JOIN, "join", *map(str, groups), "--",
        "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe",
        "--link-journal=no", "--resolv-conf=off", "--timezone=off",
        f"--directory={machine.root}", f"--uuid={host.machine_id}",
        f"--machine={lab_id}-{host.name}", f"--hostname={host.name}",
        f"--network-bridge={network.bridge_name(lab_id)}",
        f"--setenv={MARK}={mark}", f"--setenv={ROLE_MARK}={role_of(host.name)}",
    )  # fmt: skip
    spawn(ProcessSpec(site="hosts", name=host.name, argv=argv, folder=machine.folder, log=machine.console), mark)


def wait_booted(paths: HostsPaths, host: HostState) -> None:
    """Wait until systemd has finished starting and sshd answers. Raises NdcopsError."""
    _wait(paths, host, "sshd", lambda: _greets(host.address))
    _wait(paths, host, "the end of its start", lambda: _has_started(paths, host.name))


def _has_started(paths: HostsPaths, host: str) -> bool:
    return system_state(leader_among(processes_of(paths, host), host)) in ("running", "degraded")


def _wait(paths: HostsPaths, host: HostState, what: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _BOOT_TIMEOUT_S
    while not ready():
        dead = not processes_of(paths, host.name)
        if dead or time.monotonic() > deadline:
            console = paths.machine(host.name).console
            raise NdcopsError(
                f"{host.name} {'ended while it started' if dead else f'kept us waiting for {what}'}",
                details=console.read_text(errors="replace").splitlines()[-5:] if console.exists() else [],
                resolution=f"read {console}, then: ndcops lab hosts boot {host.name}",
            )
        time.sleep(0.1)


def _greets(address: str) -> bool:
    try:
        with socket.create_connection((address, SSH_PORT), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def system_state(leader: int | None) -> str:
    """What `systemctl is-system-running` says in a host; `dead` when the host has no first process."""
    if leader is None:
        return "dead"
    return enter(leader, ("systemctl", "is-system-running"), timeout_s=20).stdout.strip() or "starting"


def enter(leader: int, argv: Sequence[str], *, timeout_s: float, given: str = "") -> Finished:
    """Run a command as root in a host's namespaces; killed inside after `timeout_s` (exit code 124 or 137)."""
    done = subprocess.run(
        [
            "nsenter", f"--target={leader}", "--all", "--",
            "timeout", "--kill-after=5", f"{timeout_s:g}", *argv,
        ],
        env=_ROOT_ENVIRONMENT,
        input=given, capture_output=True, text=True, errors="replace", timeout=timeout_s + 15, check=False,
    )  # fmt: skip
    return Finished(done.returncode, done.stdout, done.stderr)


def cut_power(paths: HostsPaths, host: str) -> int:
    """SIGKILL to the whole machine; gives how many processes were marked (0: it was off)."""
    ended = end_processes(processes_of(paths, host), grace_s=0)
    control_groups.remove_groups(paths.lab.lab_id, host)
    return ended
