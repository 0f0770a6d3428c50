"""The room on six hosts in memory, with the sample inventory's baseline."""

import threading
from datetime import date
from pathlib import Path

import pytest

from ndcops.adapters.inventory_files import read_inventory
from ndcops.hardening.run import Hardening
from ndcops.model.control import Catalogue, Control
from ndcops.model.document import Text
from ndcops.model.hardening import HostTarget
from ndcops.model.host import HostRole
from ndcops.model.inventory import Inventory
from ndcops.model.target import ClusterRef, Target, TargetKind
from tests.fakes.guarded_hosts import FakeDrains, FakeHost, FakeHosts, FakePlaybooks, FakeSignatures
from tests.fakes.journal import MemoryJournal
from tests.fakes.scanners import FakeScanners

SAMPLE = Path(__file__).resolve().parents[3] / "inventory"
NAMES = ("ndc1-bastion-1", "ndc1-general-1", "ndc1-general-2", "ndc1-database-1", "ndc2-database-1")
WANTED = {"ssh-crypto": "strong", "kernel-values": "safe", "banners": "both"}
TODAY = date(2026, 1, 31)


def control(name: str) -> Control:
    return Control(
        id=name, title=Text(vi=name, en=name), layer=6, cis=("1.1",), rules=(name,), roles=tuple(HostRole)
    )


CATALOGUE = Catalogue(layers=(), controls=tuple(control(name) for name in WANTED))


class Room:
    """The room, its fakes and its journals."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.hosts = FakeHosts({name: FakeHost() for name in NAMES})
        self.playbooks = FakePlaybooks(self.hosts, dict(WANTED))
        self.drains = FakeDrains({"ndc1-general-1": True, "ndc1-general-2": True})
        self.journals: list[MemoryJournal] = []
        self.evidence = MemoryJournal()
        self.scanners = FakeScanners()
        self.stop = threading.Event()
        self.events: list[tuple[str, str]] = []

    def open_journal(self, title: str) -> MemoryJournal:
        self.journals.append(MemoryJournal())
        return self.journals[-1]

    @property
    def room(self) -> Hardening:
        cluster = ClusterRef(site="ndc1", kubeconfig=Path("kubeconfig"), context="lab-ndc1", uid="1")
        targets = {
            name: HostTarget(host=host, user="operator")
            for name in NAMES
            if (host := self.inventory.host(name)) is not None
        }
        return Hardening(
            inventory=self.inventory,
            target=Target(kind=TargetKind.LAB, clusters=(cluster,), state_dir=Path("state")),
            targets=targets,
            catalogue=CATALOGUE,
            hosts=self.hosts,
            playbooks=self.playbooks,
            drain=self.drains,
            scanners=self.scanners,
            signatures=FakeSignatures(),
            given={"ndcops_pki_folder": "pki"},
            open_journal=self.open_journal,
            evidence=self.evidence,
            today=lambda: TODAY,
            width=4,
            stop=self.stop,
            on_task=lambda progress: None,
            on_step=lambda event: self.events.append((event.key, event.state)),
        )

    def with_baseline(self, **changes: object) -> "Room":
        assert self.inventory.baseline is not None
        baseline = type(self.inventory.baseline).model_validate(
            {**self.inventory.baseline.model_dump(by_alias=True), **changes}
        )
        self.inventory = self.inventory.model_copy(update={"baseline": baseline})
        return self


@pytest.fixture(scope="session")
def sample_inventory() -> Inventory:
    # Without the sample's waivers: the fakes know other signatures.
    return read_inventory(SAMPLE).model_copy(update={"waivers": None})


@pytest.fixture
def rig(sample_inventory: Inventory) -> Room:
    return Room(sample_inventory)
