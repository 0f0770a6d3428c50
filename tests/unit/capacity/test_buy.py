from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.capacity.plan.buy import (
    Demand,
    FreeSite,
    Installed,
    NodeKind,
    PowerKind,
    PurchasePlan,
    PurchaseProblem,
    Shape,
    StorageDemand,
    StorageKind,
    solve,
)
from ndcops.capacity.plan.buy.losses import NODE, cases_of
from ndcops.capacity.plan.buy.packing import Packer
from ndcops.model.errors import InvalidInput, Refused

SITES = tuple(FreeSite(name, 100_000, 10, 42, 17_000) for name in ("ndc1", "ndc2"))
SMALL = NodeKind("small", 16_000, 64_000, 0, 110, 400, 1, 100)
LARGE = NodeKind("large", 64_000, 256_000, 0, 110, 1_000, 2, 350)
WEB = Shape("web", "general", 4_000, 8_000)
FAT = Shape("fat", "general", 20_000, 100_000)
BASE = PurchaseProblem(
    ("q1", "q2", "q3"), SITES, (SMALL, LARGE), (WEB, FAT),
    (Demand("ndc1", 1, "web", 10, "ndc2"), Demand("ndc1", 2, "web", 30, "ndc2"),
     Demand("ndc2", 2, "fat", 3, "ndc1")),
)  # fmt: skip


def bought(plan: PurchasePlan) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for line in plan.lines:
        counts[line.site, line.sku] += line.count
    return counts


def check_holds(problem: PurchaseProblem, plan: PurchasePlan) -> None:
    """Every case, packed anew: each quarter, without any one node, and with each site lost."""
    for case in cases_of(problem):
        kinds = problem.kinds_of(case.pool)
        packer = Packer(
            np.array([kind.room for kind in kinds]), np.array([each.need for each in problem.shapes_of(case.pool)])
        )
        nodes = np.array([
            sum(line.count for line in plan.lines
                if (line.site, line.pool, line.sku) == (case.site, case.pool, kind.name)
                and problem.quarters.index(line.in_service) <= case.quarter)
            + sum(each.count for each in problem.installed
                  if (each.site, each.pool, each.kind) == (case.site, case.pool, kind.name))
            for kind in kinds
        ])  # fmt: skip
        losses = [row for row in np.eye(len(kinds), dtype=np.int64) if nodes @ row] if case.lost == NODE else [0]
        assert losses
        for loss in losses:
            found = packer.packing(nodes - loss, case.demand) or packer.exact_packing(nodes - loss, case.demand)
            assert found is not None, case
            held = sum((np.array(pattern) * times for _, pattern, times in found), np.zeros(len(case.demand)))
            assert (held >= case.demand).all()
            for kind, pattern, _ in found:
                assert (np.array(pattern) @ packer.needs <= packer.rooms[kind]).all()


def test_the_cheapest_plan_of_a_small_case() -> None:
    one = replace(BASE, demand=(Demand("ndc1", 1, "web", 8),))
    plan = solve(one)
    # Eight pods of four cores need two small nodes; a third is there when one is lost.
    assert bought(plan) == {("ndc1", "small"): 3}
    assert (plan.cost_vnd_millions, plan.gap) == (300, 0.0)
    assert {(line.ordered, line.in_service) for line in plan.lines} == {("q1", "q2")}
    assert plan.totals == {"q1": 300, "q2": 0, "q3": 0}
    check_holds(one, plan)


def test_a_lost_site_lands_on_its_standby() -> None:
    plan = solve(BASE)
    assert plan.gap <= 0.01
    check_holds(BASE, plan)
    assert {"ndc1", "ndc2"} == {line.site for line in plan.lines}
    assert any(each.lost in ("ndc1", "ndc2") for each in plan.bindings)


def test_fragmentation_counts() -> None:
    # 500,000 MiB are less than two large nodes have, but one holds only two pods of 100,000.
    plan = solve(replace(BASE, demand=(Demand("ndc1", 1, "fat", 5),)))
    assert bought(plan) == {("ndc1", "large"): 4}


def test_installed_nodes_are_used_first() -> None:
    there = (Installed("ndc1", "large", 4, "general"),)
    plan = solve(replace(BASE, demand=(Demand("ndc1", 0, "web", 40),), installed=there))
    assert plan.lines == ()
    assert (plan.cost_vnd_millions, plan.gap) == (0, 0.0)


def test_storage_is_held_by_home_and_standby_with_a_spare() -> None:
    unit = StorageKind("s", "nvme", 1_000, 500, 2, 70)
    stored = (StorageDemand("ndc1", 2, "nvme", 2_500, "ndc2"),)
    plan = solve(replace(BASE, demand=(), storage=(unit,), storage_demand=stored))
    assert bought(plan) == {("ndc1", "s"): 4, ("ndc2", "s"): 4}


def test_power_is_bought_when_feeds_are_full() -> None:
    tight = tuple(replace(site, power_w=500) for site in SITES)
    more = (PowerKind("kw2", 2_000, 50),)
    plan = solve(replace(BASE, sites=tight, power=more, demand=(Demand("ndc1", 1, "web", 8),)))
    assert bought(plan) == {("ndc1", "small"): 3, ("ndc1", "kw2"): 1}


def test_orders_are_as_late_as_they_may_be() -> None:
    plan = solve(replace(BASE, demand=(Demand("ndc1", 2, "web", 8),)))
    assert {line.ordered for line in plan.lines} == {"q2"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sites": tuple(replace(site, power_w=500) for site in SITES)}, "ndc1: power in q3"),
        ({"sites": tuple(replace(site, racks=0) for site in SITES)}, "racks in q3"),
        ({"budgets_vnd_millions": (100, 100, 0)}, "budget in q"),
        ({"demand": (Demand("ndc1", 0, "web", 8),)}, "lead time: 3 of 'small' are needed by q1"),
    ],
)
def test_an_impossible_plan_names_the_limit(change: dict[str, object], said: str) -> None:
    with pytest.raises(Refused) as error:
        solve(replace(BASE, **change))
    assert any(said in detail for detail in error.value.details), error.value.details


def test_a_shape_that_fits_no_node_is_named() -> None:
    giant = Shape("giant", "general", 90_000, 1_000)
    with pytest.raises(Refused) as error:
        solve(replace(BASE, shapes=(WEB, FAT, giant), demand=(Demand("ndc1", 1, "giant", 1),)))
    assert error.value.details == ("ndc1: shape 'giant' fits no node: cpu 90000 asked, 64000 at most",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"demand": (Demand("ndc1", 1, "web", -1),)}, "count is -1"),
        ({"demand": (Demand("ndc1", 1, "web", 1, "ndc1"),)}, "home and standby are both ndc1"),
        ({"demand": (Demand("ndc9", 1, "web", 1),)}, "no site 'ndc9'"),
        ({"demand": (Demand("ndc1", 1, "web", 1, "ndc9"),)}, "no standby site 'ndc9'"),
        ({"demand": (Demand("ndc1", 7, "web", 1),)}, "no quarter 7"),
        ({"demand": (Demand("ndc1", 1, "wob", 1),)}, "no shape 'wob'"),
        ({"storage_demand": (StorageDemand("ndc1", 1, "hdd", 1),)}, "no storage SKU of tier 'hdd'"),
        ({"nodes": (SMALL, SMALL)}, "SKU 'small' is given twice"),
        ({"nodes": (replace(SMALL, price_vnd_millions=-5),)}, "price_vnd_millions is -5"),
        ({"nodes": (replace(SMALL, rack_units=0),)}, "takes no rack unit"),
        ({"shapes": (Shape("web", "general", 0, 0), FAT)}, "requests nothing"),
        ({"budgets_vnd_millions": (1,)}, "1 budgets for 3 quarters"),
        ({"installed": (Installed("ndc1", "none", 1, "general"),)}, "no SKU 'none'"),
        ({"quarters": (), "demand": ()}, "no quarter"),
    ],
)
def test_wrong_input_is_named(change: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as error:
        replace(BASE, **change)
    assert any(said in detail for detail in error.value.details), error.value.details


@pytest.mark.parametrize(("gap", "time_limit_s"), [(0.0, 10.0), (1.0, 10.0), (0.01, 0.0)])
def test_gap_and_time_must_make_sense(gap: float, time_limit_s: float) -> None:
    with pytest.raises(InvalidInput):
        solve(BASE, gap=gap, time_limit_s=time_limit_s)


def test_a_cut_proves_that_nodes_are_too_few() -> None:
    packer = Packer(np.array([[10, 10]]), np.array([[6, 1], [1, 6]]))
    # One of each fits a node, two of either do not: sums would say that two nodes hold three.
    demand = np.array([3, 0])
    assert packer.packing(np.array([2]), demand) is None
    cut = packer.cut(np.array([2]), demand)
    assert cut is not None
    assert cut.worth @ [2] < cut.prices @ demand <= cut.worth @ [3] + 1e-6
    assert packer.cut(np.array([3]), np.array([3, 3])) is None


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 40), st.integers(0, 12), st.integers(0, 30), st.integers(0, 3))
def test_every_plan_survives_every_loss(web: int, fat: int, more: int, there: int) -> None:
    problem = replace(
        BASE,
        demand=(
            Demand("ndc1", 1, "web", web, "ndc2"),
            Demand("ndc1", 2, "web", web + more, "ndc2"),
            Demand("ndc2", 2, "fat", fat, "ndc1"),
        ),
        installed=(Installed("ndc2", "small", there, "general"),),
    )
    plan = solve(problem, time_limit_s=10)
    check_holds(problem, plan)
    assert plan.bound_vnd_millions <= plan.cost_vnd_millions
