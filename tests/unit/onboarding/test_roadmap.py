"""The roadmap: rules kept, cycles together, reasons true, stable under small changes, refused when impossible."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ndcops.model.document import Text
from ndcops.model.dossier import Dossier
from ndcops.model.errors import Refused
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.roadmap import (
    Blackout,
    LeftOutWhy,
    ReasonKind,
    Roadmap,
    RoadmapRules,
    SiteRoom,
    Team,
    Window,
)
from ndcops.onboarding.plan.roadmap import RoadmapFacts, plan_roadmap
from ndcops.onboarding.plan.roadmap.bound import lower_bound_waves
from ndcops.onboarding.plan.roadmap.checks import violations
from ndcops.onboarding.plan.roadmap.limits import wave_limits
from ndcops.onboarding.plan.roadmap.moves import moves_of
from ndcops.onboarding.plan.roadmap.nights import order_violations
from ndcops.onboarding.plan.roadmap.problem import Problem

MONDAY = date(2026, 3, 2)
WORDS = Text(vi="Lễ", en="holiday")
TIB = 2**40


def rules(**changes: object) -> RoadmapRules:
    fields: dict[str, object] = {
        "first_day": MONDAY,
        "waves": 20,
        "windows": (Window(weekday="saturday", starts="22:00", hours=6),),
        "teams": (Team(name="team-a", title=WORDS, effort_days_per_wave=40, cutovers_per_window=3),),
        "risk_per_wave": 100,
        "pilot_waves": 0,
    }
    return RoadmapRules(**(fields | changes))


def system(name: str, needs: tuple[str, ...] = (), **changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "id": name,
        "title": {"vi": name, "en": name},
        "classification": "internal",
        "strategy": "rehost",
        "criticality": "medium",
        "home": "ndc1",
        "standby": "ndc2",
        "data_size": "1Ti",
        "depends_on": [{"to": need} for need in needs],
    }
    return fields | changes


def dossier(*systems: dict[str, object], agency: str = "bo-a") -> Dossier:
    return Dossier.model_validate(
        {
            "agency": {"id": agency, "title": {"vi": "Bộ", "en": "Ministry"}},
            "as_of": "2026-02-01",
            "contacts": [{"name": "An", "role": "owner", "email": "an@example.vn"}],
            "systems": systems,
        }
    )


def facts(*dossiers: Dossier, former: Roadmap | None = None, **changes: object) -> RoadmapFacts:
    fields: dict[str, object] = {
        "dossiers": dossiers,
        "states": {},
        "rules": rules(),
        "room": [SiteRoom(site=site, since=MONDAY, free_bytes=500 * TIB) for site in ("ndc1", "ndc2", "ndc3")],
        "former": former,
        "as_of": date(2026, 2, 1),
    }
    return RoadmapFacts(**(fields | changes))  # type: ignore[arg-type]


def waves(found: Roadmap) -> dict[str, int]:
    return {each.system: move.ends for move in found.moves for each in move.cutovers}


def nights(found: Roadmap) -> dict[str, date]:
    return {each.system: each.night for move in found.moves for each in move.cutovers}


def test_needed_systems_come_first_and_on_no_later_night() -> None:
    two = (Window(weekday="friday", starts="22:00", hours=6), Window(weekday="saturday", starts="22:00", hours=6))
    team = Team(name="team-a", title=WORDS, effort_days_per_wave=40, cutovers_per_window=1)
    found = plan_roadmap(
        facts(
            dossier(system("c", ("b",)), system("b", ("a",)), system("a")), rules=rules(windows=two, teams=(team,))
        )
    )
    assert waves(found) == {"a": 0, "b": 0, "c": 0}
    assert nights(found)["a"] < nights(found)["b"] < nights(found)["c"]


def test_systems_that_need_each_other_are_one_move() -> None:
    found = plan_roadmap(facts(dossier(system("a", ("b",)), system("b", ("a",)), system("c", ("a",)))))
    assert [sorted(each.system for each in move.cutovers) for move in found.moves] == [["a", "b"], ["c"]]


def test_long_work_begins_before_what_it_needs_is_done() -> None:
    found = plan_roadmap(
        facts(
            dossier(
                system("a", strategy="refactor"), system("b", ("a",)), system("c", ("b",), strategy="refactor")
            )
        )
    )
    assert waves(found) == {"a": 2, "b": 2, "c": 2}
    assert {move.key: move.begins for move in found.moves} == {"a": 0, "b": 2, "c": 0}


def test_a_blackout_of_all_or_of_one_agency_is_kept_and_named() -> None:
    all_of = Blackout(first=MONDAY, last=MONDAY + timedelta(days=13), reason=Text(vi="Tết", en="New Year"))
    own = Blackout(
        first=MONDAY + timedelta(days=14), last=MONDAY + timedelta(days=27), reason=WORDS, agencies=("bo-b",)
    )
    found = plan_roadmap(
        facts(
            dossier(system("a"), agency="bo-a"),
            dossier(system("b"), agency="bo-b"),
            rules=rules(blackouts=(all_of, own)),
        )
    )
    assert waves(found) == {"a": 1, "b": 2}
    reasons = {move.key: [(each.kind, each.about) for each in move.reasons] for move in found.moves}
    assert reasons["a"] == [(ReasonKind.BLACKOUT, "New Year")]
    assert reasons["b"] == [(ReasonKind.BLACKOUT, "holiday")]


@pytest.mark.parametrize(
    ("change", "kind", "about"),
    [
        ({"teams": (Team(name="t", title=WORDS, effort_days_per_wave=9, cutovers_per_window=9),)}, "team", "t"),
        ({"teams": (Team(name="t", title=WORDS, effort_days_per_wave=90, cutovers_per_window=1),)}, "nights", "t"),
        ({"risk_per_wave": 2}, "risk", ""),
    ],
)
def test_what_is_full_is_the_reason(change: dict[str, object], kind: str, about: str) -> None:
    window = (Window(weekday="saturday", starts="22:00", hours=6),)
    found = plan_roadmap(facts(dossier(*map(system, "abc")), rules=rules(windows=window, wave_weeks=1, **change)))
    assert sorted(waves(found).values()) == [0, 1, 2]
    assert found.makespan_waves == found.lower_bound_waves == 3
    later = [move for move in found.moves if move.ends]
    assert all((kind, about) in [(each.kind, each.about) for each in move.reasons] for move in later)


def test_the_first_waves_take_no_risky_system() -> None:
    found = plan_roadmap(
        facts(dossier(system("a", criticality="critical"), system("b")), rules=rules(pilot_waves=2))
    )
    assert waves(found) == {"a": 2, "b": 0}


def test_room_is_waited_for_and_what_shrinks_later_is_not_given_away() -> None:
    room = [
        SiteRoom(site="ndc1", since=MONDAY, free_bytes=1 * TIB),
        SiteRoom(site="ndc1", since=MONDAY + timedelta(weeks=4), free_bytes=3 * TIB),
        SiteRoom(site="ndc2", since=MONDAY, free_bytes=9 * TIB),
        SiteRoom(site="ndc2", since=MONDAY + timedelta(weeks=6), free_bytes=2 * TIB),
    ]
    found = plan_roadmap(facts(dossier(system("a"), system("b")), room=room))
    assert sorted(waves(found).values()) == [0, 2]
    with pytest.raises(Refused, match="1 of 3 moves find no wave") as refused:
        plan_roadmap(facts(dossier(*map(system, "abc")), room=room))
    assert "room ndc2" in refused.value.details[0]


def test_what_does_not_move_is_said_and_holds_up_only_what_needs_missing_facts() -> None:
    states = {("bo-a", "moved"): LifecycleState.ACCEPTED}
    found = plan_roadmap(
        facts(
            dossier(
                system("stays", strategy="retain"),
                system("retires", strategy="retire"),
                system("moved"),
                system("homeless", home=None),
                system("unsized", data_size=None),
                system("undecided", strategy=None),
                system("waits", ("unsized",)),
                system("waits-too", ("waits",)),
                system("goes", ("stays", "moved")),
            ),
            states=states,
        )
    )
    assert waves(found) == {"goes": 0}
    assert {each.system: (each.why, each.about) for each in found.left_out} == {
        "stays": (LeftOutWhy.STAYS, ""),
        "retires": (LeftOutWhy.RETIRES, ""),
        "moved": (LeftOutWhy.MOVED, ""),
        "homeless": (LeftOutWhy.NO_HOME, ""),
        "unsized": (LeftOutWhy.NO_SIZE, ""),
        "undecided": (LeftOutWhy.NO_STRATEGY, ""),
        "waits": (LeftOutWhy.NEEDS_LEFT_OUT, "unsized"),
        "waits-too": (LeftOutWhy.NEEDS_LEFT_OUT, "waits"),
    }


def test_an_agency_without_a_team_is_said() -> None:
    team = Team(name="t", title=WORDS, effort_days_per_wave=9, cutovers_per_window=9, agencies=("bo-b",))
    found = plan_roadmap(facts(dossier(system("a")), rules=rules(teams=(team,))))
    assert [(each.system, each.why) for each in found.left_out] == [("a", LeftOutWhy.NO_TEAM)]


NAMES = [f"s{number}" for number in range(12)]
SYSTEMS = st.lists(
    st.tuples(
        st.sampled_from(["rehost", "replatform", "refactor", "repurchase"]),
        st.sampled_from(["low", "medium", "high", "critical"]),
        st.lists(st.sampled_from(NAMES), max_size=2),
        st.sampled_from(["1Ti", "5Ti", "20Ti"]),
        st.sampled_from(["bo-a", "bo-b"]),
    ),
    min_size=1,
    max_size=12,
)


def drawn(drawing: list[tuple[str, str, list[str], str, str]]) -> tuple[Dossier, ...]:
    count = len(drawing)
    by_agency: dict[str, list[dict[str, object]]] = {"bo-a": [], "bo-b": []}
    for number, (strategy, criticality, needs, size, agency) in enumerate(drawing):
        known = tuple(dict.fromkeys(need for need in needs if int(need[1:]) < count and need != NAMES[number]))
        by_agency[agency].append(
            system(NAMES[number], known, strategy=strategy, criticality=criticality, data_size=size)
        )
    return tuple(dossier(*systems, agency=agency) for agency, systems in by_agency.items())


TIGHT = rules(
    waves=60,
    windows=(
        Window(weekday="friday", starts="22:00", hours=6),
        Window(weekday="saturday", starts="22:00", hours=6),
    ),
    teams=(
        Team(name="one", title=WORDS, effort_days_per_wave=25, cutovers_per_window=1, agencies=("bo-a",)),
        Team(name="rest", title=WORDS, effort_days_per_wave=40, cutovers_per_window=1),
    ),
    risk_per_wave=12,
    pilot_waves=1,
    blackouts=(
        Blackout(first=date(2026, 4, 13), last=date(2026, 4, 26), reason=WORDS),
        Blackout(first=date(2026, 5, 1), last=date(2026, 5, 31), reason=WORDS, agencies=("bo-b",)),
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


def test_waves_that_are_over_take_nothing_any_more() -> None:
    found = plan_roadmap(facts(dossier(system("a")), as_of=MONDAY + timedelta(days=14)))
    assert waves(found) == {"a": 1}
    assert [(each.kind, each.about) for each in found.moves[0].reasons] == [
        (ReasonKind.BLACKOUT, "that wave is over")
    ]


def test_a_portfolio_without_systems_is_an_empty_roadmap() -> None:
    found = plan_roadmap(facts(dossier()))
    assert (found.moves, found.makespan_waves, found.lower_bound_waves) == ((), 0, 0)


def test_a_calendar_that_is_over_is_refused_with_its_reason() -> None:
    with pytest.raises(Refused, match="1 of 1 moves find no wave") as refused:
        plan_roadmap(facts(dossier(system("a")), as_of=date(2030, 1, 1)))
    assert refused.value.details == ("a: in its last wave: blackout that wave is over",)
