"""The roadmap over drawn portfolios: every rule kept, the bound below, nobody else moved by a small change."""

from hypothesis import HealthCheck, given, settings

from ndcops.onboarding.plan.roadmap import plan_roadmap
from ndcops.onboarding.plan.roadmap.bound import lower_bound_waves
from ndcops.onboarding.plan.roadmap.checks import violations
from ndcops.onboarding.plan.roadmap.limits import wave_limits
from ndcops.onboarding.plan.roadmap.moves import moves_of
from ndcops.onboarding.plan.roadmap.nights import order_violations
from ndcops.onboarding.plan.roadmap.problem import Problem
from tests.unit.onboarding.roadmap_samples import (
    NAMES,
    SYSTEMS,
    TIGHT,
    dossier,
    drawn,
    facts,
    system,
    waves,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawing=SYSTEMS)
def test_every_roadmap_keeps_every_rule_and_its_bound(drawing: list[tuple[str, str, list[str], str, str]]) -> None:
    dossiers = drawn(drawing)
    found = plan_roadmap(facts(*dossiers, rules=TIGHT))
    listed = moves_of(dossiers, {}, TIGHT)
    limits = wave_limits(TIGHT, ["bo-a", "bo-b"], facts().room, facts().as_of)
    problem = Problem(listed.moves, limits)
    assert len(waves(found)) + len(found.left_out) == len(drawing)
    assert violations(problem, {move.key: move.begins for move in found.moves}) == []
    assert found.lower_bound_waves == lower_bound_waves(problem) <= found.makespan_waves
    cutovers = {move.key: move.cutovers for move in found.moves}
    assert order_violations(cutovers, listed.moves) == []
    for move in found.moves:
        first = TIGHT.first_day_of(move.ends)
        assert all(first <= each.night < TIGHT.first_day_of(move.ends + 1) for each in move.cutovers)
        assert move.reasons


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawing=SYSTEMS.filter(lambda each: len(each) > 3))
def test_a_new_system_moves_nobody_else(drawing: list[tuple[str, str, list[str], str, str]]) -> None:
    former = plan_roadmap(facts(*drawn(drawing), rules=TIGHT))
    changed = [*drawn(drawing), dossier(system("new"), agency="bo-c")]
    found = plan_roadmap(facts(*changed, rules=TIGHT, former=former))
    before, after = waves(former), waves(found)
    assert {name: after[name] for name in before} == before
    assert "new" in after
    assert found.kept == found.formerly_planned == len(former.moves)


def test_what_no_longer_fits_moves_and_the_rest_stays() -> None:
    former = plan_roadmap(facts(*drawn([("rehost", "medium", [], "1Ti", "bo-a")] * 6), rules=TIGHT))
    moved = next(name for name, wave in waves(former).items() if wave == 0)
    number = NAMES.index(moved)
    drawing = [("rehost", "medium", [], "1Ti", "bo-a")] * 6
    drawing[number] = ("rehost", "critical", [], "1Ti", "bo-a")  # too risky for the pilot wave now
    found = plan_roadmap(facts(*drawn(drawing), rules=TIGHT, former=former))
    assert waves(found)[moved] > 0
    assert found.kept >= found.formerly_planned - 1


def test_equal_facts_give_equal_roadmaps_in_any_order() -> None:
    first, second = drawn(
        [("rehost", "medium", ["s0"], "1Ti", "bo-a"), ("refactor", "high", [], "5Ti", "bo-b")] * 5
    )
    assert plan_roadmap(facts(first, second, rules=TIGHT)) == plan_roadmap(facts(second, first, rules=TIGHT))
