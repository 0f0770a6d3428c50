"""Within a wave: which night each system is cut over, needed ones no later than those that need them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ndcops.model.roadmap import Cutover, RoadmapRules, Window
from ndcops.onboarding.plan.roadmap.limits import nights_of
from ndcops.onboarding.plan.roadmap.problem import Member, Move

Slot = tuple[int, str]
"""A night of the wave, by its place, and a team."""


def nights_in(
    moves: Iterable[Move], wave: int, rules: RoadmapRules, as_of: date
) -> dict[str, tuple[Cutover, ...]]:
    """Cut-overs of the moves that end in a wave, from `as_of` on, by move. moves: needed ones first.

    Each goes to the first night that its agency and its team have, no earlier than the nights of what it needs.
    Where that order leaves a team no free night, its last one is fuller: the plan has kept the wave's sum.
    """
    nights = _Nights(rules, wave, as_of)
    taken: dict[Slot, int] = {}
    at: dict[str, int] = {}
    found: dict[str, tuple[Cutover, ...]] = {}
    for move in moves:
        earliest = max((at[need] for need in move.needs if need in at), default=0)
        chosen = [_night(member, earliest, nights, taken) for member in move.members]
        at[move.key] = max(chosen)
        found[move.key] = tuple(
            Cutover(
                agency=member.agency,
                system=member.system,
                night=nights.every[night][0],
                starts=nights.every[night][1].starts,
                hours=nights.every[night][1].hours,
            )
            for member, night in zip(move.members, chosen, strict=True)
        )
    return found


@dataclass(frozen=True)
class _Nights:
    """Of one wave, from a day on."""

    rules: RoadmapRules
    wave: int
    as_of: date

    @cached_property
    def every(self) -> list[tuple[date, Window]]:
        """Without those that a blackout of all takes."""
        return nights_of(self.rules, self.wave, self.as_of)

    def places_of(self, agency: str) -> list[int]:
        """Those on which this agency may be cut over, by their place among all."""
        own = set(nights_of(self.rules, self.wave, self.as_of, agency))
        return [place for place, night in enumerate(self.every) if night in own]


def _night(member: Member, earliest: int, nights: _Nights, taken: dict[Slot, int]) -> int:
    team = nights.rules.team_of(member.agency)
    if team is None:
        raise ValueError(f"{member.agency} has no team")
    possible = nights.places_of(member.agency)
    later = [place for place in possible if place >= earliest] or possible[-1:]
    free = [place for place in later if taken.get((place, team.name), 0) < team.cutovers_per_window]
    chosen = (free or later[-1:])[0]
    taken[chosen, team.name] = taken.get((chosen, team.name), 0) + 1
    return chosen


def order_violations(found: Mapping[str, tuple[Cutover, ...]], moves: Mapping[str, Move]) -> list[str]:
    """Cut-overs that come before something that they need."""
    return [
        f"{key} on {min(each.night for each in cutovers)} before {need}"
        for key, cutovers in found.items()
        for need in sorted(moves[key].needs)
        if need in found and min(each.night for each in cutovers) < max(each.night for each in found[need])
    ]
