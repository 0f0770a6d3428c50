"""Facts in, roadmap out: solved, made compact or kept near the former one, checked, explained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from ndcops.model.dossier import Dossier, dossier_digest
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.roadmap import (
    Cutover,
    PlannedMove,
    Reason,
    ReasonKind,
    Roadmap,
    RoadmapRules,
    SiteRoom,
    WaveLoad,
)
from ndcops.onboarding.plan.roadmap.bound import lower_bound_waves
from ndcops.onboarding.plan.roadmap.checks import violations
from ndcops.onboarding.plan.roadmap.limits import wave_limits
from ndcops.onboarding.plan.roadmap.moves import moves_of
from ndcops.onboarding.plan.roadmap.nights import nights_in
from ndcops.onboarding.plan.roadmap.problem import Loads, Move, Problem
from ndcops.onboarding.plan.roadmap.shifting import compact, in_the_way, makespan
from ndcops.onboarding.plan.roadmap.solve import place

GOOD = 1.1
"""Up to this multiple of the lower bound a plan is good; one near a former plan also one wave beyond that."""


@dataclass(frozen=True)
class RoadmapFacts:
    """What a roadmap is made from. states: by agency and system; a system without one is a draft."""

    dossiers: Sequence[Dossier]
    states: Mapping[tuple[str, str], LifecycleState]
    rules: RoadmapRules
    room: Sequence[SiteRoom]
    former: Roadmap | None
    as_of: date


def plan_roadmap(facts: RoadmapFacts) -> Roadmap:
    """The roadmap. Raises Refused when not everything finds a wave, naming what and what stands in the way."""
    found = moves_of(facts.dossiers, facts.states, facts.rules)
    limits = wave_limits(facts.rules, [dossier.id for dossier in facts.dossiers], facts.room, facts.as_of)
    problem = Problem(found.moves, limits)
    bound = lower_bound_waves(problem)
    former = _former_begins(problem, facts)
    begins, is_kept = _begins(problem, former, bound)
    _refuse_what_has_no_wave(problem, begins)
    wrong = violations(problem, begins)
    if wrong:
        raise NdcopsError("the roadmap breaks its own rules; this is a mistake of ndcops", details=wrong[:10])
    return Roadmap(
        as_of=facts.as_of,
        source={dossier.id: dossier_digest(dossier) for dossier in facts.dossiers},
        waves=_loads(problem, begins, facts.rules),
        moves=_planned(problem, begins, facts, former if is_kept else {}),
        left_out=found.left_out,
        makespan_waves=makespan(problem, begins),
        lower_bound_waves=bound,
        kept=sum(begins[key] == wave for key, wave in former.items()),
        formerly_planned=len(former),
    )


def recheck(facts: RoadmapFacts, found: Roadmap) -> list[str]:
    """What a roadmap does against the rules by these facts, asked anew, apart from whoever made it."""
    moves = moves_of(facts.dossiers, facts.states, facts.rules).moves
    limits = wave_limits(facts.rules, [dossier.id for dossier in facts.dossiers], facts.room, facts.as_of)
    return violations(Problem(moves, limits), {move.key: move.begins for move in found.moves if move.key in moves})


def _begins(problem: Problem, former: Mapping[str, int], bound: int) -> tuple[dict[str, int], bool]:
    """A plan near the former one when that is hardly longer, else one anew; whether it is near."""
    if former:
        near = place(problem, former, thorough=True)
        longest = max(problem.end(problem.moves[key], wave) + 1 for key, wave in former.items())
        limit = max(ceil(GOOD * bound), longest + 1)
        if len(near) == len(problem.moves) and makespan(problem, near) <= limit:
            return near, True
    return _anew(problem, bound), False


def _anew(problem: Problem, bound: int) -> dict[str, int]:
    """A quick plan; where it is far from the bound, a thorough one too, and the better of the two."""
    best: dict[str, int] = {}
    for thorough in (False, True):
        found = place(problem, {}, thorough=thorough)
        if len(found) == len(problem.moves):
            found = compact(problem, found)
        if not best or (-len(found), makespan(problem, found)) < (-len(best), makespan(problem, best)):
            best = found
        if len(best) == len(problem.moves) and makespan(problem, best) <= GOOD * bound:
            break
    return best


def _former_begins(problem: Problem, facts: RoadmapFacts) -> dict[str, int]:
    """In which wave of this calendar the former roadmap had each move; one of other systems than then is new."""
    if facts.former is None:
        return {}
    days = {wave.number: wave.first for wave in facts.former.waves}
    wave_of = {facts.rules.first_day_of(number): number for number in range(facts.rules.waves)}
    found = {}
    for move in facts.former.moves:
        now = problem.moves.get(move.key)
        wave = wave_of.get(days.get(move.begins, date.min))
        same = now is not None and {each.system for each in now.members} == {each.system for each in move.cutovers}
        if same and wave is not None:
            found[move.key] = wave
    return found


def _refuse_what_has_no_wave(problem: Problem, begins: Mapping[str, int]) -> None:
    missing = [key for key in problem.moves if key not in begins]
    if not missing:
        return
    last = len(problem.waves) - 1
    loads = Loads(problem)
    for key, wave in begins.items():
        loads.put(problem.moves[key], wave)
    raise Refused(
        f"{len(missing)} of {len(problem.moves)} moves find no wave in a calendar of {len(problem.waves)}",
        details=[_why_never(problem, loads, begins, problem.moves[key], last) for key in missing[:20]],
        resolution="more waves, person-days or nights in inventory/roadmap.yaml; room: ndcops capacity buy",
    )


def _why_never(problem: Problem, loads: Loads, begins: Mapping[str, int], move: Move, last: int) -> str:
    """What stands against the last wave that the calendar has for it."""
    from ndcops.onboarding.plan.roadmap.checks import obstacles

    wave = last + 1 - move.waves
    if wave < 0:
        return f"{move.key}: takes {move.waves} waves"
    reasons = [f"{each.kind} {each.about}".strip() for each in obstacles(problem, loads, begins, move, wave)]
    return f"{move.key}: in its last wave: {', '.join(reasons) or 'nothing, but earlier waves are full'}"


def _planned(
    problem: Problem, begins: Mapping[str, int], facts: RoadmapFacts, former: Mapping[str, int]
) -> tuple[PlannedMove, ...]:
    """All moves with nights and reasons, in the order in which they are cut over."""
    reasons = in_the_way(problem, begins)
    ends: dict[int, list[Move]] = {}
    for key, move in problem.moves.items():
        ends.setdefault(problem.end(move, begins[key]), []).append(move)
    planned = []
    for wave in sorted(ends):
        nights = nights_in(ends[wave], wave, facts.rules, facts.as_of)
        planned += [
            _planned_move(move, begins[move.key], wave, nights[move.key], reasons[move.key], move.key in former)
            for move in ends[wave]
        ]
    return tuple(planned)


def _planned_move(
    move: Move, begins: int, ends: int, cutovers: tuple[Cutover, ...], reasons: tuple[Reason, ...], is_kept: bool
) -> PlannedMove:
    if not reasons:
        reasons = (Reason(kind=ReasonKind.KEPT if is_kept and begins else ReasonKind.FIRST),)
    return PlannedMove(
        key=move.key,
        cutovers=cutovers,
        begins=begins,
        ends=ends,
        team=" + ".join(sorted(move.effort_days)),
        needs=tuple(sorted(move.needs)),
        reasons=reasons,
    )


def _loads(problem: Problem, begins: Mapping[str, int], rules: RoadmapRules) -> tuple[WaveLoad, ...]:
    """Every wave up to the last that is used."""
    loads = Loads(problem)
    for key, wave in begins.items():
        loads.put(problem.moves[key], wave)
    count: dict[int, int] = {}
    for key, wave in begins.items():
        end = problem.end(problem.moves[key], wave)
        count[end] = count.get(end, 0) + len(problem.moves[key].members)
    return tuple(
        WaveLoad(
            number=number,
            first=rules.first_day_of(number),
            last=rules.first_day_of(number + 1) - timedelta(days=1),
            systems=count.get(number, 0),
            risk=loads.risk[number],
            effort_permille={
                team: round(1000 * taken / problem.waves[number].effort_days[team])
                for team, taken in sorted(loads.effort_days[number].items())
                if problem.waves[number].effort_days[team] > 0
            },
        )
        for number in range(makespan(problem, begins))
    )
