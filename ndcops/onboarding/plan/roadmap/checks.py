"""Whether a move may stand where it stands: asked of every plan apart from the solver that made it.

Safety: no roadmap is shown that `violations` finds anything in.
"""

from collections.abc import Iterator, Mapping

from ndcops.model.roadmap import Reason, ReasonKind
from ndcops.onboarding.plan.roadmap.problem import Loads, Move, Problem

_TOLERANCE = 1e-6
"""Of person-days: thirds of a day add up to a little more than a whole."""


def violations(problem: Problem, begins: Mapping[str, int]) -> list[str]:
    """What the plan does against the rules, one line each; each move with all others in their places."""
    found = [f"{key} has no wave" for key in problem.moves if key not in begins]
    loads = Loads(problem)
    for key, wave in begins.items():
        move = problem.moves[key]
        if wave < 0 or not problem.span(move, wave) or not problem.is_open(wave):
            return [*found, f"{key} lies outside of the calendar"]
        loads.put(move, wave)
    for key, wave in begins.items():
        move = problem.moves[key]
        loads.put(move, wave, -1)
        for reason in obstacles(problem, loads, begins, move, wave):
            found.append(f"{key} in wave {wave}: {reason.kind} {reason.about}".strip())
        loads.put(move, wave)
    return found


def obstacles(
    problem: Problem, loads: Loads, begins: Mapping[str, int], move: Move, wave: int
) -> Iterator[Reason]:
    """What stands against beginning a move in a wave, while `loads` holds all others."""
    span = problem.span(move, wave)
    if not span or not problem.is_open(wave):
        yield Reason(kind=ReasonKind.BLACKOUT, about=problem.waves[wave].is_closed)
        return
    end = span[-1]
    yield from _against_order(problem, begins, move, end)
    blackout = problem.blocked_by(move, end)
    if blackout:
        yield Reason(kind=ReasonKind.BLACKOUT, about=blackout)
    if problem.waves[end].is_pilot and not move.is_pilot:
        yield Reason(kind=ReasonKind.PILOT)
    yield from _against_teams(problem, loads, move, span)
    limit = problem.waves[end].risk
    if loads.risk[end] + min(move.risk, limit) > limit:
        yield Reason(kind=ReasonKind.RISK)
    yield from _against_room(loads, move, wave)


def _against_order(problem: Problem, begins: Mapping[str, int], move: Move, end: int) -> Iterator[Reason]:
    for need in sorted(move.needs):
        if need not in begins or problem.end(problem.moves[need], begins[need]) > end:
            yield Reason(kind=ReasonKind.NEEDS, about=need)


def _against_teams(problem: Problem, loads: Loads, move: Move, span: tuple[int, ...]) -> Iterator[Reason]:
    for team in sorted(move.effort_days):
        for at in span:
            own, limit = move.effort_a_wave(team), problem.waves[at].effort_days[team]
            if loads.effort_days[at].get(team, 0.0) + own > limit + _TOLERANCE:
                yield Reason(kind=ReasonKind.TEAM, about=team)
                break
        nights = problem.waves[span[-1]].nights[team]
        if loads.nights[span[-1]].get(team, 0) + min(move.nights[team], nights) > nights:
            yield Reason(kind=ReasonKind.NIGHTS, about=team)


def _against_room(loads: Loads, move: Move, wave: int) -> Iterator[Reason]:
    for site, room in sorted(move.room_bytes.items()):
        if room > loads.room_left(site, wave):
            yield Reason(kind=ReasonKind.ROOM, about=site)
