"""Moves shifted within a plan that holds: all as late as its end lets them be, then all as early as they can be.

Such a pair of passes (justification) often ends earlier than the plan that it began with, and never later.
"""

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

from ndcops.model.roadmap import Reason
from ndcops.onboarding.plan.roadmap.checks import obstacles
from ndcops.onboarding.plan.roadmap.problem import Loads, Move, Problem
from ndcops.onboarding.plan.roadmap.weights import weights

_ROUNDS = 1


def compact(problem: Problem, begins: Mapping[str, int]) -> dict[str, int]:
    """The plan with every move as early as the others let it be, in as few waves as some rounds find."""
    order = _urgent_first(problem)
    best = _earlier(problem, begins, order)
    current = best
    for _ in range(_ROUNDS):
        current = _earlier(problem, _later(problem, current), order)
        if makespan(problem, current) < makespan(problem, best):
            best = current
    return best


def makespan(problem: Problem, begins: Mapping[str, int]) -> int:
    """Waves until the last cut-over."""
    return max((problem.end(problem.moves[key], wave) + 1 for key, wave in begins.items()), default=0)


def in_the_way(problem: Problem, begins: Mapping[str, int]) -> dict[str, tuple[Reason, ...]]:
    """For each move what stands against beginning one wave earlier; nothing for those in the first wave."""
    loads = _loads(problem, begins)
    found = {}
    for key, wave in begins.items():
        move = problem.moves[key]
        loads.put(move, wave, -1)
        found[key] = tuple(obstacles(problem, loads, begins, move, wave - 1)) if wave else ()
        loads.put(move, wave)
    return found


def _urgent_first(problem: Problem) -> dict[str, int]:
    """The place of each move: needed ones first, and among those that may come next the weightiest."""
    values = weights(problem)
    waiting = {key: len(move.needs) for key, move in problem.moves.items()}
    needed_by: dict[str, list[str]] = {key: [] for key in problem.moves}
    for key, move in problem.moves.items():
        for need in move.needs:
            needed_by[need].append(key)
    ready = [(-values[key], key) for key, count in waiting.items() if not count]
    heapify(ready)
    order: dict[str, int] = {}
    while ready:
        _, key = heappop(ready)
        order[key] = len(order)
        for above in needed_by[key]:
            waiting[above] -= 1
            if not waiting[above]:
                heappush(ready, (-values[above], above))
    return order


def _earlier(problem: Problem, begins: Mapping[str, int], place: Mapping[str, int]) -> dict[str, int]:
    """Each move, those that begin first coming first, in the earliest wave that is free for it."""
    begins = dict(begins)
    loads = _loads(problem, begins)
    for key in sorted(begins, key=lambda key: (begins[key], place[key])):
        _shift(problem, loads, begins, key, range(begins[key]))
    return begins


def _later(problem: Problem, begins: Mapping[str, int]) -> dict[str, int]:
    """Each move, those that end last coming first, in the latest wave that neither the end nor a need forbids."""
    begins = dict(begins)
    loads = _loads(problem, begins)
    place = {key: at for at, key in enumerate(problem.moves)}
    latest = dict.fromkeys(begins, makespan(problem, begins) - 1)
    ends = {key: problem.end(problem.moves[key], wave) for key, wave in begins.items()}
    for key in sorted(begins, key=lambda key: (-ends[key], -place[key])):
        move = problem.moves[key]
        last = next(
            wave for wave in range(latest[key], begins[key] - 1, -1) if problem.end(move, wave) <= latest[key]
        )
        _shift(problem, loads, begins, key, range(last, begins[key], -1))
        end = problem.end(move, begins[key])
        for need in move.needs:
            latest[need] = min(latest[need], end)
    return begins


def _shift(problem: Problem, loads: Loads, begins: dict[str, int], key: str, waves: Iterable[int]) -> None:
    """Put a move into the first of these waves that is free for it."""
    move = problem.moves[key]
    loads.put(move, begins[key], -1)
    free = (wave for wave in waves if _is_free(problem, loads, begins, move, wave))
    begins[key] = next(free, begins[key])
    loads.put(move, begins[key])


def _is_free(problem: Problem, loads: Loads, begins: Mapping[str, int], move: Move, wave: int) -> bool:
    return next(obstacles(problem, loads, begins, move, wave), None) is None


def _loads(problem: Problem, begins: Mapping[str, int]) -> Loads:
    loads = Loads(problem)
    for key, wave in begins.items():
        loads.put(problem.moves[key], wave)
    return loads
