"""What each move weighs against the others that could be chosen in its place."""

from collections.abc import Mapping

import numpy as np

from ndcops.onboarding.plan.roadmap.problem import Move, Problem

_BEHIND = 10.0
"""How much more than the least a move weighs that all others wait for."""


def weights(problem: Problem) -> dict[str, float]:
    """How much each move weighs: shares of what is scarcest, and what waits for it."""
    shares = {key: _shares(problem, move) for key, move in problem.moves.items()}
    load: dict[str, float] = {}
    for own in shares.values():
        for resource, share in own.items():
            load[resource] = load.get(resource, 0.0) + share
    most = max(load.values(), default=1.0) or 1.0
    own_value = {
        key: problem.moves[key].waves
        * (sum(share * (load[resource] / most) ** 2 for resource, share in own.items()))
        + 1e-4
        for key, own in shares.items()
    }
    behind = _work_behind(problem, own_value)
    whole = sum(own_value.values())
    return {key: value * (1.0 + _BEHIND * behind[key] / whole) for key, value in own_value.items()}


def _work_behind(problem: Problem, own_value: Mapping[str, float]) -> dict[str, float]:
    """For each move the value of all that cannot be cut over before it, through any number of needs."""
    keys = list(problem.moves)
    place_of = {key: at for at, key in enumerate(keys)}
    behind = [0] * len(keys)  # sets of places, as bits of one number each
    for at in reversed(range(len(keys))):  # needed ones come first
        for need in problem.moves[keys[at]].needs:
            behind[place_of[need]] |= behind[at] | 1 << at
    values = np.array([own_value[key] for key in keys])
    width = -(-len(keys) // 8)
    return {
        key: float(
            values[
                np.unpackbits(np.frombuffer(bits.to_bytes(width, "little"), np.uint8), bitorder="little")[
                    : len(keys)
                ]
                > 0
            ].sum()
        )
        for key, bits in zip(keys, behind, strict=True)
    }


def _shares(problem: Problem, move: Move) -> dict[str, float]:
    """Of each resource, the share of one ordinary wave that a move takes."""
    best = max(problem.waves, key=lambda wave: sum(wave.effort_days.values()))
    shares = {f"effort {team}": days / best.effort_days[team] for team, days in move.effort_days.items()}
    shares |= {f"nights {team}": nights / max(best.nights[team], 1) for team, nights in move.nights.items()}
    return shares | {"risk": move.risk / best.risk}
