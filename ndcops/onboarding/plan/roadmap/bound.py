"""Fewer waves than this are impossible: each limit alone, as if the others did not stand in the way.

What a wave can take of a limit is bounded by what the limit has and by what may be done by then at all: a move
cannot be cut over before its own work, its blackouts, the pilot waves and all that it needs let it (its head).
"""

from collections.abc import Callable, Mapping, Sequence

from ndcops.onboarding.plan.roadmap.problem import Move, Problem, WaveLimits


def lower_bound_waves(problem: Problem) -> int:
    """The largest of the single bounds: heads, each team's work and nights, risk, each site's room.

    Beyond the calendar's end the bound is one more than its waves: then no plan can exist at all.
    """
    moves = list(problem.moves.values())
    if not moves:
        return 0
    heads = _heads(problem)
    bounds = [max(heads.values()) + 1]
    for team in sorted({team for move in moves for team in move.effort_days}):
        bounds += [
            _waves_for(problem, _work_by_wave(problem, heads, team), _effort(team)),
            _waves_for(problem, _ends_by_wave(problem, heads, _own_nights(problem, team)), _nights(team)),
        ]
    risk = _ends_by_wave(problem, heads, lambda move: min(move.risk, problem.waves[0].risk))
    bounds.append(_waves_for(problem, risk, lambda wave: wave.risk))
    for site in sorted({site for move in moves for site in move.room_bytes}):
        bounds.append(_wave_with_room(problem, site, moves))
    return max(bounds)


def _heads(problem: Problem) -> dict[str, int]:
    """The first wave in which each move could be cut over if no limit held; beyond the calendar if never."""
    heads: dict[str, int] = {}
    for key, move in problem.moves.items():  # needed ones come first
        earliest = max([problem.end(move, 0), *(heads[need] for need in move.needs)])
        heads[key] = next(
            (end for end in range(earliest, len(problem.waves)) if _may_end(problem, move, end)),
            len(problem.waves),
        )
    return heads


def _may_end(problem: Problem, move: Move, end: int) -> bool:
    return not problem.blocked_by(move, end) and (move.is_pilot or not problem.waves[end].is_pilot)


def _ends_by_wave(problem: Problem, heads: Mapping[str, int], of: Callable[[Move], float]) -> list[float]:
    """For each wave, what all that may be cut over until then takes; last, what all take."""
    by_wave = [0.0] * (len(problem.waves) + 1)
    for key, move in problem.moves.items():
        by_wave[heads[key]] += of(move)
    return _summed(by_wave)


def _work_by_wave(problem: Problem, heads: Mapping[str, int], team: str) -> list[float]:
    """The same of a team's work, which begins before the cut-over."""
    by_wave = [0.0] * (len(problem.waves) + 1)
    for key, move in problem.moves.items():
        begin = problem.begin_for(move, heads[key]) if heads[key] < len(problem.waves) else None
        by_wave[heads[key] if begin is None else begin] += move.effort_days.get(team, 0)
    return _summed(by_wave)


def _summed(by_wave: Sequence[float]) -> list[float]:
    total, found = 0.0, []
    for each in by_wave:
        total += each
        found.append(total)
    return found


def _waves_for(problem: Problem, possible: Sequence[float], has: Callable[[WaveLimits], float]) -> int:
    """Waves until all is done, when each does as much as it has and as is possible by then."""
    done = 0.0
    for number, wave in enumerate(problem.waves, start=1):
        done = min(done + has(wave), possible[number - 1])
        if done >= possible[-1] - 1e-6:
            return number
    return len(problem.waves) + 1


def _effort(team: str) -> Callable[[WaveLimits], float]:
    return lambda wave: wave.effort_days[team]


def _nights(team: str) -> Callable[[WaveLimits], float]:
    return lambda wave: wave.nights[team]


def _own_nights(problem: Problem, team: str) -> Callable[[Move], float]:
    """What is larger than any wave counts as the largest: it goes alone."""
    most = max(wave.nights[team] for wave in problem.waves)
    return lambda move: min(move.nights.get(team, 0), most)


def _wave_with_room(problem: Problem, site: str, moves: Sequence[Move]) -> int:
    """The last move begins when there is room for all; it ends no earlier."""
    wanted = sum(move.room_bytes.get(site, 0) for move in moves)
    for number, wave in enumerate(problem.waves, start=1):
        if wave.room_bytes.get(site, 0) >= wanted:
            return number
    return len(problem.waves) + 1
