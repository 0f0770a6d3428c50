"""Addresses: no two ranges of the programme overlap, flows join declared zones, pods have addresses enough."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from ndcops.model.cross_checks.problem import Problem, not_among
from ndcops.model.inventory import Inventory
from ndcops.model.site import Site


@dataclass(frozen=True)
class _Range:
    cidr: IPv4Network
    site: str
    what: str
    path: tuple[str | int, ...]


def check_networks(inventory: Inventory) -> list[Problem]:
    """Sites route to each other, so ranges must differ across sites too, pods and services included."""
    ranges = [found for site in inventory.sites for found in _ranges_of(site)]
    problems = list(_overlaps(ranges))
    for site in inventory.sites:
        problems += _flow_problems(site)
        problems += _pod_range_problems(site)
    return problems


def _ranges_of(site: Site) -> Iterator[_Range]:
    network = site.network
    yield _Range(network.pod_cidr, site.name, "the pod range", ("network", "pod_cidr"))
    yield _Range(network.service_cidr, site.name, "the service range", ("network", "service_cidr"))
    for index, cidr in enumerate(network.extra_service_cidrs):
        path = ("network", "extra_service_cidrs", index)
        yield _Range(cidr, site.name, f"extra service range {index + 1}", path)
    for index, zone in enumerate(network.zones):
        yield _Range(zone.cidr, site.name, f"zone '{zone.name}'", ("network", "zones", index, "cidr"))


def _overlaps(ranges: list[_Range]) -> Iterator[Problem]:
    """CIDR blocks nest or are apart: sorted, each can only lie inside those still open."""
    order = {id(found): index for index, found in enumerate(ranges)}
    still_open: list[_Range] = []
    for found in sorted(ranges, key=lambda one: (one.cidr.network_address, one.cidr.prefixlen, order[id(one)])):
        start = found.cidr.network_address
        still_open = [outer for outer in still_open if outer.cidr.broadcast_address >= start]
        for outer in still_open:
            first, second = sorted((outer, found), key=lambda one: order[id(one)])
            other = first.what if first.site == second.site else f"{first.what} of {first.site}"
            message = (
                f"{second.cidr} ({second.what}) overlaps {first.cidr} ({other}); expected ranges that are apart"
            )
            yield Problem(f"Site/{second.site}", second.path, message)
        still_open.append(found)


def _flow_problems(site: Site) -> Iterator[Problem]:
    zones = [zone.name for zone in site.network.zones]
    for index, flow in enumerate(site.network.flows):
        for field, name in (("from", flow.source), ("to", flow.destination)):
            if name not in zones:
                path = ("network", "flows", index, field)
                yield Problem(f"Site/{site.name}", path, not_among(name, "zone", zones))


def _pod_range_problems(site: Site) -> Iterator[Problem]:
    wanted = sum(pool.nodes * pool.pods for pool in site.pools)
    addresses = site.network.pod_cidr.num_addresses
    if wanted > addresses:
        message = (
            f"{site.network.pod_cidr} has {addresses} addresses, but the pools may run {wanted} pods; "
            "expected a larger range"
        )
        yield Problem(f"Site/{site.name}", ("network", "pod_cidr"), message)
