"""Small portfolios, rules and facts that the tests of the roadmap share."""

from datetime import date

from hypothesis import strategies as st

from ndcops.model.document import Text
from ndcops.model.dossier import Dossier
from ndcops.model.roadmap import (
    Blackout,
    Roadmap,
    RoadmapRules,
    SiteRoom,
    Team,
    Window,
)
from ndcops.onboarding.plan.roadmap import RoadmapFacts

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
