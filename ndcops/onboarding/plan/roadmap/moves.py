"""From dossiers to moves: what moves at all, what must move together, and what each takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ndcops.model.dossier import Criticality, Dossier, DossierSystem, Strategy
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.quantity import parse_quantity
from ndcops.model.roadmap import RISK_POINTS, LeftOut, LeftOutWhy, RoadmapRules, StrategyEffort
from ndcops.onboarding.plan.ordering import dependency_groups
from ndcops.onboarding.plan.roadmap.problem import Member, Move

_TIB = 2**40
_CALM = (Criticality.LOW, Criticality.MEDIUM)


@dataclass(frozen=True)
class Candidate:
    """A system that is to move, with its agency and the bytes that it brings."""

    agency: str
    system: DossierSystem
    room_bytes: int


@dataclass(frozen=True)
class MoveList:
    """Moves by key, needed ones first, and what does not move or cannot be planned."""

    moves: Mapping[str, Move]
    left_out: tuple[LeftOut, ...]


def moves_of(
    dossiers: Sequence[Dossier], states: Mapping[tuple[str, str], LifecycleState], rules: RoadmapRules
) -> MoveList:
    """Every system of the dossiers is in a move or is left out with its reason."""
    candidates: dict[str, Candidate] = {}
    left: dict[str, LeftOut] = {}
    for dossier in sorted(dossiers, key=lambda dossier: dossier.id):
        for system in dossier.systems:
            why = _why_left_out(dossier, system, states, rules)
            if why is None:
                room = _room_bytes(dossier, system) or 0
                candidates[system.id] = Candidate(dossier.id, system, room)
            else:
                left[system.id] = LeftOut(agency=dossier.id, system=system.id, why=why)
    _leave_out_what_needs_left_out(candidates, left)
    groups = dependency_groups({name: _hard_needs(each.system) for name, each in candidates.items()})
    key_of = {name: names[0] for names in groups for name in names}
    moves = [_move([candidates[name] for name in names], key_of, rules) for names in groups]
    return MoveList({move.key: move for move in moves}, tuple(left[name] for name in sorted(left)))


def _hard_needs(system: DossierSystem) -> list[str]:
    return [need.to for need in system.depends_on if need.hard]


def _why_left_out(
    dossier: Dossier,
    system: DossierSystem,
    states: Mapping[tuple[str, str], LifecycleState],
    rules: RoadmapRules,
) -> LeftOutWhy | None:
    """The first reason, settled ones before missing facts."""
    state = states.get((dossier.id, system.id), LifecycleState.DRAFT)
    checks = (
        (LeftOutWhy.MOVED, state.rank >= LifecycleState.CUT_OVER.rank),
        (LeftOutWhy.STAYS, system.strategy is Strategy.RETAIN),
        (LeftOutWhy.RETIRES, system.strategy is Strategy.RETIRE),
        (LeftOutWhy.NO_STRATEGY, _effort_of(system, rules) is None),
        (LeftOutWhy.NO_HOME, system.home is None or system.standby is None),
        (LeftOutWhy.NO_SIZE, _room_bytes(dossier, system) is None),
        (LeftOutWhy.NO_TEAM, rules.team_of(dossier.id) is None),
    )
    return next((why for why, holds in checks if holds), None)


def _leave_out_what_needs_left_out(candidates: dict[str, Candidate], left: dict[str, LeftOut]) -> None:
    """What cannot be planned holds up what cannot do without it; what stays or has moved holds up nothing."""
    while True:
        held_up = {
            name: need
            for name, each in candidates.items()
            for need in _hard_needs(each.system)
            if need in left and not left[need].is_settled
        }
        if not held_up:
            return
        for name, need in held_up.items():
            each = candidates.pop(name)
            left[name] = LeftOut(agency=each.agency, system=name, why=LeftOutWhy.NEEDS_LEFT_OUT, about=need)


def _effort_of(system: DossierSystem, rules: RoadmapRules) -> StrategyEffort | None:
    return next((effort for effort in rules.efforts if effort.strategy is system.strategy), None)


def _room_bytes(dossier: Dossier, system: DossierSystem) -> int | None:
    """What it brings: its databases with a year's growth, or what is said of its data, the larger."""
    sizes = [int(parse_quantity(system.data_size))] if system.data_size is not None else []
    databases = dossier.databases_of(system.id)
    if databases and all(database.size_bytes is not None for database in databases):
        sizes.append(sum(_in_a_year(each.size_bytes, each.growth_bytes_day) for each in databases))
    return max(sizes, default=None)


def _in_a_year(size_bytes: int | None, growth_bytes_day: int | None) -> int:
    return (size_bytes or 0) + 365 * max(growth_bytes_day or 0, 0)


def _move(members: Iterable[Candidate], key_of: Mapping[str, str], rules: RoadmapRules) -> Move:
    members = list(members)
    key = members[0].system.id
    effort: dict[str, int] = {}
    nights: dict[str, int] = {}
    room: dict[str, int] = {}
    waves = 1
    for each in members:
        own = _effort_of(each.system, rules)
        team = rules.team_of(each.agency)
        if own is None or team is None:
            raise ValueError(f"{each.system.id} is no candidate")
        days = own.days + rules.days_per_tib * each.room_bytes // _TIB
        effort[team.name] = effort.get(team.name, 0) + days
        nights[team.name] = nights.get(team.name, 0) + 1
        waves = max(waves, own.waves)
        for site in (each.system.home, each.system.standby):
            if site is not None:
                room[site] = room.get(site, 0) + each.room_bytes
    limits = {team.name: team.effort_days_per_wave for team in rules.teams}
    waves = max([waves, *(-(-days // limits[team]) for team, days in effort.items())])
    criticalities = [each.system.criticality or Criticality.HIGH for each in members]
    return Move(
        key=key,
        members=tuple(Member(each.agency, each.system.id) for each in members),
        effort_days=effort,
        waves=waves,
        nights=nights,
        risk=sum(RISK_POINTS[each] for each in criticalities),
        room_bytes=room,
        needs=frozenset(key_of[need] for each in members for need in _hard_needs(each.system) if need in key_of)
        - {key},
        is_pilot=all(each in _CALM for each in criticalities),
    )
