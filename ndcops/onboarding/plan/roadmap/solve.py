"""Rolls through the calendar: for a few waves at a time HiGHS chooses what is cut over when; the first is kept.

One model of all waves at once would not end in time. A window is as long as the longest move, so that long work
begins before what it needs is done, and all needs, teams, nights, risk and room hold in the whole window. What
weighs most is what would hold up the end: work of the busiest teams, and what much other work waits for.
"""

from collections.abc import Mapping

from ndcops.model.errors import NdcopsError
from ndcops.model.linear_model import Outcome
from ndcops.onboarding.plan.roadmap.problem import Loads, Move, Problem
from ndcops.onboarding.plan.roadmap.weights import weights
from ndcops.onboarding.plan.roadmap.window import Window

_GAP = 0.03
_NODES = 1
_TIME_LIMIT_S = 20.0
"""A guard only: nodes end the search, so that equal facts give equal roadmaps on every machine."""


def place(problem: Problem, former: Mapping[str, int]) -> dict[str, int]:
    """The wave in which each move begins; moves that find none are missing.

    former: where a former roadmap had them; they begin no earlier, so that others' dates stay what they were.
    """
    loads, begins = Loads(problem), dict[str, int]()
    values = weights(problem)
    due: dict[str, int] = {}
    for wave in range(len(problem.waves)):
        if len(begins) == len(problem.moves):
            break
        if not problem.is_open(wave):
            continue
        for move in _beginning(problem, loads, begins, wave, values, former, due):
            begins[move.key] = wave
            loads.put(move, wave)
            due.pop(move.key, None)
            end = problem.end(move, wave)
            for need in move.needs - begins.keys():
                due[need] = min(due.get(need, end), end)
    return begins


def _beginning(
    problem: Problem,
    loads: Loads,
    begins: Mapping[str, int],
    wave: int,
    values: Mapping[str, float],
    former: Mapping[str, int],
    due: Mapping[str, int],
) -> list[Move]:
    """The moves that begin in a wave, by the best plan of the window that starts with it."""
    window = Window(problem, loads, begins, wave, values, former, due)
    if not window.columns:
        return []
    model = window.model()
    answer = model.solve(time_limit_s=_TIME_LIMIT_S, gap=_GAP, node_limit=_NODES)
    if answer.outcome is Outcome.NO_TIME:  # what is due can make the first plan hard to find
        answer = model.solve(time_limit_s=_TIME_LIMIT_S, gap=_GAP)
    if answer.outcome is not Outcome.SOLVED:
        raise NdcopsError(f"the solver found nothing for wave {wave + 1}: {answer.outcome}")
    return [
        problem.moves[key]
        for (key, end), column in window.columns.items()
        if answer.values[column] > 0.5 and problem.begin_for(problem.moves[key], end) == wave
    ]
