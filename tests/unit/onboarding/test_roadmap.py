"""The roadmap: rules kept, cycles together, reasons true, stable under small changes, refused when impossible."""

from datetime import date, timedelta

import pytest

from ndcops.model.document import Text
from ndcops.model.errors import Refused
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.roadmap import (
    Blackout,
    LeftOutWhy,
    ReasonKind,
    SiteRoom,
    Team,
    Window,
)
from ndcops.onboarding.plan.roadmap import plan_roadmap
from ndcops.onboarding.plan.roadmap.planning import recheck
from tests.unit.onboarding.roadmap_samples import (
    MONDAY,
    TIB,
    WORDS,
    dossier,
    facts,
    nights,
    rules,
    system,
    waves,
)


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
    ("as_of", "night"),
    [
        (MONDAY, MONDAY + timedelta(days=5)),
        (MONDAY + timedelta(days=5), MONDAY + timedelta(days=5)),
        (MONDAY + timedelta(days=6), MONDAY + timedelta(days=12)),
        (MONDAY + timedelta(days=13), MONDAY + timedelta(days=19)),
    ],
)
def test_no_night_that_is_over_is_promised(as_of: date, night: date) -> None:
    """Of the wave that runs only nights from today on are left."""
    given = facts(dossier(system("a")), as_of=as_of)
    found = plan_roadmap(given)
    assert nights(found)["a"] == night
    assert recheck(given, found) == []


def test_work_of_the_running_wave_stands_however_late_in_it_one_plans_again() -> None:
    """What the former roadmap has in this wave has been worked on since it began."""
    given = dossier(*map(system, "abc"))
    former = plan_roadmap(facts(given, as_of=MONDAY))
    again = plan_roadmap(facts(given, former=former, as_of=MONDAY + timedelta(days=11)))
    assert (set(nights(former).values()), again.kept) == ({MONDAY + timedelta(days=5)}, 3)
    assert set(nights(again).values()) == {MONDAY + timedelta(days=12)}


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
