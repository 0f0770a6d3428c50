"""What the status page shows: the declared centres joined with what their clusters answered; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ndcops.model.inventory import Inventory
from ndcops.model.service import Service
from ndcops.model.site import NodePool, Site, SiteStatus
from ndcops.model.site_status import PoolStatus, ServiceStatus, SiteReport, StatusReport

COLOURS = 8
"""As many pool colours as the style sheet has."""


class SiteState(StrEnum):
    """What is known of a centre; `silent` is never read as healthy."""

    ANSWERS = "answers"
    SILENT = "silent"
    PLANNED = "planned"
    NOT_ASKED = "not_asked"


class Health(StrEnum):
    """How a system stands at its home."""

    WHOLE = "whole"
    SHORT = "short"
    DOWN = "down"
    MOVED = "moved"
    NOT_DEPLOYED = "not_deployed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PoolFacts:
    """A declared pool and its nodes as the cluster counts them; None when the cluster does not answer."""

    pool: NodePool
    colour: int
    status: PoolStatus | None


@dataclass(frozen=True)
class Placement:
    """A system at one centre: at home or as standby; `status` is None when nothing of it is known there."""

    service: Service
    at_home: bool
    status: ServiceStatus | None


@dataclass(frozen=True)
class SiteFacts:
    """A centre: declared, answered, and the systems placed there, those at home first, by grade."""

    site: Site
    state: SiteState
    report: SiteReport | None
    pools: tuple[PoolFacts, ...]
    placements: tuple[Placement, ...]

    @property
    def nodes(self) -> int:
        """Nodes that the cluster counts."""
        return sum(status.nodes for status in self._pool_statuses())

    @property
    def ready(self) -> int:
        """Nodes that are Ready."""
        return sum(status.ready for status in self._pool_statuses())

    @property
    def problem(self) -> str:
        """Why the centre's condition is unknown, as the cluster's client said it."""
        return self.report.problem if self.report else ""

    def _pool_statuses(self) -> tuple[PoolStatus, ...]:
        return self.report.condition.pools if self.report and self.report.condition else ()


@dataclass(frozen=True)
class ServiceFacts:
    """A system, how it stands, and what depends on it."""

    service: Service
    health: Health
    status: ServiceStatus | None
    needed_by: tuple[str, ...]


@dataclass(frozen=True)
class StatusFacts:
    """All that the page shows, in the order in which it shows it."""

    sites: tuple[SiteFacts, ...]
    services: tuple[ServiceFacts, ...]
    strangers: tuple[str, ...]
    """Sites that the report names and the inventory does not."""
    layers: tuple[str, ...]


def gather(report: StatusReport, inventory: Inventory) -> StatusFacts:
    """Joins a report with the inventory that it was taken from."""
    reports = {entry.site: entry for entry in report.sites}
    colours = _colours(inventory.sites)
    return StatusFacts(
        sites=tuple(_site(site, reports.get(site.name), inventory, colours) for site in inventory.sites),
        services=tuple(_service(entry, inventory, reports) for entry in _by_grade(inventory.services)),
        strangers=tuple(name for name in reports if inventory.site(name) is None),
        layers=tuple(dict.fromkeys(layer for entry in report.sites for layer in entry.objects)),
    )


def _colours(sites: Iterable[Site]) -> dict[str, int]:
    """One colour for each pool name, the same at every centre."""
    names = dict.fromkeys(pool.name for site in sites for pool in site.pools)
    return {name: index % COLOURS + 1 for index, name in enumerate(names)}


def _by_grade(services: Iterable[Service]) -> list[Service]:
    return sorted(services, key=lambda service: (service.grade, service.id))


def _site(site: Site, report: SiteReport | None, inventory: Inventory, colours: dict[str, int]) -> SiteFacts:
    pools = {entry.pool: entry for entry in report.condition.pools} if report and report.condition else {}
    here = sorted(_by_grade(inventory.services_at(site.name)), key=lambda service: service.home != site.name)
    return SiteFacts(
        site=site,
        state=_state(site, report),
        report=report,
        pools=tuple(PoolFacts(pool, colours[pool.name], pools.get(pool.name)) for pool in site.pools),
        placements=tuple(
            Placement(service, service.home == site.name, _service_status(report, service.id)) for service in here
        ),
    )


def _state(site: Site, report: SiteReport | None) -> SiteState:
    if report and report.condition:
        return SiteState.ANSWERS
    if site.status is SiteStatus.PLANNED:
        return SiteState.PLANNED
    return SiteState.NOT_ASKED if report is None else SiteState.SILENT


def _service_status(report: SiteReport | None, service: str) -> ServiceStatus | None:
    statuses = report.condition.services if report and report.condition else ()
    return next((status for status in statuses if status.service == service), None)


def _service(service: Service, inventory: Inventory, reports: dict[str, SiteReport]) -> ServiceFacts:
    home = reports.get(service.home)
    status = _service_status(home, service.id)
    standby = _service_status(reports.get(service.standby), service.id)
    return ServiceFacts(
        service=service,
        health=_health(home, status, standby),
        status=status,
        needed_by=tuple(other.id for other in inventory.services if service.id in other.depends_on),
    )


def _health(home: SiteReport | None, at_home: ServiceStatus | None, standby: ServiceStatus | None) -> Health:
    if standby and standby.replicas > 0 and not (at_home and at_home.replicas):
        return Health.MOVED
    if home is None or home.condition is None:
        return Health.UNKNOWN
    if at_home is None:
        return Health.NOT_DEPLOYED
    if at_home.replicas == 0 or at_home.ready == 0:
        return Health.DOWN
    return Health.WHOLE if at_home.ready >= at_home.replicas else Health.SHORT
