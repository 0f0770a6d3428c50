"""A few waves as a linear model: a column for each move and each wave in which it may be cut over."""

from collections.abc import Mapping
from functools import cached_property

from ndcops.model.linear_model import Model
from ndcops.onboarding.plan.roadmap.problem import Loads, Move, Problem

_LATER = 0.8
"""What a cut-over one wave later is worth."""

_KEPT = 1_000.0
"""How much more a move weighs where the former roadmap had it."""


class Window:
    """The waves from `wave` on, as many open ones as the longest move takes, and all until what is due.

    due: moves that must be cut over by a wave, because one that has begun needs them then; most: moves that are
    considered besides, the weightiest first.
    """

    def __init__(
        self,
        problem: Problem,
        loads: Loads,
        begins: Mapping[str, int],
        wave: int,
        values: Mapping[str, float],
        former: Mapping[str, int],
        due: Mapping[str, int],
        most: int,
    ) -> None:
        self._problem = problem
        self._loads = loads
        self._begins = begins
        self._wave = wave
        self._values = values
        self._former = former
        self._due = due
        self._most = most
        longest = max(move.waves for key, move in problem.moves.items() if key not in begins)
        # What is due must have all the waves that it had when that was promised.
        self._ends = problem.open_from(wave, longest, until=max(due.values(), default=0))

    @cached_property
    def columns(self) -> dict[tuple[str, int], int]:
        """The column of each move and end, in the order of moves."""
        found = self._possible()
        if len(found) > self._most:
            found = self._weightiest(found)
        places = [(key, end) for key, ends in found.items() for end in ends]
        return {place: column for column, place in enumerate(places)}

    def model(self) -> Model:
        """The model; its aim is the greatest weight, as early as can be."""
        model = Model()
        for key, end in self.columns:
            model.column(-self._weight(key, end), high=1.0, whole=True)
        self._once(model)
        self._in_order(model)
        self._within_teams(model)
        self._within_risk(model)
        self._within_room(model)
        return model

    def _weight(self, key: str, end: int) -> float:
        begin = self._problem.begin_for(self._problem.moves[key], end)
        kept = _KEPT if key in self._former and self._former[key] == begin else 1.0
        return self._values[key] * kept * _LATER ** self._ends.index(end)

    def _possible(self) -> dict[str, list[int]]:
        """Moves and the waves in which blackouts, pilots and needs let each be cut over."""
        found: dict[str, list[int]] = {}
        for key, move in self._problem.moves.items():  # needed ones come first
            if key in self._begins:
                continue
            earliest = self._earliest(move, found)
            ends = [
                end for end in self._ends if earliest is not None and end >= earliest and self._may_end(move, end)
            ]
            if ends:
                found[key] = ends
        return found

    def _earliest(self, move: Move, found: Mapping[str, list[int]]) -> int | None:
        """The first wave in which all that it needs can be done; None when that lies beyond the window."""
        earliest = 0
        for need in move.needs:
            if need in self._begins:
                earliest = max(earliest, self._problem.end(self._problem.moves[need], self._begins[need]))
            elif need in found:
                earliest = max(earliest, found[need][0])
            else:
                return None
        return earliest

    def _may_end(self, move: Move, end: int) -> bool:
        begin = self._problem.begin_for(move, end)
        if (
            begin is None
            or begin < max(self._wave, self._former.get(move.key, 0))
            or self._problem.blocked_by(move, end)
        ):
            return False
        return move.is_pilot or not self._problem.waves[end].is_pilot

    def _weightiest(self, possible: Mapping[str, list[int]]) -> dict[str, list[int]]:
        """Those that are due and those that weigh most, with what they need, in the order of all."""
        chosen: set[str] = set()
        ranked = sorted(
            possible, key=lambda key: (key not in self._due, key not in self._former, -self._values[key], key)
        )
        for key in ranked:
            if len(chosen) >= self._most and key not in self._due:
                break
            waiting = [key]
            while waiting:
                name = waiting.pop()
                if name in possible and name not in chosen:
                    chosen.add(name)
                    waiting += self._problem.moves[name].needs
        return {key: ends for key, ends in possible.items() if key in chosen}

    @cached_property
    def _by_move(self) -> dict[str, dict[int, int]]:
        found: dict[str, dict[int, int]] = {}
        for (key, end), column in self.columns.items():
            found.setdefault(key, {})[end] = column
        return found

    def _once(self, model: Model) -> None:
        for key, columns in self._by_move.items():
            if len(columns) > 1:
                model.row(dict.fromkeys(columns.values(), 1.0), high=1.0)
            if key in self._due:
                in_time = [column for end, column in columns.items() if end <= self._due[key]]
                model.row(dict.fromkeys(in_time, 1.0), low=1.0)

    def _in_order(self, model: Model) -> None:
        """By each wave a move may be done only when all that it needs is."""
        for key, columns in self._by_move.items():
            for need in sorted(self._problem.moves[key].needs & self._by_move.keys()):
                for end in columns:
                    terms = {column: 1.0 for each, column in columns.items() if each <= end}
                    terms |= {column: -1.0 for each, column in self._by_move[need].items() if each <= end}
                    model.row(terms, high=0.0)

    def _within_teams(self, model: Model) -> None:
        effort: dict[tuple[str, int], dict[int, float]] = {}
        nights: dict[tuple[str, int], dict[int, float]] = {}
        for (key, end), column in self.columns.items():
            move = self._problem.moves[key]
            for team in move.effort_days:
                for at in self._problem.span(move, self._problem.begin_for(move, end) or 0):
                    effort.setdefault((team, at), {})[column] = move.effort_a_wave(team)
                most = self._problem.waves[end].nights[team]
                nights.setdefault((team, end), {})[column] = min(move.nights[team], most)
        for (team, at), terms in effort.items():
            left = self._problem.waves[at].effort_days[team] - self._loads.effort_days[at].get(team, 0.0)
            _limit(model, terms, left)
        for (team, at), terms in nights.items():
            _limit(model, terms, self._problem.waves[at].nights[team] - self._loads.nights[at].get(team, 0))

    def _within_risk(self, model: Model) -> None:
        risk: dict[int, dict[int, float]] = {}
        for (key, end), column in self.columns.items():
            most = self._problem.waves[end].risk
            risk.setdefault(end, {})[column] = min(self._problem.moves[key].risk, most)
        for end, terms in risk.items():
            _limit(model, terms, self._problem.waves[end].risk - self._loads.risk[end])

    def _within_room(self, model: Model) -> None:
        """In GiB: bytes beside ones would make the solver's numbers worthless."""
        room: dict[tuple[str, int], dict[int, float]] = {}
        for (key, end), column in self.columns.items():
            move = self._problem.moves[key]
            begin = self._problem.begin_for(move, end) or 0
            for site, room_bytes in move.room_bytes.items():
                for at in self._ends:
                    if at >= begin:
                        room.setdefault((site, at), {})[column] = room_bytes / 2**30
        for (site, at), terms in room.items():
            _limit(model, terms, self._loads.room_left(site, at) / 2**30)


def _limit(model: Model, terms: Mapping[int, float], left: float) -> None:
    """A row, where it can bind at all."""
    if sum(terms.values()) > left:
        model.row(terms, high=max(left, 0.0))
