"""Zones and allowed flows for the status page: centres with the same rules share one matrix; pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from ndcops.model.site import Flow, Port, Site, Zone, ZoneKind


@dataclass(frozen=True)
class NetworkRules:
    """The flows that one or more centres allow between their zones; everything else is denied."""

    sites: tuple[str, ...]
    zones: tuple[Zone, ...]
    flows: tuple[Flow, ...]

    def ports(self, source: str, destination: str) -> tuple[str, ...]:
        """The ports open from one zone to the other, in order; TCP goes without saying."""
        open_ports = {
            (port.port, port.protocol)
            for flow in self.flows
            if (flow.source, flow.destination) == (source, destination)
            for port in flow.ports
        }
        return tuple(_written(Port(port=port, protocol=protocol)) for port, protocol in sorted(open_ports))


def network_rules(sites: Iterable[Site]) -> tuple[NetworkRules, ...]:
    """The rules of all centres, each distinct set once."""
    together: dict[tuple[tuple[str, ...], tuple[Flow, ...]], list[Site]] = {}
    for site in sites:
        names = tuple(zone.name for zone in site.network.zones)
        together.setdefault((names, site.network.flows), []).append(site)
    return tuple(
        NetworkRules(tuple(site.name for site in alike), alike[0].network.zones, flows)
        for (_, flows), alike in together.items()
    )


def zone_kinds(sites: Iterable[Site]) -> dict[str, ZoneKind]:
    """Every zone name in use and its kind, in order of first appearance."""
    kinds: dict[str, ZoneKind] = {}
    for site in sites:
        for zone in site.network.zones:
            kinds.setdefault(zone.name, zone.kind)
    return kinds


def _written(port: Port) -> str:
    return str(port.port) if port.protocol == "TCP" else f"{port.port}/{port.protocol.lower()}"
