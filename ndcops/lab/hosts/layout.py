"""Files, state and the mark of the lab hosts; every module of this package starts here."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.private_file import write_private
from ndcops.model.document import Document, Name, Value
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.host import HostRole

MIRROR = "mirror"
"""The name of the package mirror: of its process, and in every host's /etc/hosts."""


class Release(StrEnum):
    """Debian releases that a lab host can have."""

    TRIXIE = "trixie"
    BOOKWORM = "bookworm"


class HostState(Value):
    """What is needed to boot a host again: its disk is an overlay on the image folder `image`."""

    name: Name
    site: Name
    role: HostRole
    index: int
    address: str
    machine_id: str
    image: Path


class HostsState(Document):
    """`hosts.json`; `ready_at` is unset until an `up` has ended well."""

    KIND = "LabHostsState"

    kind: Literal["LabHostsState"] = "LabHostsState"
    lab_id: str
    release: Release
    subnet: str
    created_at: datetime
    ready_at: datetime | None = None
    hosts: tuple[HostState, ...] = ()

    def host(self, name: str) -> HostState:
        """That host. Raises InvalidInput, naming those that there are."""
        found = next((host for host in self.hosts if host.name == name), None)
        if found is None:
            raise InvalidInput(
                f"the lab has no host '{name}'",
                details=[f"hosts: {', '.join(host.name for host in self.hosts) or 'none'}"],
                resolution="ndcops lab hosts status",
            )
        return found


@dataclass(frozen=True)
class MachineFolder:
    """One host's folder: its disk (`upper`, `work`, the image they lie on) and where that is mounted."""

    folder: Path

    @property
    def image(self) -> Path:
        """A link to the image: a mount option with a relative path needs no escaping."""
        return self.folder / "image"

    @property
    def upper(self) -> Path:
        """What differs from the image."""
        return self.folder / "upper"

    @property
    def work(self) -> Path:
        """The overlay's own."""
        return self.folder / "work"

    @property
    def root(self) -> Path:
        """The machine's root file system, as mounted here."""
        return self.folder / "root"

    @property
    def console(self) -> Path:
        """What the machine wrote to its console."""
        return self.folder / "console.log"


@dataclass(frozen=True)
class HostsPaths:
    """Every file of the lab hosts, by name."""

    lab: LabPaths

    @property
    def folder(self) -> Path:
        """Everything of the lab hosts."""
        return self.lab.root / "hosts"

    @property
    def state(self) -> Path:
        """The state file."""
        return self.folder / "hosts.json"

    @property
    def inventory(self) -> Path:
        """The Ansible inventory, in the format of `inventory/hosts.yaml`."""
        return self.folder / "hosts.yaml"

    @property
    def known_hosts(self) -> Path:
        """Host keys by address and name: made here, so no key is ever trusted on first use."""
        return self.folder / "known_hosts"

    @property
    def identity(self) -> Path:
        """The operator's private key (ed25519); the public half lies beside it."""
        return self.folder / "operator"

    @property
    def sudo_password(self) -> Path:
        """What sudo asks the operator for."""
        return self.folder / "sudo_password"

    @property
    def pki(self) -> Path:
        """Authority, and a certificate and key per host, for mutual TLS."""
        return self.folder / "pki"

    @property
    def mirror(self) -> Path:
        """Configuration and log of the package mirror."""
        return self.folder / "mirror"

    @property
    def host_keys(self) -> Path:
        """SSH host keys, before they are copied to their machines."""
        return self.folder / "host_keys"

    def machine(self, name: str) -> MachineFolder:
        """One host's folder."""
        return MachineFolder(self.folder / "machines" / name)


def hosts_paths() -> HostsPaths:
    """The lab hosts of this user; they need not exist."""
    return HostsPaths(LabPaths(lab_folder()))


def hosts_mark(lab_id: str) -> str:
    """The mark of the hosts' processes: another one than the clusters', whose `up` ends marked strangers."""
    return f"{lab_id}-hosts"


def read_hosts(paths: HostsPaths) -> HostsState | None:
    """The state; None when there are no lab hosts. Raises NdcopsError when the file is unreadable."""
    try:
        text = paths.state.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return HostsState.model_validate_json(text)
    except ValidationError as error:
        raise NdcopsError(
            f"the state file of the lab hosts is corrupt: {paths.state}",
            details=[f"{'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}" for each in error.errors()[:5]],
            resolution="ndcops lab hosts down   (it finds the machines without this file)",
        ) from error


def require_hosts(paths: HostsPaths) -> HostsState:
    """The state. Raises NdcopsError when there are no lab hosts."""
    state = read_hosts(paths)
    if state is None:
        raise NdcopsError("there are no lab hosts", resolution="ndcops lab hosts up --count 3")
    return state


def write_hosts(paths: HostsPaths, state: HostsState) -> None:
    """Replace the state file."""
    write_private(paths.state, state.model_dump_json(by_alias=True, indent=2) + "\n")
