"""What is to be bought for: sites, kinds of machines on sale, shapes of workloads, demand by quarter, budgets."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ndcops.model.errors import InvalidInput

Counts = NDArray[np.int64]
RESOURCES: Final = ("cpu", "memory", "gpu", "pods")
"""The order of every vector of room: CPU in thousandths of a core, memory in MiB, accelerators, pods."""


@dataclass(frozen=True)
class NodeKind:
    """A node as it is bought; room is what pods may request, after reservations and DaemonSets.

    pools: where it may serve, empty for anywhere. lead_quarters: from order to service. Not on sale: installed
    only. Prices are in millions of VND.
    """

    name: str
    cpu_milli: int
    memory_mib: int
    gpus: int
    pods: int
    watts: int
    rack_units: int
    price_vnd_millions: int
    lead_quarters: int = 1
    pools: tuple[str, ...] = ()
    on_sale: bool = True

    @property
    def room(self) -> tuple[int, ...]:
        """In the order of RESOURCES."""
        return self.cpu_milli, self.memory_mib, self.gpus, self.pods


@dataclass(frozen=True)
class StorageKind:
    """A storage unit of one tier: usable GiB after redundancy inside it."""

    name: str
    tier: str
    usable_gib: int
    watts: int
    rack_units: int
    price_vnd_millions: int
    lead_quarters: int = 1


@dataclass(frozen=True)
class PowerKind:
    """An extension of a site's IT load by so many watts."""

    name: str
    watts: int
    price_vnd_millions: int
    lead_quarters: int = 1


@dataclass(frozen=True)
class FreeSite:
    """What a site can still take and feed: free racks, their units and watts each, and the IT load left.

    power_w is of the IT load that the inventory declares: redundant feeds are counted once there.
    """

    name: str
    power_w: int
    racks: int
    rack_units: int
    rack_power_w: int


@dataclass(frozen=True)
class Shape:
    """A pod of a pool: what one replica requests."""

    name: str
    pool: str
    cpu_milli: int
    memory_mib: int
    gpus: int = 0

    @property
    def need(self) -> tuple[int, ...]:
        """In the order of RESOURCES."""
        return self.cpu_milli, self.memory_mib, self.gpus, 1


@dataclass(frozen=True)
class Demand:
    """All replicas of a shape that a site hosts in a quarter, resident ones included.

    standby: the site that takes them when it is lost; none, and they stay away until it is back.
    """

    site: str
    quarter: int
    shape: str
    count: int
    standby: str = ""


@dataclass(frozen=True)
class StorageDemand:
    """All GiB of a tier in a quarter; a standby holds its copy all the time, not only after a loss."""

    site: str
    quarter: int
    tier: str
    gib: int
    standby: str = ""


@dataclass(frozen=True)
class Installed:
    """Machines that are there: nodes of a pool, or storage units (pool empty)."""

    site: str
    kind: str
    count: int
    pool: str = ""


@dataclass(frozen=True)
class PurchaseProblem:
    """The whole question; quarters are labels in their order, budgets one for each quarter of order or none."""

    quarters: tuple[str, ...]
    sites: tuple[FreeSite, ...]
    nodes: tuple[NodeKind, ...]
    shapes: tuple[Shape, ...]
    demand: tuple[Demand, ...]
    storage: tuple[StorageKind, ...] = ()
    storage_demand: tuple[StorageDemand, ...] = ()
    power: tuple[PowerKind, ...] = ()
    installed: tuple[Installed, ...] = ()
    budgets_vnd_millions: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _check(self)

    @property
    def pools(self) -> tuple[str, ...]:
        """All pools, by name."""
        return tuple(sorted({shape.pool for shape in self.shapes}))

    def skus(self) -> dict[str, NodeKind | StorageKind | PowerKind]:
        """All SKUs by name."""
        found: dict[str, NodeKind | StorageKind | PowerKind] = {kind.name: kind for kind in self.nodes}
        found |= {kind.name: kind for kind in self.storage}
        return found | {kind.name: kind for kind in self.power}

    def sku(self, name: str) -> NodeKind | StorageKind | PowerKind:
        """The SKU of that name."""
        return self.skus()[name]

    def kinds_of(self, pool: str) -> list[NodeKind]:
        """Kinds that may serve a pool."""
        return [kind for kind in self.nodes if not kind.pools or pool in kind.pools]

    def shapes_of(self, pool: str) -> list[Shape]:
        """Shapes of a pool."""
        return [shape for shape in self.shapes if shape.pool == pool]


def _check(problem: PurchaseProblem) -> None:
    """Raises InvalidInput naming everything that is wrong."""
    wrong = [*_twice(problem), *_numbers(problem), *_unknown(problem)]
    if problem.budgets_vnd_millions is not None and len(problem.budgets_vnd_millions) != len(problem.quarters):
        wrong.append(f"{len(problem.budgets_vnd_millions)} budgets for {len(problem.quarters)} quarters")
    if not problem.quarters:
        wrong.append("no quarter is given")
    if wrong:
        raise InvalidInput("the purchase cannot be planned: wrong input", details=wrong)


def _twice(problem: PurchaseProblem) -> Iterable[str]:
    named: dict[str, Sequence[str]] = {
        "quarter": problem.quarters,
        "site": [each.name for each in problem.sites],
        "SKU": [each.name for kinds in (problem.nodes, problem.storage, problem.power) for each in kinds],
        "shape": [each.name for each in problem.shapes],
    }
    for what, names in named.items():
        yield from (f"{what} '{name}' is given twice" for name, count in Counter(names).items() if count > 1)


def _numbers(problem: PurchaseProblem) -> Iterable[str]:
    """What must not be negative, or not zero."""
    parts: list[object] = [*problem.sites, *problem.nodes, *problem.storage, *problem.power, *problem.shapes]
    parts += [*problem.demand, *problem.storage_demand, *problem.installed]
    for part in parts:
        for name, value in vars(part).items():
            if isinstance(value, int) and value < 0:
                yield f"{part}: {name} is {value}, expected 0 or more"
    units = {each.name: each.rack_units for each in problem.nodes}
    units |= {each.name: each.rack_units for each in problem.storage}
    yield from (f"SKU '{name}' takes no rack unit" for name, count in units.items() if count == 0)
    yield from (f"SKU '{each.name}' stores nothing" for each in problem.storage if each.usable_gib == 0)
    for shape in problem.shapes:
        if shape.cpu_milli == 0 and shape.memory_mib == 0 and shape.gpus == 0:
            yield f"shape '{shape.name}' requests nothing"
    if any(budget < 0 for budget in problem.budgets_vnd_millions or ()):
        yield "a budget is negative"


def _unknown(problem: PurchaseProblem) -> Iterable[str]:
    """What is asked of sites, shapes, SKUs or quarters that are not there, or of one site twice."""
    shapes = {shape.name for shape in problem.shapes}
    tiers = {kind.tier for kind in problem.storage}
    for row in problem.demand:
        if row.shape not in shapes:
            yield f"demand of {row.site}: no shape '{row.shape}'"
        yield from _misplaced(problem, row.site, row.standby, row.quarter, row.shape)
    for stored in problem.storage_demand:
        if stored.tier not in tiers:
            yield f"demand of {stored.site}: no storage SKU of tier '{stored.tier}'"
        yield from _misplaced(problem, stored.site, stored.standby, stored.quarter, stored.tier)
    sites = {site.name for site in problem.sites}
    nodes, units = ({each.name for each in kinds} for kinds in (problem.nodes, problem.storage))
    for there in problem.installed:
        if there.site not in sites or there.kind not in (nodes if there.pool else units):
            yield f"installed: no site '{there.site}', or no SKU '{there.kind}' for pool '{there.pool}'"


def _misplaced(problem: PurchaseProblem, site: str, standby: str, quarter: int, what: str) -> Iterable[str]:
    sites = {each.name for each in problem.sites}
    if site not in sites:
        yield f"demand of '{what}': no site '{site}'"
    if standby and standby not in sites:
        yield f"demand of '{what}' in {site}: no standby site '{standby}'"
    if standby == site:
        yield f"demand of '{what}': home and standby are both {site}"
    if quarter >= len(problem.quarters):
        yield f"demand of '{what}' in {site}: no quarter {quarter}"
