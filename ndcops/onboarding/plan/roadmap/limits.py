"""From rules and room to what each wave has: nights outside blackouts, person-days, risk, bytes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from ndcops.model.roadmap import WEEKDAYS, Blackout, RoadmapRules, SiteRoom, Window
from ndcops.onboarding.plan.roadmap.problem import WaveLimits

OVER = "that wave is over"


def wave_limits(
    rules: RoadmapRules, agencies: Iterable[str], room: Sequence[SiteRoom], as_of: date
) -> tuple[WaveLimits, ...]:
    """Every wave of the calendar; those that ended before `as_of` have nothing any more."""
    own_blackouts = _by_agency(rules.blackouts, agencies)
    sites = sorted({each.site for each in room})
    limits = (_limits(rules, number, own_blackouts, sites, room, as_of) for number in range(rules.waves))
    return tuple(
        _over(wave) if rules.first_day_of(number + 1) <= as_of else wave for number, wave in enumerate(limits)
    )


def _over(wave: WaveLimits) -> WaveLimits:
    return replace(
        wave,
        effort_days=dict.fromkeys(wave.effort_days, 0.0),
        nights=dict.fromkeys(wave.nights, 0),
        is_closed=OVER,
    )


def nights_of(rules: RoadmapRules, wave: int, as_of: date, agency: str = "") -> list[tuple[date, Window]]:
    """The nights of a wave, from `as_of` on, on which this agency may be cut over, in their order; of all
    without an agency.
    """
    first, last = max(rules.first_day_of(wave), as_of), rules.first_day_of(wave + 1)
    found = []
    for offset in range((last - first).days):
        day = first + timedelta(days=offset)
        if blackout_on(rules.blackouts, day, agency) is not None:
            continue
        found += [(day, window) for window in rules.windows if WEEKDAYS.index(window.weekday) == day.weekday()]
    return found


def blackout_on(blackouts: Iterable[Blackout], day: date, agency: str) -> Blackout | None:
    """The blackout that holds on a day for an agency, or for all when none is named."""
    return next(
        (
            each
            for each in blackouts
            if each.first <= day <= each.last and (not each.agencies or agency in each.agencies)
        ),
        None,
    )


def _by_agency(blackouts: Sequence[Blackout], agencies: Iterable[str]) -> Mapping[str, list[Blackout]]:
    """Agencies that have blackouts of their own."""
    named = {agency for each in blackouts for agency in each.agencies}
    return {agency: [each for each in blackouts if agency in each.agencies] for agency in named & set(agencies)}


def _limits(
    rules: RoadmapRules,
    number: int,
    own_blackouts: Mapping[str, list[Blackout]],
    sites: Sequence[str],
    room: Sequence[SiteRoom],
    as_of: date,
) -> WaveLimits:
    nights = nights_of(rules, number, as_of)
    first, last = rules.first_day_of(number), rules.first_day_of(number + 1) - timedelta(days=1)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    open_share = sum(blackout_on(rules.blackouts, day, "") is None for day in days) / len(days)
    closing = next((each for each in rules.blackouts if not each.agencies and _meets(each, first, last)), None)
    return WaveLimits(
        effort_days={team.name: team.effort_days_per_wave * open_share for team in rules.teams},
        nights={team.name: len(nights) * team.cutovers_per_window for team in rules.teams},
        risk=rules.risk_per_wave,
        room_bytes={site: _lasting_room(site, first, room) for site in sites},
        blocked={
            agency: own[0].reason.en
            for agency, own in own_blackouts.items()
            if nights and not nights_of(rules, number, as_of, agency)
        },
        is_pilot=number < rules.pilot_waves,
        is_closed="" if nights else closing.reason.en if closing else "no night in it",
    )


def _meets(blackout: Blackout, first: date, last: date) -> bool:
    return blackout.first <= last and first <= blackout.last


def _lasting_room(site: str, day: date, room: Sequence[SiteRoom]) -> int:
    """Bytes that are free on a day and stay free: what shrinks later cannot be given away now."""
    own = sorted((each for each in room if each.site == site), key=lambda each: each.since)
    now = [each.free_bytes for each in own if each.since <= day]
    later = [each.free_bytes for each in own if each.since > day]
    return min([*(now[-1:] or [0]), *later])
