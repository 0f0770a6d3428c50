"""The lab's state file: mode, sites, addresses, pinned clusters and processes; every lab command starts here."""

import threading
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.private_file import write_private
from ndcops.model.document import Document, Name, Value
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.target import ClusterRef, Target, TargetKind


class LabMode(StrEnum):
    """Whether each site has links of its own (root), or all share loopback (ordinary user)."""

    NETNS = "netns"
    LOOPBACK = "loopback"


class ProcessRecord(Value):
    """A process of the lab; the start time (clock ticks since boot) tells it from a later one with its PID."""

    site: Name
    name: Name
    pid: int = Field(ge=1)
    start_ticks: int = Field(ge=0)
    argv: tuple[str, ...]
    ports: tuple[int, ...] = ()
    log: Path


class SitePorts(Value):
    """Ports of a site: etcd and its peer port, the API, names; the coordination member's when it has one.

    BIND listens on addresses of interfaces only, so on loopback it is the port that tells the sites' names apart.
    """

    api: int
    etcd: int
    etcd_peer: int
    names: int = 53
    coordination: int | None = None
    coordination_peer: int | None = None


class SiteState(Value):
    """What is needed to start a site again without the inventory; `uid` pins its cluster."""

    name: Name
    index: int = Field(ge=0)
    address: str
    ports: SitePorts
    pod_cidr: str
    service_cidr: str
    nodes: int = 0
    uid: str | None = None

    @property
    def context(self) -> str:
        """The context of its cluster in the lab's kubeconfig."""
        return f"lab-{self.name}"

    @property
    def endpoint(self) -> str:
        """The address of its API."""
        return f"https://{self.address}:{self.ports.api}"


class LabService(Value):
    """A service with real parts in the lab; its ports are the same on every site, one address a site."""

    id: Name
    index: int = Field(ge=0)
    home: Name
    standby: Name
    dns_names: tuple[str, ...] = ()
    database: bool = False

    @property
    def postgres_port(self) -> int:
        """Where its PostgreSQL listens."""
        return 15_432 + self.index

    @property
    def patroni_port(self) -> int:
        """Where its Patroni's REST API listens."""
        return 18_008 + self.index


class FaultKind(StrEnum):
    """What is wrong with a site."""

    CUT = "cut"
    SLOW = "slow"
    FROZEN = "frozen"


Direction = Literal["both", "in", "out"]


class Fault(Value):
    """A fault that was put on a site.

    peer, direction: of a cut; an empty peer is everybody, `in` is what comes to the site. rate: of a slow link, as
    tc(8) writes it. process: what is frozen; empty is everything.
    """

    kind: FaultKind
    site: Name
    peer: str = ""
    direction: Direction = "both"
    rate: str = ""
    process: str = ""

    def __str__(self) -> str:
        if self.kind is FaultKind.SLOW:
            return f"{self.site} slowed to {self.rate}"
        if self.kind is FaultKind.FROZEN:
            return f"{self.site} {self.process or 'processes'} frozen"
        way = {"both": "", "in": ", inward only", "out": ", outward only"}[self.direction]
        return f"{self.site} cut off from {self.peer or 'everybody'}{way}"


class LabState(Document):
    """`lab.json`. `ready_at` is unset until an `up` has ended well."""

    KIND = "LabState"

    kind: Literal["LabState"] = "LabState"
    lab_id: str
    mode: LabMode
    subnet: str | None = None
    created_at: datetime
    ready_at: datetime | None = None
    scale: float = 1.0
    nodes_per_site: int | None = None
    sites: tuple[SiteState, ...] = ()
    services: tuple[LabService, ...] = ()
    faults: tuple[Fault, ...] = ()
    processes: tuple[ProcessRecord, ...] = ()

    def service_address(self, site: SiteState) -> str:
        """Where a site's databases and names are served: ports are the same everywhere, so loopback needs an
        address a site; all of 127/8 is this machine's, and each lab takes another part of it.
        """
        if self.mode is LabMode.NETNS:
            return site.address
        high, low = int(self.lab_id[:2], 16), int(self.lab_id[2:4], 16)
        return f"127.{1 + high % 254}.{low}.{11 + site.index}"

    def service(self, name: str) -> LabService:
        """That service. Raises InvalidInput, naming those that have real parts."""
        found = next((service for service in self.services if service.id == name), None)
        if found is None:
            raise InvalidInput(
                f"service '{name}' has no real parts in this lab",
                details=[f"services: {', '.join(service.id for service in self.services) or 'none'}"],
                resolution=f"ndcops lab up --service {name}",
            )
        return found

    def site(self, name: str) -> SiteState:
        """That site. Raises InvalidInput, naming those that there are."""
        found = next((site for site in self.sites if site.name == name), None)
        if found is None:
            raise InvalidInput(
                f"the lab has no site '{name}'",
                details=[f"sites: {', '.join(site.name for site in self.sites) or 'none'}"],
                resolution="ndcops lab status",
            )
        return found

    def process(self, site: str, name: str) -> ProcessRecord | None:
        """The last known process of that name."""
        return next((record for record in self.processes if (record.site, record.name) == (site, name)), None)

    def processes_of(self, site: str) -> tuple[ProcessRecord, ...]:
        """The last known processes of a site, in the order in which they were started."""
        return tuple(record for record in self.processes if record.site == site)

    def require_links(self, operation: str) -> None:
        """Raises InvalidInput in loopback mode: there all sites share one link."""
        if self.mode is LabMode.LOOPBACK:
            raise InvalidInput(
                f"'{operation}' needs a lab with links of its own; this one shares loopback",
                resolution="as root: ndcops lab down && ndcops lab up",
            )


def read_state(paths: LabPaths) -> LabState | None:
    """The lab's state; None when there is none. Raises NdcopsError when the file is unreadable."""
    try:
        text = paths.state.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return LabState.model_validate_json(text)
    except ValidationError as error:
        raise NdcopsError(
            f"the lab's state file is corrupt: {paths.state}",
            details=[f"{'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}" for each in error.errors()[:5]],
            resolution="ndcops lab down   (it finds the lab's processes without this file)",
        ) from error


def require_lab(paths: LabPaths, *, held: bool) -> LabState:
    """The state for a command that changes a lab. Raises NdcopsError when there is none."""
    state = read_state(paths) if held else None
    if state is None:
        raise NdcopsError("the lab is not up", resolution="ndcops lab up")
    return state


class StateFile:
    """The state and its file, changed together by several threads of one command."""

    def __init__(self, paths: LabPaths, state: LabState) -> None:
        self._paths = paths
        self._lock = threading.Lock()
        self.state = state

    def update(self, **changes: Any) -> LabState:
        """Change fields of the state and write it."""
        with self._lock:
            return self._write(self.state.model_copy(update=changes))

    def update_site(self, name: str, **changes: Any) -> SiteState:
        """Change fields of one site and write the state."""
        with self._lock:
            changed = self.state.site(name).model_copy(update=changes)
            sites = tuple(changed if site.name == name else site for site in self.state.sites)
            self._write(self.state.model_copy(update={"sites": sites}))
            return changed

    def record_process(self, record: ProcessRecord) -> None:
        """Put `record` in the place of an earlier process of that name and site."""
        with self._lock:
            others = [
                each for each in self.state.processes if (each.site, each.name) != (record.site, record.name)
            ]
            self._write(self.state.model_copy(update={"processes": (*others, record)}))

    def _write(self, state: LabState) -> LabState:
        write_private(self._paths.state, state.model_dump_json(by_alias=True, indent=2) + "\n")
        self.state = state
        return state


def lab_target(folder: Path | None = None) -> Target:
    """The lab's clusters, pinned. Raises NdcopsError when the lab is not up."""
    paths = LabPaths(folder or lab_folder())
    state = read_state(paths)
    if state is None or state.ready_at is None:
        raise NdcopsError(
            "the lab is not up" if state is None else "the lab did not come up whole", resolution="ndcops lab up"
        )
    clusters = tuple(
        ClusterRef(site=site.name, kubeconfig=paths.kubeconfig, context=site.context, uid=site.uid)
        for site in state.sites
    )
    return Target(kind=TargetKind.LAB, clusters=clusters, state_dir=paths.root / "pulumi")
