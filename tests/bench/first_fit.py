"""The baseline of purchases: for each pool the one SKU that first-fit-decreasing buys cheapest."""

import numpy as np

from ndcops.capacity.plan.buy.losses import NODE, Case, cases_of, storage_cases_of
from ndcops.capacity.plan.buy.packing import most
from ndcops.capacity.plan.buy.problem import Counts, NodeKind, PurchaseProblem


def first_fit_decreasing(problem: PurchaseProblem) -> int:
    """The price in millions of VND of a purchase that keeps the same losses; power is extended as it must be."""
    cost = 0
    load_w = {site.name: np.zeros(len(problem.quarters)) for site in problem.sites}
    for site in problem.sites:
        for pool in problem.pools:
            cases = [case for case in cases_of(problem) if (case.site, case.pool) == (site.name, pool)]
            options = [_bought(problem, site.name, pool, kind, cases) for kind in problem.kinds_of(pool)]
            price, watts = min((option for option in options if option), key=lambda option: option[0])
            cost += price
            load_w[site.name] += watts
    for kind in problem.storage:
        for site in problem.sites:
            units = np.zeros(len(problem.quarters))
            for case in storage_cases_of(problem):
                if (case.site, case.tier) == (site.name, kind.tier):
                    units[case.quarter :] = np.maximum(units[case.quarter :], -(-case.gib // kind.usable_gib) + 1)
            cost += int(units.max()) * kind.price_vnd_millions
            load_w[site.name] += units * kind.watts
    for site in problem.sites:
        over = load_w[site.name].max() - site.power_w
        options = [max(0, int(-(-over // each.watts))) * each.price_vnd_millions for each in problem.power]
        cost += min(options, default=0)
    return cost


def _bought(
    problem: PurchaseProblem, site: str, pool: str, kind: NodeKind, cases: list[Case]
) -> tuple[int, "np.ndarray[tuple[int], np.dtype[np.float64]]"] | None:
    """Price and load by quarter when only this SKU is bought; None when a shape does not fit it."""
    shapes = problem.shapes_of(pool)
    needs = np.array([shape.need for shape in shapes])
    kinds = {each.name: each for each in problem.nodes}
    there = [
        kinds[each.kind]
        for each in problem.installed
        if (each.site, each.pool) == (site, pool)
        for _ in range(each.count)
    ]
    order = np.argsort(-(needs / np.array(kind.room).clip(1)).max(axis=1), kind="stable")
    nodes = np.zeros(len(problem.quarters))
    for case in cases:
        count = int(nodes[case.quarter])
        while not _survives(there, kind, count, needs, order, case):
            count += 1
            if count > case.demand.sum() + 2:
                return None
        nodes[case.quarter :] = np.maximum(nodes[case.quarter :], count)
    return int(nodes[-1]) * kind.price_vnd_millions, nodes * kind.watts


def _survives(there: list[NodeKind], kind: NodeKind, count: int, needs: Counts, order: Counts, case: Case) -> bool:
    if case.lost != NODE:
        return _packs([*there, *[kind] * count], needs, order, case.demand)
    without = [[*there[1:], *[kind] * count]] if there else []
    without += [[*there, *[kind] * (count - 1)]] if count else []
    return bool(without) and all(_packs(nodes, needs, order, case.demand) for nodes in without)


def _packs(nodes: list[NodeKind], needs: Counts, order: Counts, demand: Counts) -> bool:
    left = demand.copy()
    for node in nodes:
        room = np.array(node.room)
        for shape in order:
            held = min(int(left[shape]), most(room, needs[shape]))
            room -= held * needs[shape]
            left[shape] -= held
        if not left.any():
            return True
    return not left.any()
