"""A country of two built sites and a planned one, and the room on fakes."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from ndcops.model.inventory import Inventory
from ndcops.model.landing_zone import LandingZone
from ndcops.model.site import Site
from ndcops.model.stack_changes import StackId, StackProgress
from ndcops.model.target import ClusterRef, Target, TargetKind
from ndcops.provisioning.run import Provisioning
from ndcops.workflow.runner import StepEvent
from tests.fakes.clusters import FakeClusters
from tests.fakes.journal import MemoryJournal
from tests.fakes.stack_engine import FakeEngine
from tests.stacks.sample import services, site_document

SITES = ("ndc1", "ndc2")


def stack(layer: str = "network", site: str = "ndc1") -> StackId:
    return StackId(layer=layer, site=site)


def uid_of(site: str) -> str:
    return f"uid-of-{site}"


def cluster(site: str = "ndc1", uid: str | None = "pinned") -> ClusterRef:
    pinned = uid_of(site) if uid == "pinned" else uid
    return ClusterRef(site=site, kubeconfig=Path("/state/kubeconfig"), context=f"lab-{site}", uid=pinned)


def country() -> Inventory:
    documents = [site_document(site, number) for number, site in enumerate(SITES, 1)]
    documents.append({**site_document("ndc3", 3), "status": "planned"})
    return Inventory(sites=tuple(Site.model_validate(each) for each in documents), services=services())


@dataclass
class Room:
    """The provisioning room on fakes, and all that it said."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    clusters: FakeClusters = field(default_factory=lambda: FakeClusters({site: uid_of(site) for site in SITES}))
    inventory: Inventory = field(default_factory=country)
    pinned: tuple[ClusterRef, ...] = tuple(cluster(site) for site in SITES)
    kind: TargetKind = TargetKind.LAB
    stop: threading.Event = field(default_factory=threading.Event)
    progress: list[StackProgress] = field(default_factory=list)
    steps: list[StepEvent] = field(default_factory=list)
    zones: dict[StackId, LandingZone] = field(default_factory=dict)
    journals: dict[str, MemoryJournal] = field(default_factory=dict)

    def open_journal(self, title: str) -> MemoryJournal:
        """A journal of its own for each run, as wiring does it; the latest is kept."""
        self.journals[title] = MemoryJournal()
        return self.journals[title]

    @property
    def room(self) -> Provisioning:
        return Provisioning(
            inventory=self.inventory,
            target=Target(kind=self.kind, clusters=self.pinned, state_dir=Path("/state")),
            engine=self.engine,
            clusters=self.clusters,
            open_journal=self.open_journal,
            width=4,
            stop=self.stop,
            on_progress=self.progress.append,
            on_step=self.steps.append,
            landing_zone=lambda stack: self.zones[stack],
        )
