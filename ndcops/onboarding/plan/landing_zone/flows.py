"""Which traffic a dossier authorises, and what it asks for that nobody authorised.

A hosted service is reached when the site's flows carry it. Another agency's system is reached when both dossiers
say so: the caller depends on it, and an integration of the owner names the caller. Else it stays denied, and told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.landing_zone import DatabasePlace, ZoneFlow, ZonePeer
from ndcops.model.service import Service
from ndcops.model.site import Flow, Site, ZoneKind
from ndcops.onboarding.plan.landing_zone.facts import ZoneFacts

API_PORT, DATABASE_PORT, ENTRY_PORT = 8443, 5432, 443
EXCHANGE = "data-exchange"
"""The service that carries the national data exchange (NDOP of integrations)."""


@dataclass(frozen=True)
class Denied:
    """Traffic that a dossier asks for and does not get. hard: the system does not work without it."""

    system: str
    to: str
    hard: bool
    why: str

    def __str__(self) -> str:
        return f"{self.system} → {self.to}: {self.why}"


@dataclass(frozen=True)
class _Place:
    """A system at a site, in its zone."""

    facts: ZoneFacts
    owner: Dossier
    system: DossierSystem
    site: Site
    zone: str


def system_flows(
    facts: ZoneFacts, owner: Dossier, system: DossierSystem, site: Site, zone: str, places: list[DatabasePlace]
) -> tuple[tuple[ZoneFlow, ...], tuple[Denied, ...]]:
    """The flows of a system at a site, by name, and what stays denied."""
    here = _Place(facts, owner, system, site, zone)
    flows: list[ZoneFlow] = [*_duties(here), *_callers(here), *_to_databases(here, places)]
    denied: list[Denied] = []
    for found in (*_dependencies(here), *_integrations(here)):
        (flows if isinstance(found, ZoneFlow) else denied).append(found)  # type: ignore[arg-type]
    unique = {(flow.direction, flow.name): flow for flow in flows}
    return tuple(unique[key] for key in sorted(unique)), tuple(denied)


def _duties(here: _Place) -> Iterator[ZoneFlow]:
    """Events go to the SOC and metrics to the management zone, as the site's flows say of every hosted system."""
    kinds = {zone.name: zone.kind for zone in here.site.network.zones}
    for flow in here.site.network.flows:
        if flow.source == here.zone and kinds.get(flow.destination) is ZoneKind.SOC:
            yield _whole_zone(flow, "out", flow.destination)
        if flow.destination == here.zone and kinds.get(flow.source) is ZoneKind.MANAGEMENT:
            yield _whole_zone(flow, "in", flow.source)


def _whole_zone(flow: Flow, direction: str, zone: str) -> ZoneFlow:
    ports = tuple(port.port for port in flow.ports if port.protocol == "TCP")
    return ZoneFlow.model_validate(
        {
            "name": f"zone.{zone}",
            "direction": direction,
            "peers": [{"zone": zone}],
            "ports": ports,
            "reason": flow.reason,
        }
    )


def _to_databases(here: _Place, places: list[DatabasePlace]) -> Iterator[ZoneFlow]:
    """Databases outside the cluster stand on hosts of the zone's addresses."""
    declared = here.site.network.zone(here.zone)
    if declared is not None and any(place.engine == "patroni" for place in places):
        yield ZoneFlow(
            name="own.databases",
            direction="out",
            peers=(ZonePeer(addresses=declared.cidr),),
            ports=(DATABASE_PORT,),
            reason="its own databases on the zone's hosts",
        )


def _dependencies(here: _Place) -> Iterator[ZoneFlow | Denied]:
    for need in here.system.depends_on:
        service = here.facts.service(need.to)
        if service is not None:
            yield _to_service(here, service, hard=need.hard)
            continue
        found = here.facts.system(need.to)
        why = "no such service or system is declared" if found is None else _why_not_system(here, *found)
        if why:
            yield Denied(here.system.id, need.to, need.hard, why)
            continue
        yield ZoneFlow(
            name=need.to,
            direction="out",
            peers=(ZonePeer(system=need.to),),
            ports=(DATABASE_PORT if need.kind == "data" else API_PORT,),
            reason=f"depends_on of {here.system.id}",
        )


def _to_service(here: _Place, service: Service, *, hard: bool) -> ZoneFlow | Denied:
    ports = _carried(here.site, here.zone, service.zone, service)
    if not ports:
        why = f"no flow of {here.site.name} goes from zone {here.zone} to zone {service.zone}"
        return Denied(here.system.id, service.id, hard, why)
    peers = [ZonePeer(zone=service.zone, service=service.id)]
    elsewhere = [here.facts.site(name) for name in (service.home, service.standby) if name != here.site.name]
    entries = [site.dns.entry for site in elsewhere if site is not None and site.dns.entry is not None]
    if service.dns_names:
        peers += [ZonePeer(addresses=IPv4Network(entry)) for entry in entries]
        ports = (*ports, ENTRY_PORT)
    if here.site.name not in (service.home, service.standby):
        del peers[0]
    if not peers:
        why = f"it is not at {here.site.name} and has no name to be reached by"
        return Denied(here.system.id, service.id, hard, why)
    return ZoneFlow(
        name=service.id,
        direction="out",
        peers=tuple(peers),
        ports=tuple(sorted(set(ports))),
        reason=f"depends_on of {here.system.id}",
    )


def _carried(site: Site, source: str, destination: str, service: Service) -> tuple[int, ...]:
    """Ports of the service that the site's flows open between the two zones; all of them inside one zone."""
    own = {workload.port for workload in service.workloads}
    if source == destination:
        return tuple(sorted(own))
    open_ports = {
        port.port
        for flow in site.network.flows
        if (flow.source, flow.destination) == (source, destination)
        for port in flow.ports
        if port.protocol == "TCP"
    }
    return tuple(sorted(own & open_ports))


def _why_not_system(here: _Place, owner: Dossier, system: DossierSystem) -> str:
    """Why an agency's system may not be called; empty when it may."""
    if here.site.name not in (system.home, system.standby):
        return f"it has no place at {here.site.name}"
    if owner.id == here.owner.id or _is_consumer(owner, here.owner, here.system):
        return ""
    return f"no integration of {owner.id} names {here.owner.id} or {here.system.id} as a consumer"


def _is_consumer(owner: Dossier, caller: Dossier, system: DossierSystem) -> bool:
    names = {caller.id, caller.title.vi, caller.title.en, system.id, system.title.vi, system.title.en}
    return any(names & set(integration.consumers) for integration in owner.integrations)


def _callers(here: _Place) -> Iterator[ZoneFlow]:
    """Systems that depend on this one and may."""
    for owner, caller in here.facts.systems():
        for need in caller.depends_on:
            if need.to != here.system.id or here.site.name not in (caller.home, caller.standby):
                continue
            if owner.id != here.owner.id and not _is_consumer(here.owner, owner, caller):
                continue
            yield ZoneFlow(
                name=caller.id,
                direction="in",
                peers=(ZonePeer(system=caller.id),),
                ports=(DATABASE_PORT if need.kind == "data" else API_PORT,),
                reason=f"depends_on of {caller.id}",
            )


def _integrations(here: _Place) -> Iterator[ZoneFlow | Denied]:
    """Data that leave through the national exchange; files need no flow, and named systems are callers already."""
    databases = {database.id for database in here.owner.databases_of(here.system.id)}
    mine = {dataset.id for dataset in here.owner.datasets if dataset.database in databases}
    if not any(each.via == "NDOP" and mine & set(each.datasets) for each in here.owner.integrations):
        return
    exchange = here.facts.service(EXCHANGE)
    if exchange is None:
        yield Denied(here.system.id, EXCHANGE, False, "the national data exchange is not declared")
    elif not _opens(here.site, exchange.zone, here.zone):
        why = f"no flow of {here.site.name} goes from zone {exchange.zone} to zone {here.zone}"
        yield Denied(EXCHANGE, here.system.id, False, why)
    else:
        yield ZoneFlow(
            name=EXCHANGE,
            direction="in",
            peers=(ZonePeer(zone=exchange.zone, service=exchange.id),),
            ports=(API_PORT,),
            reason="integrations via NDOP",
        )


def _opens(site: Site, source: str, destination: str) -> bool:
    return source == destination or any(
        (flow.source, flow.destination) == (source, destination) and API_PORT in {port.port for port in flow.ports}
        for flow in site.network.flows
    )
