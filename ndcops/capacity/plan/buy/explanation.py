"""Why a plan buys what it buys: the fullest resource of each pool and the limits of each site that bind."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ndcops.capacity.plan.buy.losses import NODE, Case, StorageCase
from ndcops.capacity.plan.buy.master import Item, Master, per_rack
from ndcops.capacity.plan.buy.problem import RESOURCES, NodeKind, PurchaseProblem, StorageKind
from ndcops.model.linear_model import Floats

_BINDS: Final = 0.95


@dataclass(frozen=True)
class Binding:
    """What decides: `share` of a resource or limit in use in `quarter`, after `lost` (a site, one node)."""

    site: str
    pool: str
    resource: str
    quarter: str
    share: float
    lost: str = ""


def bindings_of(
    problem: PurchaseProblem, master: Master, values: Floats, cases: list[Case], storage: list[StorageCase]
) -> tuple[Binding, ...]:
    """For each pool and tier of a site the fullest resource in its hardest case; limits from 95% on."""
    found = [
        *_pools(problem, master, values, cases),
        *_tiers(problem, master, values, storage),
        *_limits(problem, master, values),
    ]
    return tuple(sorted(found, key=lambda each: (each.site, each.pool, each.resource)))


def _pools(problem: PurchaseProblem, master: Master, values: Floats, cases: list[Case]) -> Iterable[Binding]:
    hardest: dict[tuple[str, str], Binding] = {}
    for case in cases:
        needs = np.array([shape.need for shape in problem.shapes_of(case.pool)])
        known = [
            kind for kind in problem.kinds_of(case.pool) if Item(case.site, case.pool, kind.name) in master.items
        ]
        rooms = np.array([kind.room for kind in known])
        items = [Item(case.site, case.pool, kind.name) for kind in known]
        nodes = master.nodes(items, case.quarter, values)
        left = nodes @ rooms
        if case.lost == NODE:
            left = left - rooms[nodes > 0].max(axis=0)
        shares = np.where(left > 0, case.demand @ needs / np.maximum(left, 1), 0.0)
        top = int(shares.argmax())
        label = problem.quarters[case.quarter]
        binding = Binding(case.site, case.pool, RESOURCES[top], label, float(shares[top]), case.lost)
        best = hardest.get((case.site, case.pool))
        if best is None or binding.share > best.share:
            hardest[case.site, case.pool] = binding
    return hardest.values()


def _tiers(
    problem: PurchaseProblem, master: Master, values: Floats, cases: list[StorageCase]
) -> Iterable[Binding]:
    hardest: dict[tuple[str, str], Binding] = {}
    for case in cases:
        kinds = [kind for kind in problem.storage if kind.tier == case.tier]
        units = master.nodes([Item(case.site, "", kind.name) for kind in kinds], case.quarter, values)
        sizes = np.array([kind.usable_gib for kind in kinds])
        share = case.gib / max(float(units @ sizes - sizes[units > 0].max(initial=0)), 1.0)
        best = hardest.get((case.site, case.tier))
        if best is None or share > best.share:
            label = problem.quarters[case.quarter]
            hardest[case.site, case.tier] = Binding(
                case.site, "", f"storage {case.tier}", label, share, "one unit"
            )
    return hardest.values()


def _limits(problem: PurchaseProblem, master: Master, values: Floats) -> Iterable[Binding]:
    last = len(problem.quarters) - 1
    machines: dict[str, NodeKind | StorageKind] = {kind.name: kind for kind in problem.nodes}
    machines |= {kind.name: kind for kind in problem.storage}
    extensions = {kind.name: kind for kind in problem.power}
    for site in problem.sites:
        count = dict.fromkeys([*machines, *extensions], 0.0)
        for item in master.items:
            if item.site == site.name:
                count[item.sku] += sum(values[column] for column in master.bought(item, last))
        racks = sum(-(-count[name] // per_rack(site, kind)) for name, kind in machines.items() if count[name])
        load_w = sum(count[name] * kind.watts for name, kind in machines.items())
        given_w = site.power_w + sum(count[name] * kind.watts for name, kind in extensions.items())
        for resource, used, given in (("racks", racks, site.racks), ("power", load_w, given_w)):
            if given and used / given >= _BINDS:
                yield Binding(site.name, "", resource, problem.quarters[last], float(used / given))
    for quarter, budget in enumerate(problem.budgets_vnd_millions or ()):
        spent = sum(
            problem.sku(item.sku).price_vnd_millions * count
            for item, order, count in master.orders(values)
            if order == quarter
        )
        if budget and spent / budget >= _BINDS:
            yield Binding("", "", "budget", problem.quarters[quarter], spent / budget)
