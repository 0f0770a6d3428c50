"""Hands the lab hosts to the command line, to tests and to benchmarks."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ndcops.lab.down import LabRemoval
    from ndcops.lab.hosts.machine import Finished
    from ndcops.lab.hosts.progress import HostsProgress
    from ndcops.lab.hosts.status import LabHost as LabHost
    from ndcops.lab.hosts.status import LabHostsStatus as LabHostsStatus


def hosts_up(
    count: int, release: str = "trixie", on_progress: "Callable[[HostsProgress], None] | None" = None
) -> "LabHostsStatus":
    """Boot `count` hosts and the SIEM, or what is missing of them. Raises InvalidInput."""
    from ndcops.lab.hosts.layout import Release
    from ndcops.lab.hosts.status import status
    from ndcops.lab.hosts.up import up
    from ndcops.model.errors import InvalidInput

    if release not in list(Release):
        raise InvalidInput(
            f"'{release}' is no release that a lab host can have; expected {' or '.join(Release)}",
            resolution=f"ndcops lab hosts up --count {count} --release trixie",
        )
    up(count, Release(release), on_progress)
    return status()


def hosts_status() -> "LabHostsStatus":
    """What of the lab hosts lives."""
    from ndcops.lab.hosts.status import status

    return status()


def hosts_down() -> "LabRemoval":
    """Remove the lab hosts; the clusters' lab stays."""
    from ndcops.lab.hosts.down import down

    return down()


def host_kill(name: str) -> None:
    """Cut a host's power."""
    from ndcops.lab.hosts.power import kill

    kill(name)


def host_boot(name: str, on_phase: Callable[[str, int], None] | None = None) -> None:
    """Boot a host again from the same disk; returns when sshd answers."""
    from ndcops.lab.hosts.power import boot_again

    boot_again(name, on_phase)


def run_inside(name: str, argv: Sequence[str], timeout_s: float = 60.0, given: str = "") -> "Finished":
    """Run a command as root inside a host, past SSH: for scanners and faults; `given` is its stdin."""
    from ndcops.lab.hosts.power import run_inside as run

    return run(name, argv, timeout_s=timeout_s, given=given)
