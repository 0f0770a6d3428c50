"""Rolls through the calendar: for a few waves at a time HiGHS chooses what is cut over when; the first is kept.

One model of all waves at once would not end in time. A window is as long as the longest move, so that long work
begins before what it needs is done, and all needs, teams, nights, risk and room hold in the whole window. What
weighs most is what would hold up the end: work of the busiest teams, and what much other work waits for.
"""

from collections.abc import Mapping
from dataclasses import replace

from ndcops.model.errors import NdcopsError
from ndcops.model.linear_model import Answer, Model, Outcome
from ndcops.onboarding.plan.roadmap.problem import Loads, Move, Problem
from ndcops.onboarding.plan.roadmap.weights import weights
from ndcops.onboarding.plan.roadmap.window import Window

_GAP = 0.03
_NODES = 1
_TAKEN = 0.999
_MOST, _MOST_THOROUGH = 90, 110
"""Moves that a window considers."""

_TIME_LIMIT_S = 20.0
"""A guard only: nodes end the search, so that equal facts give equal roadmaps on every machine."""


def place(problem: Problem, former: Mapping[str, int], *, thorough: bool = False) -> dict[str, int]:
    """The wave in which each move begins; moves that find none are missing. thorough: takes thrice the time.

    former: where a former roadmap had them; they begin no earlier, and there if they can.
    """
    loads, begins = Loads(problem), dict[str, int]()
    if not any(map(problem.is_open, range(len(problem.waves)))):
        return begins
    values = weights(problem)
    due: dict[str, int] = {}
    most = _MOST_THOROUGH if thorough else _MOST
    for wave in range(len(problem.waves)):
        if len(begins) == len(problem.moves):
            break
        if not problem.is_open(wave):
            continue
        window = Window(problem, loads, begins, wave, values, former, due, most)
        for move in _beginning(problem, window, wave, thorough=thorough):
            begins[move.key] = wave
            loads.put(move, wave)
            due.pop(move.key, None)
            end = problem.end(move, wave)
            for need in move.needs - begins.keys():
                due[need] = min(due.get(need, end), end)
    return begins


def _beginning(problem: Problem, window: Window, wave: int, *, thorough: bool) -> list[Move]:
    """The moves that begin in a wave, by the best plan of the window that starts with it."""
    if not window.columns:
        return []
    answer = _solved(window.model(), thorough=thorough)
    if answer.outcome is not Outcome.SOLVED:
        raise NdcopsError(f"the solver found nothing for wave {wave + 1}: {answer.outcome}")
    return [
        problem.moves[key]
        for (key, end), column in window.columns.items()
        if answer.values[column] > 0.5 and problem.begin_for(problem.moves[key], end) == wave
    ]


def _solved(model: Model, *, thorough: bool) -> Answer:
    """The whole question, or: what the relaxed model takes whole is taken, the solver decides on the rest.

    Relaxing and fixing takes a third of the time. Where it leaves no answer, because of what is due, the whole
    question is asked after all, to the end.
    """
    first = _whole_question(model) if thorough else _relaxed_and_fixed(model)
    if first.outcome is Outcome.SOLVED:
        return first
    return model.solve(time_limit_s=_TIME_LIMIT_S, gap=_GAP)


def _whole_question(model: Model) -> Answer:
    return model.solve(time_limit_s=_TIME_LIMIT_S, gap=_GAP, node_limit=_NODES)


def _relaxed_and_fixed(model: Model) -> Answer:
    relaxed = replace(model, whole=[False] * len(model.whole)).solve(time_limit_s=_TIME_LIMIT_S)
    if relaxed.outcome is not Outcome.SOLVED:
        return relaxed
    fixed = [
        (1.0, 1.0) if value > _TAKEN else limit for value, limit in zip(relaxed.values, model.limits, strict=True)
    ]
    return _whole_question(replace(model, limits=fixed))
