"""One real host of the lab for tests of the guard: reached over SSH, and past it for faults and power cuts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ndcops.adapters.ssh_hosts import SshAccess, SshHosts
    from ndcops.model.hardening import HostTarget
    from ndcops.wiring.lab_hosts import LabHostsStatus


@dataclass(frozen=True)
class GuardedHost:
    """The host, how it is entered, a way past its door, and the state folder of its lab."""

    target: "HostTarget"
    access: "SshAccess"
    hosts: "SshHosts"
    state: Path

    def inside(self, script: str) -> str:
        """Run a script as root inside, past SSH; returns what it said."""
        from ndcops.wiring.lab_hosts import run_inside

        return run_inside(self.target.host.name, ("sh", "-c", script)).stdout

    def power_cut(self) -> None:
        """Cut the power and switch it on again; returns while it boots, or once its door is found shut."""
        from ndcops.model.errors import NdcopsError
        from ndcops.wiring.lab_hosts import host_boot, host_kill

        host_kill(self.target.host.name)
        try:
            host_boot(self.target.host.name)
        except NdcopsError as error:
            if "ssh" not in " ".join((error.message, *error.details)).lower():
                raise


@pytest.fixture(scope="session")
def booted_guarded_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedHost]:
    """A lab host of this session's own; its state folder is named by the environment only while it is used."""
    from ndcops.wiring.lab_hosts import hosts_down, hosts_up

    if os.geteuid() != 0:
        pytest.skip("only root may boot machines")
    state = tmp_path_factory.mktemp("guarded-state")
    try:
        with _state_folder(state):
            found = hosts_up(1)
        yield _guarded(found, state)
    finally:
        with _state_folder(state):
            hosts_down()


@pytest.fixture
def guarded_host(booted_guarded_host: GuardedHost) -> Iterator[GuardedHost]:
    """The session's lab host; during the test the environment points at its state folder."""
    with _state_folder(booted_guarded_host.state):
        yield booted_guarded_host


@contextmanager
def _state_folder(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NDCOPS_STATE_DIR", str(folder))
        yield


def _guarded(found: "LabHostsStatus", state: Path) -> GuardedHost:
    from ndcops.adapters.ssh_hosts import SshAccess, SshHosts
    from ndcops.model.hardening import HostTarget
    from ndcops.model.host import Host

    one = found.hosts[0]
    host = Host(name=one.name, site=one.site, role=one.role, address=one.address, ssh_port=one.port)
    password = found.sudo_password_file.read_text().strip()
    access = SshAccess(found.known_hosts, found.identity, lambda: password)
    target = HostTarget(host=host, user="operator")
    return GuardedHost(target, access, SshHosts(access, now=lambda: datetime.now(UTC)), state)
