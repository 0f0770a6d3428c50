"""The country at a glance: what agencies bring, how far each system is, who is late and why."""

from datetime import date
from enum import StrEnum

from ndcops.model.document import Name, Text, Value
from ndcops.model.lifecycle import LifecycleState


class Progress(StrEnum):
    """Where a system stands against its plan, as the programme reports it."""

    STABLE = "stable"
    BUILDING = "building"
    BEHIND = "behind"
    NOT_PLANNED = "not-planned"
    STAYS = "stays"


class LateWhy(StrEnum):
    """What holds a late system up."""

    MISSING_FACTS = "missing-facts"
    NOT_SIGNED = "not-signed"
    NOT_ASSESSED = "not-assessed"
    WAITS_FOR = "waits-for"
    NIGHT_PASSED = "night-passed"


class Sourced(Value):
    """Where a figure comes from, and of which day it is; no figure goes without."""

    as_of: date
    source: str


class PortfolioSystem(Value):
    """One system. state_from: who says so; night: of the roadmap; late_about: what a late one waits for."""

    agency: Name
    system: Name
    title: Text
    state: LifecycleState
    state_from: Sourced
    progress: Progress
    late_why: LateWhy | None = None
    late_about: str = ""
    wave: int | None = None
    night: date | None = None
    importance: str
    home: str
    size_bytes: int


class PortfolioAgency(Value):
    """One agency and its sums."""

    agency: Name
    title: Text
    level: str
    as_of: date
    systems: int
    databases: int
    datasets: int
    progress: dict[str, int]


class Figure(Value):
    """A count with its source. name: of the group that it is part of, such as `state` or `importance`."""

    group: str
    name: str
    count: int
    sourced: Sourced


class Portfolio(Value):
    """Everything, sorted, so that equal registers give equal portfolios."""

    as_of: date
    ledger_records: int
    agencies: tuple[PortfolioAgency, ...]
    systems: tuple[PortfolioSystem, ...]
    figures: tuple[Figure, ...]

    def figure(self, group: str, name: str) -> int:
        """A count; 0 where nothing was counted."""
        return next((each.count for each in self.figures if (each.group, each.name) == (group, name)), 0)

    def group(self, group: str) -> tuple[Figure, ...]:
        """All counts of a group."""
        return tuple(each for each in self.figures if each.group == group)
