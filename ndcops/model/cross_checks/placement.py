"""Whether each hosted system can live at its home and at its standby: zone, pools, tiers, nodes, images."""

from collections.abc import Iterator

from ndcops.model.cross_checks.problem import Problem, Unread, not_among
from ndcops.model.inventory import Inventory
from ndcops.model.quantity import parse_quantity
from ndcops.model.service import Service, Workload
from ndcops.model.site import NodePool, Site, SiteStatus


def check_placement(inventory: Inventory, unread: Unread) -> list[Problem]:
    """A standby that lacks what the home has protects nothing, so both are asked the same."""
    sites = {site.name: site for site in inventory.sites}
    problems: list[Problem] = []
    for service in inventory.services:
        for field, name in (("home", service.home), ("standby", service.standby)):
            site = sites.get(name)
            if site is not None:
                problems += _service_at(service, field, site)
            elif name not in unread.sites:
                message = not_among(name, "site", [*sites, *unread.sites])
                problems.append(Problem(f"Service/{service.id}", (field,), message))
    return problems


def _service_at(service: Service, field: str, site: Site) -> Iterator[Problem]:
    document = f"Service/{service.id}"
    where = f"at {site.name} ({field})"
    if site.status is SiteStatus.PLANNED:
        message = f"site '{site.name}' is only planned; expected an operating site or one being built"
        yield Problem(document, (field,), message)
    if site.network.zone(service.zone) is None:
        zones = [zone.name for zone in site.network.zones]
        yield Problem(document, ("zone",), not_among(service.zone, "zone", zones, where))
    tiers = [tier.name for tier in site.tiers]
    if service.database is not None and service.database.tier not in tiers:
        yield Problem(document, ("database", "tier"), not_among(service.database.tier, "tier", tiers, where))
    for index, workload in enumerate(service.workloads):
        for path, message in _workload_at(workload, site, where):
            yield Problem(document, ("workloads", index, *path), message)


def _workload_at(workload: Workload, site: Site, where: str) -> Iterator[tuple[tuple[str, ...], str]]:
    tiers = [tier.name for tier in site.tiers]
    if workload.volume is not None and workload.volume.tier not in tiers:
        yield ("volume", "tier"), not_among(workload.volume.tier, "tier", tiers, where)
    registry = site.kubernetes.registry
    if not workload.image.startswith(f"{registry}/"):
        yield ("image",), f"'{workload.image}' does not come from the registry {where}; expected {registry}/..."
    pool = site.pool(workload.pool)
    if pool is None:
        yield ("pool",), not_among(workload.pool, "pool", [pool.name for pool in site.pools], where)
        return
    for field, message in _larger_than_a_node(workload, pool, where):
        yield (field,), message


def _larger_than_a_node(workload: Workload, pool: NodePool, where: str) -> Iterator[tuple[str, str]]:
    node = f"a node of pool '{pool.name}' {where}"
    asks, at_most = "a replica asks for", "; expected at most that"
    if parse_quantity(workload.cpu) > pool.cpu_cores:
        yield "cpu", f"{asks} {workload.cpu} cores, but {node} has {pool.cpu_cores}{at_most}"
    if parse_quantity(workload.memory) > parse_quantity(pool.memory):
        yield "memory", f"{asks} {workload.memory}, but {node} has {pool.memory}{at_most}"
    gpus = pool.gpu.count if pool.gpu else 0
    if workload.gpus and not gpus:
        yield "gpus", f"{asks} GPUs ({workload.gpus}), but {node} has none; expected a pool with a GPU"
    elif workload.gpus > gpus:
        yield "gpus", f"{asks} {workload.gpus} GPUs, but {node} has {gpus}{at_most}"
