"""Makes the question of a purchase from what is known: nodes that stand, declared services, waves, a price list.

Pods that belong to no declared service are counted in classes of equal size, each rounded up to the next power of
two in cores and memory: an upper bound, so that what is bought is never too little for them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ndcops.capacity.plan.buy import (
    Demand,
    FreeSite,
    Installed,
    NodeKind,
    PowerKind,
    PurchaseProblem,
    Shape,
    StorageDemand,
    StorageKind,
)
from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.fit.quantity import amount
from ndcops.model.errors import InvalidInput
from ndcops.model.object_names import POOL_LABEL, SERVICE_LABEL
from ndcops.model.price_list import PriceList
from ndcops.model.quantity import parse_quantity
from ndcops.model.service import Service, Workload
from ndcops.model.site import NodePool, Site
from ndcops.model.wave_plan import Wave, WaveWorkload

MIB, GIB, TIB = 2**20, 2**30, 2**40
NOT_SOLD, NEVER = 10**9, 10**3
"""A price above every budget and a lead time beyond every plan: what stands is not on sale."""
_RESERVED_SHARE = 0.04
"""Of a bought node, for the system and the kubelet; nodes that stand say themselves what they leave."""


@dataclass
class _Tally:
    """Demand by site, quarter, shape and standby, and bytes by site, quarter, tier and standby."""

    shapes: dict[str, Shape] = field(default_factory=dict)
    pods: Counter[tuple[str, int, str, str]] = field(default_factory=Counter)
    bytes: Counter[tuple[str, int, str, str]] = field(default_factory=Counter)

    def add(self, shape: Shape, site: str, standby: str, quarters: Iterable[int], count: int) -> None:
        self.shapes[shape.name] = shape
        for quarter in quarters:
            self.pods[(site, quarter, shape.name, standby)] += count

    def store(self, tier: str, site: str, standby: str, quarters: Iterable[int], size: int) -> None:
        for quarter in quarters:
            self.bytes[(site, quarter, tier, standby)] += size


def purchase_problem(
    sites: Sequence[Site],
    clusters: Mapping[str, Cluster],
    services: Sequence[Service],
    waves: Sequence[Wave],
    prices: PriceList,
    begin: date,
) -> PurchaseProblem:
    """Quarters run from that of `begin` to that of the last wave. Raises InvalidInput for unknown sites."""
    by_name = {site.name: site for site in sites}
    quarters = _quarters(begin, max((wave.day for wave in waves), default=begin))
    every = range(len(quarters))
    tally = _Tally()
    for service in services:
        _count_service(tally, by_name, service, every)
    for site in sites:
        _count_others(tally, site.name, clusters[site.name], {each.id for each in services}, every)
    for wave in waves:
        _count_wave(tally, by_name, wave, range(quarters.index(_quarter(max(wave.day, begin))), len(quarters)))
    return PurchaseProblem(
        quarters=quarters,
        sites=tuple(_free_room(site) for site in sites),
        nodes=(*_kinds_on_sale(prices), *(_standing(site, pool) for site in sites for pool in site.pools)),
        shapes=tuple(tally.shapes.values()),
        demand=tuple(Demand(site, at, shape, n, standby) for (site, at, shape, standby), n in tally.pods.items()),
        storage=(*_units_on_sale(prices), *_standing_tiers(sites)),
        storage_demand=tuple(
            StorageDemand(site, at, tier, -(-size // GIB), standby)
            for (site, at, tier, standby), size in tally.bytes.items()
        ),
        power=tuple(
            PowerKind(each.name, each.power_kw * 1000, each.price_vnd_millions, each.lead_quarters)
            for each in prices.power
        ),
        installed=tuple(_installed(sites)),
    )


def _quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _quarters(begin: date, end: date) -> tuple[str, ...]:
    first, last = begin.year * 4 + (begin.month - 1) // 3, end.year * 4 + (end.month - 1) // 3
    return tuple(f"{number // 4}-Q{number % 4 + 1}" for number in range(first, max(first, last) + 1))


def _count_service(tally: _Tally, sites: Mapping[str, Site], service: Service, every: range) -> None:
    home = sites.get(service.home)
    if home is None:
        return
    standby = service.standby if service.standby in sites else ""
    for workload in service.workloads:
        tally.add(_service_shape(service, workload), home.name, standby, every, workload.replicas)
        if workload.volume is not None:
            size = workload.replicas * int(parse_quantity(workload.volume.size))
            tally.store(workload.volume.tier, home.name, standby, every, size)
    if service.database is not None:
        size = service.database.members_per_site * int(parse_quantity(service.database.size))
        tally.store(service.database.tier, home.name, standby, every, size)


def _service_shape(service: Service, workload: Workload) -> Shape:
    return Shape(
        name=f"{service.id}/{workload.name}",
        pool=workload.pool,
        cpu_milli=amount("cpu", workload.cpu),
        memory_mib=-(-amount("memory", workload.memory) // MIB),
        gpus=workload.gpus,
    )


def _count_others(tally: _Tally, site: str, cluster: Cluster, known: set[str], every: range) -> None:
    """Pods of no declared service, by pool and class of size."""
    column = cluster.state.nodes.label(POOL_LABEL)
    counts: dict[tuple[str, int, int, int], int] = defaultdict(int)
    for group in cluster.state.residents.groups():
        shape = group.shape
        if shape.labels.get(SERVICE_LABEL) in known or shape.belongs_to_node:
            continue
        gpus = sum(value for name, value in shape.requests.items() if name.endswith("/gpu"))
        cpu, memory = shape.requests.get("cpu", 0), -(-shape.requests.get("memory", 0) // MIB)
        for node, count in group.counts.items():
            if column.present[node] and count > 0:
                pool = column.values[column.codes[node]]
                counts[(pool, _rounded_up(cpu), _rounded_up(memory), gpus)] += count
    for (pool, cpu, memory, gpus), count in counts.items():
        name = f"others/{pool}/{cpu}m-{memory}Mi" + (f"-{gpus}gpu" if gpus else "")
        tally.add(Shape(name, pool, cpu, memory, gpus), site, "", every, count)


def _rounded_up(value: int) -> int:
    return 1 << max(value - 1, 0).bit_length()


def _count_wave(tally: _Tally, sites: Mapping[str, Site], wave: Wave, later: range) -> None:
    for part in wave.demand:
        for name in (part.home, part.standby):
            if name is not None and name not in sites:
                raise InvalidInput(f"wave '{wave.name}': no site is called '{name}'")
        for workload in part.workloads:
            shape = _wave_shape(wave, workload)
            tally.add(shape, part.home, part.standby or "", later, workload.replicas)
        for stored in part.storage:
            tally.store(stored.tier, part.home, part.standby or "", later, int(parse_quantity(stored.size)))


def _wave_shape(wave: Wave, workload: WaveWorkload) -> Shape:
    memory_mib = -(-amount("memory", workload.memory) // MIB)
    name = f"{wave.name}/{workload.name}"
    return Shape(name, workload.pool, amount("cpu", workload.cpu), memory_mib, workload.gpus)


def _free_room(site: Site) -> FreeSite:
    """Racks that no pool stands in, and watts that no declared node draws."""
    drawn_w = sum(pool.nodes * pool.node_power_w for pool in site.pools)
    used = {hall.name: 0 for hall in site.halls}
    for pool in site.pools:
        used[pool.hall] = max(used[pool.hall], pool.racks)
    free = sum(max(hall.racks.count - used[hall.name], 0) for hall in site.halls)
    return FreeSite(
        name=site.name,
        power_w=max(round(site.power.it_load_mw * 1e6) - drawn_w, 0),
        racks=free,
        rack_units=min(hall.racks.units for hall in site.halls),
        rack_power_w=round(min(hall.racks.power_kw for hall in site.halls) * 1000),
    )


def _kinds_on_sale(prices: PriceList) -> Iterable[NodeKind]:
    for sku in prices.nodes:
        yield NodeKind(
            name=sku.name,
            cpu_milli=int(sku.cpu_cores * 1000 * (1 - _RESERVED_SHARE)),
            memory_mib=int(int(parse_quantity(sku.memory)) // MIB * (1 - _RESERVED_SHARE)),
            gpus=sku.gpus,
            pods=sku.pods,
            watts=sku.power_w,
            rack_units=sku.rack_units,
            price_vnd_millions=sku.price_vnd_millions,
            lead_quarters=sku.lead_quarters,
            pools=sku.pools,
        )


def _standing(site: Site, pool: NodePool) -> NodeKind:
    return NodeKind(
        name=f"{site.name}/{pool.name}",
        cpu_milli=int(pool.cpu_cores * 1000 * (1 - _RESERVED_SHARE)),
        memory_mib=int(int(parse_quantity(pool.memory)) // MIB * (1 - _RESERVED_SHARE)),
        gpus=pool.gpu.count if pool.gpu else 0,
        pods=pool.pods,
        watts=pool.node_power_w,
        rack_units=pool.node_units,
        price_vnd_millions=0,
        pools=(pool.name,),
        on_sale=False,
    )


def _units_on_sale(prices: PriceList) -> Iterable[StorageKind]:
    for sku in prices.storage:
        size = int(parse_quantity(sku.usable)) // GIB
        yield StorageKind(
            sku.name, sku.tier, size, sku.power_w, sku.rack_units, sku.price_vnd_millions, sku.lead_quarters
        )


def _standing_tiers(sites: Sequence[Site]) -> Iterable[StorageKind]:
    """Tiers that stand, in units of a TiB: they have a redundancy of their own, so losing a unit costs little."""
    for name in sorted({tier.name for site in sites for tier in site.tiers}):
        yield StorageKind(_standing_unit(name), name, TIB // GIB, 0, 1, NOT_SOLD, lead_quarters=NEVER)


def _standing_unit(tier: str) -> str:
    return f"standing/{tier}"


def _installed(sites: Sequence[Site]) -> Iterable[Installed]:
    for site in sites:
        for pool in site.pools:
            yield Installed(site.name, f"{site.name}/{pool.name}", pool.nodes, pool.name)
        for tier in site.tiers:
            yield Installed(site.name, _standing_unit(tier.name), int(parse_quantity(tier.usable)) // TIB)
