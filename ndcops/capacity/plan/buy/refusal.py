"""Why nothing can be bought: shapes that fit no node, or the limits that must be passed, and by how much."""

from collections.abc import Iterable
from typing import NoReturn

import numpy as np

from ndcops.capacity.plan.buy.losses import Case, cases_of
from ndcops.capacity.plan.buy.master import Master, per_rack
from ndcops.capacity.plan.buy.problem import RESOURCES, NodeKind, PurchaseProblem, Shape
from ndcops.model.errors import Refused
from ndcops.model.linear_model import Outcome

_RELAXED_S = 20.0
_UNITS = {"power": "W", "racks": "racks", "budget": "million VND"}


def check_possible(problem: PurchaseProblem) -> None:
    """Raises Refused when a shape that is asked for fits no node that its site can have."""
    reasons = dict.fromkeys(reason for case in cases_of(problem) for reason in _misfits(problem, case))
    if reasons:
        raise Refused(
            "buy: no SKU can hold some workloads",
            details=list(reasons),
            resolution="add a larger SKU to the price list, or split the workload",
        )


def _misfits(problem: PurchaseProblem, case: Case) -> Iterable[str]:
    site = next(each for each in problem.sites if each.name == case.site)
    there = {each.kind for each in problem.installed if each.site == case.site and each.pool == case.pool}
    kinds = [
        kind
        for kind in problem.kinds_of(case.pool)
        if kind.name in there or (kind.on_sale and per_rack(site, kind))
    ]
    if not kinds:
        yield f"{case.site}: no SKU may serve pool '{case.pool}' and fits its racks"
        return
    for shape, count in zip(problem.shapes_of(case.pool), case.demand, strict=True):
        if count and not any(_fits(shape, kind) for kind in kinds):
            yield f"{case.site}: shape '{shape.name}' fits no node: {_lacking(shape, kinds)}"


def _fits(shape: Shape, kind: NodeKind) -> bool:
    return all(need <= room for need, room in zip(shape.need, kind.room, strict=True))


def _lacking(shape: Shape, kinds: list[NodeKind]) -> str:
    """The resource of which even the largest node has too little, or that they lack together."""
    largest = np.array([kind.room for kind in kinds]).max(axis=0)
    short = [
        f"{name} {need} asked, {room} at most"
        for name, need, room in zip(RESOURCES, shape.need, largest.tolist(), strict=True)
        if need > room
    ]
    return "; ".join(short) or "no single node has all that it asks for"


def refuse(problem: PurchaseProblem, relaxed: Master) -> NoReturn:
    """Raises Refused with the limits that a least relaxation passes."""
    answer = relaxed.solve(_RELAXED_S, 0.02)
    if answer.outcome is not Outcome.SOLVED:
        raise Refused("buy: there is no plan, and no single limit explains it", resolution="ask for less at once")
    reasons = [
        f"{each.site + ': ' if each.site else ''}{each.limit} in {each.quarter}: "
        f"{each.missing:,.0f} {_UNITS[each.limit]} short of what is needed, {each.given:,.0f} given"
        for each in relaxed.shortages(answer.values)
    ]
    for item, quarter, count in relaxed.early(answer.values):
        place = f"{item.site}/{item.pool}" if item.pool else item.site
        reasons.append(
            f"{place}: lead time: {count} of '{item.sku}' are needed by {problem.quarters[quarter]}, "
            f"before an order can arrive"
        )
    raise Refused(
        "buy: no plan keeps all limits",
        details=reasons,
        resolution="raise one of these limits, or move waves to later quarters",
    )
