"""The lab's coordination members alone: three etcd processes that tests stop, freeze and start."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ndcops.lab import coordination_store, credentials
from ndcops.lab.control_plane import SitePrograms
from ndcops.lab.folder import LabPaths
from ndcops.lab.ports import choose_ports
from ndcops.lab.processes import ProcessRecord, end_processes, find_marked, spawn
from ndcops.lab.state import LabMode, LabState, SiteState
from ndcops.toolchain.build import ensure_engine

SITES = ("ndc1", "ndc2", "ndc3")
START_S = 60.0


@dataclass
class CoordinationMembers:
    """The members by site; `access_file` is what the lab's own `coordination.json` is."""

    paths: LabPaths
    state: LabState
    programs: Path
    running: dict[str, ProcessRecord] = field(default_factory=dict)

    @property
    def access_file(self) -> Path:
        return self.paths.coordination_file

    def start(self, *sites: str) -> None:
        """Start members and wait until each has a leader."""
        for name in sites:
            site = self.state.site(name)
            programs = SitePrograms(self.paths, LabMode.LOOPBACK, site, self.programs, None)
            spec = coordination_store.member(programs, self.paths, site, self.state.sites)
            self.running[name] = spawn(spec, self.paths.lab_id)
        deadline = time.monotonic() + START_S
        for name in sites:
            while not coordination_store.is_healthy(self.paths, self.state.site(name)):
                assert time.monotonic() < deadline, self.paths.log(
                    name, coordination_store.COORDINATION
                ).read_text()
                time.sleep(0.05)

    def kill(self, *sites: str) -> None:
        end_processes([self.running.pop(site) for site in sites], grace_s=0)

    def freeze(self, *sites: str) -> None:
        for site in sites:
            os.kill(self.running[site].pid, signal.SIGSTOP)

    def thaw(self, *sites: str) -> None:
        for site in sites:
            os.kill(self.running[site].pid, signal.SIGCONT)

    def heal(self) -> None:
        """All members run and have a leader."""
        self.thaw(*self.running)
        self.start(*(site for site in SITES if site not in self.running))
        for site in SITES:
            deadline = time.monotonic() + START_S
            while not coordination_store.is_healthy(self.paths, self.state.site(site)):
                assert time.monotonic() < deadline
                time.sleep(0.05)


@contextmanager
def coordination_members(folder: Path) -> Iterator[CoordinationMembers]:
    """Three running members, gone afterwards."""
    paths = LabPaths(folder)
    sites: list[SiteState] = []
    for index, name in enumerate(SITES):
        taken = [port for each in sites for port in each.ports.model_dump().values() if port]
        sites.append(
            SiteState(
                name=name,
                index=index,
                address="127.0.0.1",
                ports=choose_ports(LabMode.LOOPBACK, coordination=True, taken=taken),
                pod_cidr="10.0.0.0/16",
                service_cidr="10.1.0.0/16",
            )
        )
    now = datetime.now(UTC)
    state = LabState(
        kind="LabState", lab_id=paths.lab_id, mode=LabMode.LOOPBACK, created_at=now, sites=tuple(sites)
    )
    credentials.write_coordination_credentials(paths, state, now)
    coordination_store.write_coordination_file(paths, state)
    members = CoordinationMembers(paths, state, ensure_engine("kube"))
    try:
        members.start(*SITES)
        yield members
    finally:
        end_processes(find_marked(paths.lab_id), grace_s=0)


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoordinationMembers]:
    """Three members for a module's tests."""
    with coordination_members(tmp_path_factory.mktemp("members")) as found:
        yield found
