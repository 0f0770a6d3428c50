"""The question in numbers: moves, what each takes of whom, and what every wave has."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Member:
    """One system of a move."""

    agency: str
    system: str


@dataclass(frozen=True)
class Move:
    """Systems that need each other, or one alone: they are cut over in one wave.

    effort_days: by team, in all; waves: from the first day of work to the cut-over; nights: cut-overs by team;
    waves that are closed whole are not counted; risk: points; room_bytes: by site, from the first day on; needs:
    moves that must be cut over before, or in the same wave; is_pilot: calm enough for the first waves.
    """

    key: str
    members: tuple[Member, ...]
    effort_days: Mapping[str, int]
    waves: int
    nights: Mapping[str, int]
    risk: int
    room_bytes: Mapping[str, int]
    needs: frozenset[str]
    is_pilot: bool

    @property
    def agencies(self) -> frozenset[str]:
        """Whose systems they are."""
        return frozenset(member.agency for member in self.members)

    def effort_a_wave(self, team: str) -> float:
        """Person-days of a team in each of its waves."""
        return self.effort_days.get(team, 0) / self.waves


@dataclass(frozen=True)
class WaveLimits:
    """What one wave has. effort_days, nights: by team; room_bytes: by site, so that it lasts later too.

    blocked: agencies that have no night in it, with the blackout's words.
    """

    effort_days: Mapping[str, float]
    nights: Mapping[str, int]
    risk: int
    room_bytes: Mapping[str, int]
    blocked: Mapping[str, str]
    is_pilot: bool
    is_closed: str = ""


@dataclass(frozen=True)
class Problem:
    """Moves, by key, needed ones first, and the waves.

    Cut-overs and risk beyond what a whole wave takes count as that wave: such a move goes alone.
    """

    moves: Mapping[str, Move]
    waves: tuple[WaveLimits, ...]

    def span(self, move: Move, begins: int) -> tuple[int, ...]:
        """The waves in which a move is worked on, closed ones left out; empty when the calendar ends before."""
        opened = self._open
        place = bisect_left(opened, begins)
        found = opened[place : place + move.waves]
        return found if len(found) == move.waves else ()

    def end(self, move: Move, begins: int) -> int:
        """The wave in which it is cut over; beyond the calendar when it has no room."""
        found = self.span(move, begins)
        return found[-1] if found else len(self.waves)

    def begin_for(self, move: Move, end: int) -> int | None:
        """The wave in which a move begins that is cut over in `end`; None when that is closed or too soon."""
        place = bisect_left(self._open, end)
        if place >= len(self._open) or self._open[place] != end or place + 1 < move.waves:
            return None
        return self._open[place + 1 - move.waves]

    def open_from(self, wave: int, count: int, until: int = 0) -> tuple[int, ...]:
        """So many open waves from one on, and all `until` another; fewer at the calendar's end."""
        place = bisect_left(self._open, wave)
        return self._open[place : max(place + count, bisect_right(self._open, until))]

    @cached_property
    def _open(self) -> tuple[int, ...]:
        return tuple(number for number, wave in enumerate(self.waves) if any(wave.effort_days.values()))

    def is_open(self, wave: int) -> bool:
        """Whether work can begin in a wave."""
        return any(self.waves[wave].effort_days.values())

    def blocked_by(self, move: Move, wave: int) -> str:
        """The blackout that leaves one of its agencies no night in a wave; empty when there is none."""
        limits = self.waves[wave]
        return limits.is_closed or next(
            (limits.blocked[agency] for agency in sorted(move.agencies) if agency in limits.blocked), ""
        )


@dataclass
class Loads:
    """What is taken of each wave by moves that have their place."""

    problem: Problem
    effort_days: list[dict[str, float]] = field(init=False)
    nights: list[dict[str, int]] = field(init=False)
    risk: list[int] = field(init=False)
    began_bytes: list[dict[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is taken yet."""
        count = len(self.problem.waves)
        self.effort_days = [{} for _ in range(count)]
        self.nights = [{} for _ in range(count)]
        self.risk = [0] * count
        self.began_bytes = [{} for _ in range(count)]

    def put(self, move: Move, begins: int, sign: int = 1) -> None:
        """Take what a move needs; with `sign` -1 give it back."""
        span = self.problem.span(move, begins)
        end = span[-1]
        for wave in span:
            for team in move.effort_days:
                effort = self.effort_days[wave]
                effort[team] = effort.get(team, 0.0) + sign * move.effort_a_wave(team)
        for team, nights in move.nights.items():
            self.nights[end][team] = self.nights[end].get(team, 0) + sign * nights
        self.risk[end] += sign * move.risk
        for site, room in move.room_bytes.items():
            began = self.began_bytes[begins]
            began[site] = began.get(site, 0) + sign * room

    def room_left(self, site: str, wave: int) -> int:
        """Bytes that a move beginning in a wave may take at a site, so that no later wave has too little."""
        taken, left = 0, []
        for at, began in enumerate(self.began_bytes):
            taken += began.get(site, 0)
            if at >= wave:
                left.append(self.problem.waves[at].room_bytes.get(site, 0) - taken)
        return min(left)
