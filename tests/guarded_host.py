"""One real host of the lab for tests of the guard: reached over SSH, and past it for faults and power cuts."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ndcops.adapters.ssh_hosts import SshAccess, SshHosts
    from ndcops.model.hardening import HostTarget


@dataclass(frozen=True)
class GuardedHost:
    """The host, how it is entered, and a way past its door."""

    target: "HostTarget"
    access: "SshAccess"
    hosts: "SshHosts"

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
def guarded_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedHost]:
    """A lab host of this session's own."""
    from ndcops.adapters.ssh_hosts import SshAccess, SshHosts
    from ndcops.model.hardening import HostTarget
    from ndcops.model.host import Host
    from ndcops.wiring.lab_hosts import hosts_down, hosts_up

    if os.geteuid() != 0:
        pytest.skip("only root may boot machines")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NDCOPS_STATE_DIR", str(tmp_path_factory.mktemp("guarded-state")))
        try:
            found = hosts_up(1)
            one = found.hosts[0]
            host = Host(name=one.name, site=one.site, role=one.role, address=one.address, ssh_port=one.port)
            password = found.sudo_password_file.read_text().strip()
            access = SshAccess(found.known_hosts, found.identity, lambda: password)
            target = HostTarget(host=host, user="operator")
            yield GuardedHost(target, access, SshHosts(access, now=lambda: datetime.now(UTC)))
        finally:
            hosts_down()
