"""What each site must hold in each quarter: its demand with one node lost, and a lost site's on its standby."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from ndcops.capacity.plan.buy.problem import Counts, PurchaseProblem

NODE = "one node"
"""The loss that every pool survives at any time; other losses are names of sites."""


@dataclass(frozen=True)
class Case:
    """Counts of the pool's shapes that a site hosts in a quarter, when `lost` (NODE or a site) is gone."""

    site: str
    pool: str
    quarter: int
    lost: str
    demand: Counts


@dataclass(frozen=True)
class StorageCase:
    """GiB of a tier that a site holds in a quarter, copies for others included, with any one unit lost."""

    site: str
    tier: str
    quarter: int
    gib: int


def cases_of(problem: PurchaseProblem) -> list[Case]:
    """All that packing must be proven for; a loss that asks no more than another of the same kind is left out."""
    place = {shape.name: (shape.pool, problem.shapes_of(shape.pool).index(shape)) for shape in problem.shapes}
    sizes = {pool: len(problem.shapes_of(pool)) for pool in problem.pools}
    home: dict[tuple[str, str, int], Counts] = {}
    moved: dict[tuple[str, str, int, str], Counts] = {}
    for row in problem.demand:
        pool, index = place[row.shape]
        own = home.setdefault((row.site, pool, row.quarter), np.zeros(sizes[pool], dtype=np.int64))
        own[index] += row.count
        if row.standby:
            key = (row.standby, pool, row.quarter, row.site)
            moved.setdefault(key, np.zeros(sizes[pool], dtype=np.int64))[index] += row.count
    cases = [Case(*key, NODE, demand) for key, demand in sorted(home.items()) if demand.any()]
    for (site, pool, quarter, lost), extra in sorted(moved.items()):
        whole = extra + home.get((site, pool, quarter), 0)
        if extra.any():
            cases.append(Case(site, pool, quarter, lost, whole))
    return cases


def storage_cases_of(problem: PurchaseProblem) -> list[StorageCase]:
    """Home and standby both hold the data all the time."""
    need: dict[tuple[str, str, int], int] = defaultdict(int)
    for row in problem.storage_demand:
        for site in filter(None, (row.site, row.standby)):
            need[site, row.tier, row.quarter] += row.gib
    return [StorageCase(*key, gib) for key, gib in sorted(need.items()) if gib]
