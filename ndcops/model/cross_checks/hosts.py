"""Hosts against their sites: each stands at a declared site, in a rack and a pool that exist there."""

import re
from collections.abc import Iterator

from ndcops.model.cross_checks.problem import Problem, Unread, not_among
from ndcops.model.host import Host
from ndcops.model.inventory import Inventory
from ndcops.model.site import Site

_RACK = re.compile(r"(?P<hall>.+)-r(?P<number>\d{3,})", re.ASCII)


def check_hosts(inventory: Inventory, unread: Unread) -> list[Problem]:
    """Also: two hosts with one address, which hardening would take for one machine."""
    sites = {site.name: site for site in inventory.sites}
    problems: list[Problem] = []
    at: dict[tuple[str, int], str] = {}
    for host in inventory.hosts:
        document = f"Host/{host.name}"
        other = at.setdefault((host.address, host.ssh_port), host.name)
        if other != host.name:
            message = f"'{host.address}' port {host.ssh_port} is already that of host '{other}'; expected its own"
            problems.append(Problem(document, ("ansible_host",), message))
        site = sites.get(host.site)
        if site is not None:
            problems += _host_at(host, site)
        elif host.site not in unread.sites:
            message = not_among(host.site, "site", [*sites, *unread.sites])
            problems.append(Problem(document, ("ndcops_site",), message))
    return problems


def _host_at(host: Host, site: Site) -> Iterator[Problem]:
    document = f"Host/{host.name}"
    if host.pool is not None and site.pool(host.pool) is None:
        message = not_among(host.pool, "pool", [pool.name for pool in site.pools], f"at {site.name}")
        yield Problem(document, ("ndcops_pool",), message)
    if host.rack is not None and not _rack_exists(host.rack, site):
        racks = ", ".join(f"{hall.name}-r001 to {hall.name}-r{hall.racks.count:03d}" for hall in site.halls)
        yield Problem(document, ("ndcops_rack",), f"rack '{host.rack}' is not at {site.name}; expected {racks}")


def _rack_exists(rack: str, site: Site) -> bool:
    match = _RACK.fullmatch(rack)
    if match is None:
        return False
    counts = {hall.name: hall.racks.count for hall in site.halls}
    return 1 <= int(match["number"]) <= counts.get(match["hall"], 0)
