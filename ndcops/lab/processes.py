"""Starts, finds and ends the lab's processes by a mark in their environment; up, down and outage call it.

The mark outlives everything: an `up` that was killed between starting a process and recording it leaves a
process that `down` still finds. Signals go through pidfds, so that a reused PID is never hit.
"""

import os
import select
import shutil
import signal
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ndcops.lab.state import ProcessRecord
from ndcops.model.errors import InvalidInput, NdcopsError

MARK = "NDCOPS_LAB"
ROLE_MARK = "NDCOPS_LAB_PROCESS"
_DEAD_STATES = frozenset("ZXx")


@dataclass(frozen=True)
class ProcessSpec:
    """A program to start for a site. `network_pid` owns the network namespace that it shall enter."""

    site: str
    name: str
    argv: tuple[str, ...]
    folder: Path
    log: Path
    ports: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    network_pid: int | None = None


@dataclass(frozen=True)
class RunningProcess:
    """A process that carries the lab's mark; `role` is `SITE/NAME`."""

    pid: int
    start_ticks: int
    role: str
    frozen: bool = False


def spawn(spec: ProcessSpec, lab_id: str) -> ProcessRecord:
    """Start a process in a session of its own, its output in its log file.

    Its environment is built anew: proxy settings and secrets of the operator's shell stay out.
    Raises InvalidInput when a program that every Linux has is missing.
    """
    argv = [_program("env"), "-C", str(spec.folder)]
    if spec.network_pid is not None:
        argv += [_program("nsenter"), f"--net=/proc/{spec.network_pid}/ns/net", "--"]
    argv += spec.argv
    spec.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    spec.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(spec.folder),
        **spec.environment,
        MARK: lab_id,
        ROLE_MARK: f"{spec.site}/{spec.name}",
    }
    pid = os.posix_spawn(
        argv[0],
        argv,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(spec.log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            *((os.POSIX_SPAWN_CLOSE, descriptor) for descriptor in _inheritable()),
        ],
        setsid=True,
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGHUP],
        setsigmask=[],
    )
    running = _read_stat(pid)
    return ProcessRecord(
        site=spec.site,
        name=spec.name,
        pid=pid,
        start_ticks=running[1] if running else 0,
        argv=spec.argv,
        ports=spec.ports,
        log=spec.log,
    )


def _inheritable() -> list[int]:
    """What our own caller left open for us: a lock of a shell (flock) must not live on in the lab."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        descriptor = int(entry.name)
        with suppress(OSError):  # the folder's own is closed by now
            if descriptor > 2 and os.get_inheritable(descriptor):
                found.append(descriptor)
    return found


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        package = {"env": "coreutils"}.get(name, "util-linux")
        raise InvalidInput(f"'{name}' is not on the PATH", resolution=f"apt install {package}")
    return found


def _read_stat(pid: int) -> tuple[str, int] | None:
    """State letter and start time of a process (proc_pid_stat(5), fields 3 and 22)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()  # the name before it may hold spaces and brackets
    return fields[0], int(fields[19])


def is_running(record: ProcessRecord) -> bool:
    """Whether that very process lives; a stopped (frozen) one does."""
    found = _read_stat(record.pid)
    return found is not None and found[1] == record.start_ticks and found[0] not in _DEAD_STATES


def is_frozen(record: ProcessRecord) -> bool:
    """Whether the process is stopped (SIGSTOP)."""
    found = _read_stat(record.pid)
    return found is not None and found[1] == record.start_ticks and found[0] in "Tt"


def find_marked(lab_id: str) -> list[RunningProcess]:
    """Every live process that carries this lab's mark, recorded or not; reads /proc of what we may read."""
    wanted = f"{MARK}={lab_id}"
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
        except (PermissionError, FileNotFoundError, ProcessLookupError):
            continue  # another user's process, or one that has just ended: neither is ours
        stat = _read_stat(int(entry.name)) if wanted in environment else None
        if stat is None or stat[0] in _DEAD_STATES:
            continue
        role = next((each.partition("=")[2] for each in environment if each.startswith(f"{ROLE_MARK}=")), "")
        found.append(RunningProcess(int(entry.name), stat[1], role, stat[0] in "Tt"))
    return sorted(found, key=lambda process: process.pid)


def end_processes(
    targets: Iterable[RunningProcess | ProcessRecord], *, grace_s: float, timeout_s: float = 15.0
) -> int:
    """End processes and wait until they are gone; gives how many there were.

    With `grace_s` 0 they get SIGKILL at once, all within a moment; otherwise SIGTERM first.
    Raises NdcopsError when one outlives SIGKILL by `timeout_s` (it hangs in the kernel).
    """
    with ExitStack() as stack:
        open_processes = {}
        for target in targets:
            descriptor = _open_process(target.pid, target.start_ticks)
            if descriptor is not None:
                stack.callback(os.close, descriptor)
                open_processes[descriptor] = target.pid
        ended = len(open_processes)
        if grace_s > 0:
            _signal_all(open_processes, signal.SIGTERM)
            _signal_all(open_processes, signal.SIGCONT)  # a stopped process takes SIGTERM only once it runs on
            open_processes = _wait_gone(open_processes, grace_s)
        _signal_all(open_processes, signal.SIGKILL)
        left = _wait_gone(open_processes, timeout_s)
    if left:
        raise NdcopsError(
            f"{len(left)} processes of the lab outlived SIGKILL by {timeout_s:.0f} s",
            details=[f"PID {pid}" for pid in left.values()],
            resolution="ndcops lab down",
        )
    return ended


def _open_process(pid: int, start_ticks: int) -> int | None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    found = _read_stat(pid)  # after opening: now it can only be the one that we hold, or a dead one
    if found is not None and found[1] == start_ticks and found[0] not in _DEAD_STATES:
        return descriptor
    os.close(descriptor)
    _reap(pid)
    return None


def _signal_all(processes: Mapping[int, int], number: signal.Signals) -> None:
    for descriptor in processes:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, number)


def _wait_gone(processes: dict[int, int], timeout_s: float) -> dict[int, int]:
    """Wait for processes to end; gives those that did not."""
    left = dict(processes)
    deadline = time.monotonic() + timeout_s
    poll = select.poll()
    for descriptor in left:
        poll.register(descriptor, select.POLLIN)
    while left and (wait_s := deadline - time.monotonic()) > 0:
        for descriptor, _ in poll.poll(wait_s * 1000):
            poll.unregister(descriptor)
            _reap(left.pop(descriptor))
    return left


def _reap(pid: int) -> None:
    """Collect the exit status when the process is a child of this one; otherwise init does."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
