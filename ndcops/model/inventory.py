"""Everything that is declared, read at once and checked against itself."""

from ndcops.model.baseline import Baseline
from ndcops.model.coordination import Coordination
from ndcops.model.database_store import DatabaseStore
from ndcops.model.document import Value
from ndcops.model.dossier import Dossier
from ndcops.model.host import Host
from ndcops.model.ledger import LedgerDeclaration
from ndcops.model.roadmap import RoadmapRules
from ndcops.model.runbook import Runbook
from ndcops.model.service import Service
from ndcops.model.signer import Signers
from ndcops.model.site import Site, SiteStatus
from ndcops.model.waiver import Waivers


class Inventory(Value):
    """The inventory folder as one value; sites and services are sorted by name."""

    sites: tuple[Site, ...]
    services: tuple[Service, ...] = ()
    hosts: tuple[Host, ...] = ()
    dossiers: tuple[Dossier, ...] = ()
    coordination: Coordination | None = None
    databases: DatabaseStore | None = None
    baseline: Baseline | None = None
    waivers: Waivers | None = None
    signers: Signers | None = None
    ledger: LedgerDeclaration | None = None
    roadmap: RoadmapRules | None = None
    runbook: Runbook | None = None

    def site(self, name: str) -> Site | None:
        """The site of that name, if there is one."""
        return next((site for site in self.sites if site.name == name), None)

    def service(self, service_id: str) -> Service | None:
        """The service of that id, if there is one."""
        return next((service for service in self.services if service.id == service_id), None)

    def host(self, name: str) -> Host | None:
        """The host of that name, if there is one."""
        return next((host for host in self.hosts if host.name == name), None)

    def dossier(self, agency_id: str) -> Dossier | None:
        """The dossier of that agency, if there is one."""
        return next((dossier for dossier in self.dossiers if dossier.id == agency_id), None)

    def built_sites(self) -> tuple[Site, ...]:
        """Sites that have or are getting a cluster: all but the planned ones."""
        return tuple(site for site in self.sites if site.status is not SiteStatus.PLANNED)

    def services_at(self, site: str) -> tuple[Service, ...]:
        """Services that have `site` as home or standby."""
        return tuple(service for service in self.services if site in (service.home, service.standby))
