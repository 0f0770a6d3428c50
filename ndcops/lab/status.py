"""What of the lab lives: processes, APIs, nodes, memory; the command line calls it through wiring."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from ndcops.lab import coordination_store
from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.nodes import is_ready
from ndcops.lab.process_tree import ProcessTrees
from ndcops.lab.processes import is_frozen, is_running
from ndcops.lab.site_start import open_api
from ndcops.lab.state import LabMode, LabState, ProcessRecord, SiteState, read_state
from ndcops.model.document import Value
from ndcops.model.errors import NdcopsError


class Life(StrEnum):
    """Whether a process lives."""

    ALIVE = "alive"
    FROZEN = "frozen"
    DEAD = "dead"


class ProcessStatus(Value):
    """One process. `memory_bytes` is its proportional share (PSS), and of all that it started: sums count
    shared pages once.
    """

    name: str
    life: Life
    pid: int
    memory_bytes: int
    log: Path


class SiteStatusReport(Value):
    """One site. `nodes_ready` counts what its API says; 0 when it does not answer.

    `uid` is what the cluster says of itself; None when it does not answer. `coordination_healthy` is
    None for a site without a member of the store.
    """

    name: str
    endpoint: str
    context: str
    processes: tuple[ProcessStatus, ...]
    api_ready: bool
    nodes: int
    nodes_ready: int
    uid: str | None
    pinned_uid: str | None
    coordination_healthy: bool | None

    @property
    def healthy(self) -> bool:
        """Whether all of it lives, and it is the cluster that the lab started."""
        return (
            self.api_ready
            and self.nodes_ready >= self.nodes
            and self.uid == self.pinned_uid
            and self.coordination_healthy is not False
            and all(process.life is Life.ALIVE for process in self.processes)
        )

    @property
    def memory_bytes(self) -> int:
        """Memory of the site's processes (PSS)."""
        return sum(process.memory_bytes for process in self.processes)


class LabStatus(Value):
    """The lab; `up` is False when there is none."""

    up: bool
    folder: Path
    mode: LabMode | None = None
    subnet: str | None = None
    created_at: datetime | None = None
    ready_at: datetime | None = None
    sites: tuple[SiteStatusReport, ...] = ()
    services: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def memory_bytes(self) -> int:
        """Memory of all processes (PSS)."""
        return sum(site.memory_bytes for site in self.sites)


def status() -> LabStatus:
    """Look at every process, ask every site; takes no lock. Raises NdcopsError for a corrupt state file."""
    paths = LabPaths(lab_folder())
    state = read_state(paths)
    if state is None or not state.sites:
        return LabStatus(up=False, folder=paths.root)
    with ThreadPoolExecutor(len(state.sites)) as pool:
        sites = tuple(pool.map(lambda site: _site_status(paths, state, site), state.sites))
    return LabStatus(
        up=True,
        folder=paths.root,
        mode=state.mode,
        subnet=state.subnet,
        created_at=state.created_at,
        ready_at=state.ready_at,
        sites=sites,
        services=tuple(service.id for service in state.services),
        faults=tuple(str(fault) for fault in state.faults),
    )


def _site_status(paths: LabPaths, state: LabState, site: SiteState) -> SiteStatusReport:
    api_ready, uid, nodes_ready = _ask_api(paths, site)
    member = site.ports.coordination is not None
    trees = ProcessTrees()
    return SiteStatusReport(
        name=site.name,
        endpoint=site.endpoint,
        context=site.context,
        processes=tuple(_process_status(record, trees) for record in state.processes_of(site.name)),
        api_ready=api_ready,
        nodes=site.nodes,
        nodes_ready=nodes_ready,
        uid=uid,
        pinned_uid=site.uid,
        coordination_healthy=coordination_store.is_healthy(paths, site) if member else None,
    )


def _ask_api(paths: LabPaths, site: SiteState) -> tuple[bool, str | None, int]:
    """Ready, its UID, its ready nodes; a site that does not answer or dies meanwhile is not ready."""
    try:
        with open_api(paths, site) as api:
            if not api.answers("/readyz"):
                return False, None, 0
            uid = str(api.get("/api/v1/namespaces/kube-system")["metadata"]["uid"])
            nodes = api.get("/api/v1/nodes?resourceVersion=0")["items"]
            return True, uid, sum(is_ready(node) for node in nodes)
    except (NdcopsError, OSError):
        return False, None, 0


def _process_status(record: ProcessRecord, trees: ProcessTrees) -> ProcessStatus:
    alive = is_running(record)
    life = Life.DEAD if not alive else Life.FROZEN if is_frozen(record) else Life.ALIVE
    return ProcessStatus(
        name=record.name,
        life=life,
        pid=record.pid,
        memory_bytes=sum(proportional_memory_bytes(each.pid) for each in trees.of([record])) if alive else 0,
        log=record.log,
    )


def proportional_memory_bytes(pid: int) -> int:
    """PSS of a process (proc_pid_smaps(5)); 0 when it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
