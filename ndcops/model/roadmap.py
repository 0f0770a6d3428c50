"""The roadmap: in which wave each system moves, on which night, and why not earlier; and the rules it follows."""

from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from ndcops.model.document import Document, Name, Text, Value, misplaced
from ndcops.model.dossier import Criticality, Strategy

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

RISK_POINTS = {
    Criticality.LOW: 1,
    Criticality.MEDIUM: 2,
    Criticality.HIGH: 4,
    Criticality.CRITICAL: 8,
}
"""How much a cut-over that fails would hurt; of a system whose criticality nobody said, as of a high one."""


class Window(Value):
    """A night on which systems may be cut over: begins on `weekday` at `starts`, local time of the centre."""

    weekday: Weekday
    starts: str = Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    hours: int = Field(ge=1, le=24)


class Blackout(Value):
    """Days, both ends included, on which nothing is cut over. agencies: only theirs; of all when empty."""

    first: date
    last: date
    reason: Text
    agencies: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last < self.first:
            raise misplaced(("last",), f"{self.last} is before {self.first}, the first day")
        return self


class Team(Value):
    """People of the centre who move systems. agencies: whose; the one team without any takes all others'.

    effort_days_per_wave: person-days of a wave. cutovers_per_window: systems that it can cut over in one night.
    """

    name: Name
    title: Text
    effort_days_per_wave: int = Field(ge=1, le=10_000)
    cutovers_per_window: int = Field(ge=1, le=100)
    agencies: tuple[Name, ...] = ()


class StrategyEffort(Value):
    """What one system of a strategy takes: person-days, and waves from its beginning to its cut-over."""

    strategy: Strategy
    days: int = Field(ge=1, le=1000)
    waves: int = Field(ge=1, le=12)


_EFFORTS = (
    StrategyEffort(strategy=Strategy.REHOST, days=5, waves=1),
    StrategyEffort(strategy=Strategy.REPLATFORM, days=10, waves=1),
    StrategyEffort(strategy=Strategy.REPURCHASE, days=15, waves=2),
    StrategyEffort(strategy=Strategy.REFACTOR, days=30, waves=3),
)


class RoadmapRules(Document):
    """`inventory/roadmap.yaml`. waves: how many the calendar has; the first pilot_waves take
    no risky system.

    risk_per_wave: points (RISK_POINTS) of all systems that are cut over in one wave.
    """

    KIND: ClassVar[str] = "RoadmapRules"

    kind: Literal["RoadmapRules"] = "RoadmapRules"
    first_day: date
    wave_weeks: int = Field(ge=1, le=13, default=2)
    waves: int = Field(ge=1, le=520)
    windows: tuple[Window, ...] = Field(min_length=1)
    blackouts: tuple[Blackout, ...] = ()
    teams: tuple[Team, ...] = Field(min_length=1)
    risk_per_wave: int = Field(ge=1, le=100_000)
    pilot_waves: int = Field(ge=0, le=52, default=1)
    efforts: tuple[StrategyEffort, ...] = _EFFORTS
    days_per_tib: int = Field(ge=0, le=1000, default=2)

    @model_validator(mode="after")
    def _each_agency_has_one_team(self) -> Self:
        taken: dict[str, str] = {}
        for index, team in enumerate(self.teams):
            if team.name in {other.name for other in self.teams[:index]}:
                raise misplaced(("teams", index, "name"), f"team '{team.name}' is declared twice")
            for place, agency in enumerate(team.agencies or ("",)):
                if agency in taken:
                    who = f"agency '{agency}'" if agency else "every agency that no team names"
                    path = ("teams", index, "agencies", place) if agency else ("teams", index, "agencies")
                    raise misplaced(path, f"{who} is of team '{taken[agency]}' already")
                taken[agency] = team.name
        return self

    def team_of(self, agency: str) -> Team | None:
        """The team that moves this agency's systems."""
        named = next((team for team in self.teams if agency in team.agencies), None)
        return named or next((team for team in self.teams if not team.agencies), None)

    def first_day_of(self, wave: int) -> date:
        """The first day of a wave, counted from 0."""
        return self.first_day + timedelta(weeks=wave * self.wave_weeks)


class SiteRoom(Value):
    """Bytes that a site can still take from a day on, until the next one of that site."""

    site: Name
    since: date
    free_bytes: int


class ReasonKind(StrEnum):
    """Why a system does not move earlier."""

    FIRST = "first"
    NEEDS = "needs"
    TEAM = "team"
    NIGHTS = "nights"
    RISK = "risk"
    ROOM = "room"
    BLACKOUT = "blackout"
    PILOT = "pilot"
    KEPT = "kept"


class Reason(Value):
    """One thing that stood in the way one wave earlier. about: the system, team, site or blackout."""

    kind: ReasonKind
    about: str = ""


class Cutover(Value):
    """One system's night."""

    agency: Name
    system: Name
    night: date
    starts: str
    hours: int


class PlannedMove(Value):
    """Systems that move together: work from wave `begins` to wave `ends` (from 0), in which all cut over."""

    key: Name
    cutovers: tuple[Cutover, ...] = Field(min_length=1)
    begins: int = Field(ge=0)
    ends: int = Field(ge=0)
    team: str
    needs: tuple[str, ...] = ()
    reasons: tuple[Reason, ...]


class LeftOutWhy(StrEnum):
    """Why a system has no place in the roadmap."""

    STAYS = "stays"
    RETIRES = "retires"
    MOVED = "moved"
    NO_STRATEGY = "no-strategy"
    NO_HOME = "no-home"
    NO_SIZE = "no-size"
    NO_TEAM = "no-team"
    NEEDS_LEFT_OUT = "needs-left-out"


class LeftOut(Value):
    """A system that does not move, or cannot be planned yet. about: what it needs and cannot have."""

    agency: Name
    system: Name
    why: LeftOutWhy
    about: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing is missing: it stays, retires or has moved."""
        return self.why in (LeftOutWhy.STAYS, LeftOutWhy.RETIRES, LeftOutWhy.MOVED)


class WaveLoad(Value):
    """A wave and how full it is; effort and room in parts of a thousand of what there is."""

    number: int
    first: date
    last: date
    systems: int
    risk: int
    effort_permille: dict[str, int]


class Roadmap(Value):
    """The whole plan. lower_bound_waves: fewer are impossible; kept: moves that stand where the former had them.

    source: digests of the dossiers that it was made from, by agency.
    """

    as_of: date
    source: dict[str, str]
    waves: tuple[WaveLoad, ...]
    moves: tuple[PlannedMove, ...]
    left_out: tuple[LeftOut, ...]
    makespan_waves: int
    lower_bound_waves: int
    kept: int
    formerly_planned: int

    @property
    def shown_waves(self) -> tuple[WaveLoad, ...]:
        """From the one on that runs, or in which the earliest move begins: waves that are over tell nothing."""
        begun = min((move.begins for move in self.moves), default=len(self.waves))
        running = next((wave.number for wave in self.waves if wave.last >= self.as_of), len(self.waves))
        return self.waves[min(begun, running) :]

    def move_of(self, agency: str, system: str) -> PlannedMove | None:
        """The move that brings a system, if it has one."""
        return next(
            (
                move
                for move in self.moves
                if any((each.agency, each.system) == (agency, system) for each in move.cutovers)
            ),
            None,
        )
