"""Judges a roadmap from its printed form: the rules written anew, sharing nothing with the planner but formats."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from ndcops.model.dossier import Dossier
from ndcops.model.quantity import parse_quantity
from ndcops.model.roadmap import RISK_POINTS, WEEKDAYS, Roadmap, RoadmapRules, SiteRoom


def broken_rules(
    found: Roadmap, dossiers: Sequence[Dossier], rules: RoadmapRules, room: Sequence[SiteRoom]
) -> list[str]:
    """One line for each rule that is broken."""
    systems = {system.id: (dossier, system) for dossier in dossiers for system in dossier.systems}
    nights = {each.system: each for move in found.moves for each in move.cutovers}
    ends = {each.system: move.ends for move in found.moves for each in move.cutovers}
    begins = {each.system: move.begins for move in found.moves for each in move.cutovers}
    left = {each.system for each in found.left_out}
    return [
        *(f"{name} is nowhere" for name in systems if name not in nights and name not in left),
        *_order(systems, nights, ends),
        *_calendar(systems, nights, ends, rules),
        *_loads(systems, begins, ends, rules),
        *_room(systems, begins, rules, room),
    ]


def _order(systems: dict[str, Any], nights: dict[str, Any], ends: dict[str, int]) -> Iterator[str]:
    reach = _reach({name: [n.to for n in system.depends_on if n.hard] for name, (_, system) in systems.items()})
    for name, (_, system) in systems.items():
        for need in system.depends_on:
            if not need.hard or name not in ends or need.to not in ends:
                continue
            if ends[need.to] > ends[name]:
                yield f"{name} moves before {need.to}"
            together = name in reach[need.to]
            if not together and nights[need.to].night > nights[name].night:
                yield f"{name} has an earlier night than {need.to}"
            if together and ends[need.to] != ends[name]:
                yield f"{name} and {need.to} need each other and move apart"


def _reach(needs: dict[str, list[str]]) -> dict[str, set[str]]:
    found = {}
    for name in needs:
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            for need in needs.get(waiting.pop(), []):
                if need in needs and need not in seen:
                    seen.add(need)
                    waiting.append(need)
        found[name] = seen
    return found


def _calendar(
    systems: dict[str, Any], nights: dict[str, Any], ends: dict[str, int], rules: RoadmapRules
) -> Iterator[str]:
    weekdays = {WEEKDAYS.index(window.weekday) for window in rules.windows}
    for name, cutover in nights.items():
        dossier, system = systems[name]
        day = cutover.night
        first = rules.first_day + timedelta(weeks=ends[name] * rules.wave_weeks)
        if not first <= day < first + timedelta(weeks=rules.wave_weeks) or day.weekday() not in weekdays:
            yield f"{name}: {day} is no night of its wave"
        for blackout in rules.blackouts:
            if blackout.first <= day <= blackout.last and (
                not blackout.agencies or dossier.id in blackout.agencies
            ):
                yield f"{name}: {day} is blacked out"
        if ends[name] < rules.pilot_waves and system.criticality not in ("low", "medium"):
            yield f"{name} is too risky for a pilot wave"


def _loads(
    systems: dict[str, Any], begins: dict[str, int], ends: dict[str, int], rules: RoadmapRules
) -> Iterator[str]:
    risk: dict[int, int] = defaultdict(int)
    cutovers: dict[tuple[str, int], int] = defaultdict(int)
    days: dict[tuple[str, int], float] = defaultdict(float)
    efforts = {effort.strategy: effort for effort in rules.efforts}
    for name, end in ends.items():
        dossier, system = systems[name]
        team = next(team for team in rules.teams if dossier.id in team.agencies)
        risk[end] += RISK_POINTS[system.criticality]
        cutovers[team.name, end] += 1
        own = efforts[system.strategy].days + rules.days_per_tib * _bytes(dossier, system) // 2**40
        worked = [wave for wave in range(begins[name], end + 1) if _open_share(rules, wave) > 0]
        for wave in worked:
            days[team.name, wave] += own / len(worked)
    for wave, points in risk.items():
        if points > rules.risk_per_wave:
            yield f"wave {wave}: {points} points of risk"
    for (team_name, wave), count in cutovers.items():
        team = next(team for team in rules.teams if team.name == team_name)
        if count > team.cutovers_per_window * len(_open_nights(rules, wave)):
            yield f"wave {wave}: {count} cut-overs of {team_name}"
    for (team_name, wave), worked_days in days.items():
        team = next(team for team in rules.teams if team.name == team_name)
        if worked_days > team.effort_days_per_wave * _open_share(rules, wave) + 1e-6:
            yield f"wave {wave}: {worked_days:.1f} days of {team_name}"


def _days(rules: RoadmapRules, wave: int) -> list[date]:
    first = rules.first_day + timedelta(weeks=wave * rules.wave_weeks)
    return [first + timedelta(days=offset) for offset in range(7 * rules.wave_weeks)]


def _is_open(rules: RoadmapRules, day: date) -> bool:
    return not any(each.first <= day <= each.last and not each.agencies for each in rules.blackouts)


def _open_share(rules: RoadmapRules, wave: int) -> float:
    days = _days(rules, wave)
    return sum(_is_open(rules, day) for day in days) / len(days)


def _open_nights(rules: RoadmapRules, wave: int) -> list[date]:
    weekdays = {WEEKDAYS.index(window.weekday) for window in rules.windows}
    return [day for day in _days(rules, wave) if _is_open(rules, day) and day.weekday() in weekdays]


def _bytes(dossier: Dossier, system: Any) -> int:
    databases = sum(
        (each.size_bytes or 0) + 365 * max(each.growth_bytes_day or 0, 0)
        for each in dossier.databases
        if each.system == system.id
    )
    return max(int(parse_quantity(system.data_size)), databases)


def _room(
    systems: dict[str, Any], begins: dict[str, int], rules: RoadmapRules, room: Sequence[SiteRoom]
) -> Iterator[str]:
    for site in {each.site for each in room}:
        free = {each.since: each.free_bytes for each in room if each.site == site}
        for wave in sorted(set(begins.values())):
            taken = sum(
                _bytes(*systems[name])
                for name, begin in begins.items()
                if begin <= wave and site in (systems[name][1].home, systems[name][1].standby)
            )
            first = _days(rules, wave)[0]
            limit = free[max(since for since in free if since <= first)]
            if taken > limit:
                yield f"wave {wave}: {taken} bytes at {site}"
