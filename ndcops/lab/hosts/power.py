"""A single host's power: cut it, boot it again from the same disk, run a command inside."""

from collections.abc import Callable, Sequence

from ndcops.lab.folder import hold_lab
from ndcops.lab.hosts import machine
from ndcops.lab.hosts.layout import hosts_paths, require_hosts
from ndcops.lab.hosts.machine import Finished
from ndcops.lab.hosts.up import boot
from ndcops.model.errors import NdcopsError


def kill(name: str) -> None:
    """SIGKILL the whole machine at once, as a power cut would. Raises InvalidInput, NdcopsError."""
    paths = hosts_paths()
    with hold_lab(paths.lab.root):
        host = require_hosts(paths).host(name)
        machine.cut_power(paths, host.name)


def boot_again(name: str, on_phase: Callable[[str, int], None] | None = None) -> None:
    """Boot a host from the disk that it has; does nothing when it lives. Raises InvalidInput, NdcopsError."""
    paths = hosts_paths()
    with hold_lab(paths.lab.root):
        state = require_hosts(paths)
        boot(paths, state, state.host(name), on_phase or _silent)


def _silent(phase: str, done: int) -> None:
    del phase, done


def run_inside(name: str, argv: Sequence[str], *, timeout_s: float, given: str = "") -> Finished:
    """Run a command as root inside a host; `given` is its stdin.

    Raises InvalidInput for an unknown host, NdcopsError for one that is off.
    """
    paths = hosts_paths()
    host = require_hosts(paths).host(name)
    leader = machine.leader_among(machine.processes_of(paths, host.name), host.name)
    if leader is None:
        raise NdcopsError(f"{name} is off", resolution=f"ndcops lab hosts boot {name}")
    return machine.enter(leader, argv, timeout_s=timeout_s, given=given)
