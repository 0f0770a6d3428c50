"""Counts by state, agency, wave, class and progress, each with its day and source; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ndcops.model.dossier import Dossier, DossierSystem, Importance, Strategy
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.portfolio import (
    Figure,
    LateWhy,
    Portfolio,
    PortfolioAgency,
    PortfolioSystem,
    Progress,
    Sourced,
)
from ndcops.model.quantity import parse_quantity
from ndcops.model.roadmap import LeftOut, PlannedMove, Roadmap
from ndcops.model.standing import Standing

LEDGER = "ledger"
DOSSIER = "dossier"
ROADMAP = "roadmap"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class PortfolioFacts:
    """What it is made from. standings: by system, from the ledger; roadmap: the last one that was recorded."""

    dossiers: Sequence[Dossier]
    standings: Mapping[str, Standing]
    roadmap: Roadmap | None
    ledger_records: int
    today: date


@dataclass(frozen=True)
class _Plans:
    """The roadmap by system."""

    moves: Mapping[str, PlannedMove]
    left: Mapping[str, LeftOut]

    @classmethod
    def of(cls, roadmap: Roadmap | None) -> "_Plans":
        if roadmap is None:
            return cls({}, {})
        moves = {each.system: move for move in roadmap.moves for each in move.cutovers}
        return cls(moves, {each.system: each for each in roadmap.left_out})


def portfolio_of(facts: PortfolioFacts) -> Portfolio:
    """The portfolio."""
    plans = _Plans.of(facts.roadmap)
    dossiers = sorted(facts.dossiers, key=lambda dossier: dossier.id)
    systems = [_system(dossier, system, facts, plans) for dossier in dossiers for system in dossier.systems]
    by_agency: dict[str, list[PortfolioSystem]] = {}
    for system in systems:
        by_agency.setdefault(system.agency, []).append(system)
    return Portfolio(
        as_of=facts.today,
        ledger_records=facts.ledger_records,
        agencies=tuple(_agency(dossier, by_agency.get(dossier.id, [])) for dossier in dossiers),
        systems=tuple(systems),
        figures=tuple(_figures(dossiers, systems, facts)),
    )


def _system(dossier: Dossier, system: DossierSystem, facts: PortfolioFacts, plans: _Plans) -> PortfolioSystem:
    state, state_from = _state(dossier, system, facts)
    move = plans.moves.get(system.id)
    night = next((each.night for each in move.cutovers if each.system == system.id), None) if move else None
    progress, why, about = _progress(system, state, night, facts, plans)
    return PortfolioSystem(
        agency=dossier.id,
        system=system.id,
        title=system.title,
        state=state,
        state_from=state_from,
        progress=progress,
        late_why=why,
        late_about=about,
        wave=move.ends + 1 if move else None,
        night=night,
        importance=_importance(dossier, system),
        home=system.home or UNKNOWN,
        size_bytes=_size_bytes(dossier, system),
    )


def _state(dossier: Dossier, system: DossierSystem, facts: PortfolioFacts) -> tuple[LifecycleState, Sourced]:
    """By the ledger; before it knows a system, by what the agency says, named as such."""
    standing = facts.standings.get(system.id)
    if standing is not None and standing.since is not None:
        return standing.state, Sourced(as_of=standing.since.date(), source=LEDGER)
    if system.status is not None:
        return system.status.state, Sourced(as_of=system.status.as_of, source=system.status.source)
    return LifecycleState.DRAFT, Sourced(as_of=dossier.as_of, source=DOSSIER)


def _progress(
    system: DossierSystem, state: LifecycleState, night: date | None, facts: PortfolioFacts, plans: _Plans
) -> tuple[Progress, LateWhy | None, str]:
    """Stable once accepted; behind when the night has passed or when it cannot be planned; else being built."""
    if system.strategy in (Strategy.RETAIN, Strategy.RETIRE):
        return Progress.STAYS, None, ""
    if state.rank >= LifecycleState.ACCEPTED.rank:
        return Progress.STABLE, None, ""
    if night is not None and night < facts.today and state.rank < LifecycleState.CUT_OVER.rank:
        return Progress.BEHIND, *_late(system, state, facts)
    left = plans.left.get(system.id)
    if left is not None and not left.is_settled:
        return Progress.BEHIND, LateWhy.MISSING_FACTS, left.about or left.why.value
    return (Progress.NOT_PLANNED if night is None else Progress.BUILDING), None, ""


def _late(system: DossierSystem, state: LifecycleState, facts: PortfolioFacts) -> tuple[LateWhy, str]:
    """The first thing that holds it up."""
    if state is LifecycleState.DRAFT:
        return LateWhy.NOT_SIGNED, ""
    if state is LifecycleState.REGISTERED:
        return LateWhy.NOT_ASSESSED, ""
    for need in system.depends_on:
        standing = facts.standings.get(need.to)
        if need.hard and standing is not None and standing.state.rank < LifecycleState.CUT_OVER.rank:
            return LateWhy.WAITS_FOR, need.to
    return LateWhy.NIGHT_PASSED, ""


def _importance(dossier: Dossier, system: DossierSystem) -> str:
    """The highest of its data sets; unknown when none says."""
    known = [
        dataset.importance
        for database in dossier.databases_of(system.id)
        for dataset in dossier.datasets_of(database.id)
        if dataset.importance is not None
    ]
    return max(known, key=lambda importance: importance.level).value if known else UNKNOWN


def _size_bytes(dossier: Dossier, system: DossierSystem) -> int:
    databases = sum(database.size_bytes or 0 for database in dossier.databases_of(system.id))
    return max(databases, int(parse_quantity(system.data_size)) if system.data_size else 0)


def _agency(dossier: Dossier, systems: Sequence[PortfolioSystem]) -> PortfolioAgency:
    return PortfolioAgency(
        agency=dossier.id,
        title=dossier.title,
        level=dossier.agency.level.value if dossier.agency.level else UNKNOWN,
        as_of=dossier.as_of,
        systems=len(systems),
        databases=len(dossier.databases),
        datasets=len(dossier.datasets),
        progress=dict(sorted(Counter(system.progress.value for system in systems).items())),
    )


def _figures(
    dossiers: Sequence[Dossier], systems: Sequence[PortfolioSystem], facts: PortfolioFacts
) -> Iterable[Figure]:
    """Sums. A sum is as old as the oldest thing that it counts."""
    said = min((dossier.as_of for dossier in dossiers), default=facts.today)
    of_dossiers = Sourced(as_of=said, source=DOSSIER)
    states = Sourced(
        as_of=min((system.state_from.as_of for system in systems), default=facts.today),
        source=", ".join(sorted({system.state_from.source for system in systems})) or LEDGER,
    )
    planned = Sourced(as_of=facts.roadmap.as_of if facts.roadmap else facts.today, source=ROADMAP)
    databases = [database for dossier in dossiers for database in dossier.databases]
    datasets = [dataset for dossier in dossiers for dataset in dossier.datasets]
    yield Figure(group="total", name="agencies", count=len(dossiers), sourced=of_dossiers)
    yield Figure(group="total", name="systems", count=len(systems), sourced=of_dossiers)
    yield Figure(group="total", name="databases", count=len(databases), sourced=of_dossiers)
    yield Figure(group="total", name="datasets", count=len(datasets), sourced=of_dossiers)
    for group, names, sourced in (
        ("state", [system.state.value for system in systems], states),
        ("progress", [system.progress.value for system in systems], states),
        ("late", [system.late_why.value for system in systems if system.late_why], states),
        ("importance", [(each.importance or Importance.OTHER).value for each in datasets], of_dossiers),
        ("scope", [each.scope.value if each.scope else UNKNOWN for each in databases], of_dossiers),
        ("home", [system.home for system in systems], of_dossiers),
        ("wave", [f"{system.wave:03d}" for system in systems if system.wave is not None], planned),
    ):
        for name, count in sorted(Counter(names).items()):
            yield Figure(group=group, name=name, count=count, sourced=sourced)
