"""A roadmap of a thousand systems: how fast, whether it keeps every rule, how near to the bound, how stable."""

import time
from datetime import date
from random import Random
from statistics import median

from ndcops.model.document import Text
from ndcops.model.dossier import Dossier
from ndcops.model.roadmap import Blackout, Roadmap, RoadmapRules, SiteRoom, Team, Window
from ndcops.onboarding.plan.portfolio import PortfolioFacts, dcat_catalogue, portfolio_of
from ndcops.onboarding.plan.roadmap import RoadmapFacts, plan_roadmap
from ndcops.reports.portfolio_page import portfolio_page
from tests.bench.result import AtLeast, Measured
from tests.bench.roadmap_judge import broken_rules
from tests.bench.sandbox import Sandbox
from tests.bench.seeded_dossiers import AS_OF, Size, seeded_dossiers
from tests.bench.timing import Clock

TARGETS = {
    "roadmap_s": 5,
    "violations": 0,
    "makespan_ratio": 1.10,
    "portfolio_s": 2,
    "stable_share": AtLeast(0.95),
}
ROUNDS = 5

NOTES = (
    "1,000 systems of 26 ministries and 34 provinces, 5,000 dependencies (one in a hundred closes a circle), 450 "
    "databases; 12 teams, two nights a week, a closed fortnight, a month closed to two agencies, three centres",
    "roadmap_s is the median of the rounds, the other figures are their worst",
    "violations are counted by a judge of the bench's own, from the dossiers, rules and the printed roadmap alone",
    "stable_share: of the systems that were not touched, those that keep their wave when one in a hundred systems "
    "changes its size and five new ones come",
    "portfolio_s: sums, page and catalogue",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """A country a round."""
    samples = [_round(1_000 * clock.seed + number, clock) for number in clock.rounds("country")]
    figures = {
        "roadmap_s": round(median(each["roadmap_s"] for each in samples), 2),
        "roadmap_cpu_s": round(median(each["roadmap_cpu_s"] for each in samples), 2),
        "violations": sum(each["violations"] for each in samples),
        "makespan_ratio": max(each["makespan_ratio"] for each in samples),
        "portfolio_s": max(each["portfolio_s"] for each in samples),
        "stable_share": min(each["stable_share"] for each in samples),
    }
    return Measured(figures, {"countries": samples}, NOTES, complete=len(samples) >= clock.wanted)


def _round(seed: int, clock: Clock) -> dict[str, float]:
    dossiers = seeded_dossiers(seed, Size())
    rules = rules_for(dossiers)
    began, began_cpu = time.perf_counter(), time.process_time()
    found = plan_roadmap(_facts(dossiers, rules, None))
    roadmap_s, roadmap_cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    began = time.perf_counter()
    country = portfolio_of(PortfolioFacts(dossiers, {}, found, 0, date(2026, 9, 1)))
    portfolio_page(country, target="lab")
    dcat_catalogue(dossiers)
    portfolio_s = time.perf_counter() - began
    sample = {
        "roadmap_s": round(roadmap_s, 2),
        "roadmap_cpu_s": round(roadmap_cpu_s, 2),
        "waves": found.makespan_waves,
        "bound": found.lower_bound_waves,
        "makespan_ratio": round(found.makespan_waves / found.lower_bound_waves, 3),
        "violations": len(broken_rules(found, dossiers, rules, ROOM)),
        "portfolio_s": round(portfolio_s, 2),
        "stable_share": _stable_share(seed, dossiers, rules, found),
    }
    clock.say(str(sample))
    return sample


ROOM = tuple(SiteRoom(site=site, since=AS_OF, free_bytes=900 * 2**40) for site in ("ndc1", "ndc2", "ndc3"))


def rules_for(dossiers: list[Dossier]) -> RoadmapRules:
    """The calendar and the teams: five agencies a team."""
    agencies = [dossier.id for dossier in dossiers]
    words = Text(vi="Nghỉ", en="closed")
    teams = tuple(
        Team(
            name=f"team-{number}",
            title=Text(vi=f"Tổ {number}", en=f"Team {number}"),
            effort_days_per_wave=60,
            cutovers_per_window=2,
            agencies=tuple(agencies[number::12]),
        )
        for number in range(12)
    )
    return RoadmapRules(
        first_day=date(2026, 3, 2),
        waves=60,
        windows=tuple(Window(weekday=day, starts="22:00", hours=6) for day in ("friday", "saturday")),
        blackouts=(
            Blackout(first=date(2026, 4, 27), last=date(2026, 5, 10), reason=words),
            Blackout(
                first=date(2026, 6, 1), last=date(2026, 6, 30), reason=words, agencies=(agencies[2], agencies[30])
            ),
        ),
        teams=teams,
        risk_per_wave=160,
        pilot_waves=1,
    )


def _facts(dossiers: list[Dossier], rules: RoadmapRules, former: Roadmap | None) -> RoadmapFacts:
    return RoadmapFacts(dossiers, {}, rules, ROOM, former, AS_OF)


def _stable_share(seed: int, dossiers: list[Dossier], rules: RoadmapRules, former: Roadmap) -> float:
    chance = Random(f"change/{seed}")
    names = [system.id for dossier in dossiers for system in dossier.systems]
    touched = set(chance.sample(names, len(names) // 100))
    changed = [_changed(dossier, touched) for dossier in dossiers]
    newcomers = [dossier.systems[0] for dossier in chance.sample(changed, 5)]
    changed = [
        dossier.model_copy(
            update={
                "systems": (
                    *dossier.systems,
                    *(
                        each.model_copy(update={"id": f"{each.id}-new", "depends_on": ()})
                        for each in newcomers
                        if each in dossier.systems
                    ),
                )
            }
        )
        for dossier in changed
    ]
    after = _waves(plan_roadmap(_facts(changed, rules, former)))
    before = _waves(former)
    untouched = [name for name in before if name not in touched]
    return round(sum(after.get(name) == before[name] for name in untouched) / len(untouched), 4)


def _changed(dossier: Dossier, touched: set[str]) -> Dossier:
    systems = tuple(
        system.model_copy(update={"data_size": "3Ti"}) if system.id in touched else system
        for system in dossier.systems
    )
    return dossier.model_copy(update={"systems": systems})


def _waves(found: Roadmap) -> dict[str, int]:
    return {each.system: move.ends for move in found.moves for each in move.cutovers}
