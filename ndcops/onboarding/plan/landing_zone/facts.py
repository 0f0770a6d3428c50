"""What landing zones are planned from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.service import Service
from ndcops.model.site import Site


@dataclass(frozen=True)
class ZoneFacts:
    """dossiers: of all agencies, `dossier` among them. states: by system; one that is not there is a draft."""

    dossier: Dossier
    dossiers: Sequence[Dossier]
    services: Sequence[Service]
    sites: Sequence[Site]
    states: Mapping[str, LifecycleState]

    def site(self, name: str | None) -> Site | None:
        """The built site of that name."""
        return next((site for site in self.sites if site.name == name), None)

    def service(self, name: str) -> Service | None:
        """The declared service of that id."""
        return next((service for service in self.services if service.id == name), None)

    def services_at(self, site: str) -> list[Service]:
        """Services that have `site` as home or standby."""
        return [service for service in self.services if site in (service.home, service.standby)]

    def system(self, name: str) -> tuple[Dossier, DossierSystem] | None:
        """An agency's system, and whose it is."""
        return next(((owner, system) for owner, system in self.systems() if system.id == name), None)

    def systems(self) -> Iterator[tuple[Dossier, DossierSystem]]:
        """Every system of every agency."""
        return ((owner, system) for owner in self.dossiers for system in owner.systems)

    def state(self, system: DossierSystem) -> LifecycleState:
        """Where a system stands."""
        return self.states.get(system.id, LifecycleState.DRAFT)

    def belongs(self, system: DossierSystem) -> bool:
        """Whether a system has, or may now get, a landing zone: planned, and not yet gone for good."""
        return LifecycleState.PLANNED.rank <= self.state(system).rank < LifecycleState.DECOMMISSIONED.rank
