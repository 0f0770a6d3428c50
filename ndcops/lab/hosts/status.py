"""What of the lab hosts lives, and where everything that reaches them lies; wiring gives it to callers."""

from ipaddress import IPv4Network
from pathlib import Path

from ndcops.lab.hosts.addresses import mirror_address
from ndcops.lab.hosts.layout import HostsPaths, HostsState, Release, hosts_mark, hosts_paths, read_hosts
from ndcops.lab.hosts.machine import SSH_PORT, leader_among, system_state
from ndcops.lab.hosts.mirror import MIRROR_ROLE, PORT
from ndcops.lab.hosts.siem import SYSLOG_TLS_PORT
from ndcops.lab.processes import find_marked
from ndcops.model.document import Name, Value
from ndcops.model.errors import InvalidInput
from ndcops.model.host import HostRole


class LabHost(Value):
    """One host. `root` is its root file system as mounted here; `state` is systemd's word, or `dead`."""

    name: Name
    site: Name
    role: HostRole
    address: str
    port: int = SSH_PORT
    leader_pid: int | None
    root: Path
    state: str


class LabHostsStatus(Value):
    """The lab hosts. `hosts` are the targets; the SIEM stands apart."""

    up: bool
    release: Release | None = None
    subnet: str | None = None
    mirror: str | None = None
    mirror_lives: bool = False
    hosts: tuple[LabHost, ...] = ()
    siem: LabHost | None = None
    syslog_tls_port: int = SYSLOG_TLS_PORT
    inventory_file: Path
    known_hosts: Path
    identity: Path
    sudo_password_file: Path
    pki: Path

    @property
    def whole(self) -> bool:
        """Whether every host, the SIEM and the mirror live."""
        return self.up and self.mirror_lives and all(host.state != "dead" for host in self.everyone)

    @property
    def everyone(self) -> tuple[LabHost, ...]:
        """The targets, then the SIEM."""
        return (*self.hosts, self.siem) if self.siem is not None else self.hosts

    def host(self, name: str) -> LabHost:
        """A target or the SIEM. Raises InvalidInput for an unknown name."""
        found = next((each for each in self.everyone if each.name == name), None)
        if found is None:
            raise InvalidInput(f"the lab has no host '{name}'", resolution="ndcops lab hosts status")
        return found


def status() -> LabHostsStatus:
    """Look at processes and ask each host's systemd."""
    paths = hosts_paths()
    state = read_hosts(paths)
    files = {
        "inventory_file": paths.inventory,
        "known_hosts": paths.known_hosts,
        "identity": paths.identity,
        "sudo_password_file": paths.sudo_password,
        "pki": paths.pki,
    }
    if state is None:
        return LabHostsStatus(up=False, **files)
    return _status_of(paths, state, files)


def _status_of(paths: HostsPaths, state: HostsState, files: dict[str, Path]) -> LabHostsStatus:
    processes = find_marked(hosts_mark(paths.lab.lab_id))
    hosts = [
        LabHost(
            name=host.name,
            site=host.site,
            role=host.role,
            address=host.address,
            leader_pid=leader_among(processes, host.name),
            root=paths.machine(host.name).root,
            state=system_state(leader_among(processes, host.name)),
        )
        for host in state.hosts
    ]
    return LabHostsStatus(
        up=state.ready_at is not None,
        release=state.release,
        subnet=state.subnet,
        mirror=f"http://{mirror_address(IPv4Network(state.subnet))}:{PORT}",
        mirror_lives=any(process.role == MIRROR_ROLE for process in processes),
        hosts=tuple(host for host in hosts if host.role is not HostRole.SIEM),
        siem=next((host for host in hosts if host.role is HostRole.SIEM), None),
        **files,
    )
