"""Room for the roadmap as it will be: what tiers leave, less what the capacity room foretells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ndcops.model.errors import Refused

if TYPE_CHECKING:
    from ndcops.capacity.plan.forecast import Forecast
    from ndcops.capacity.ports import UsageHistorySource
    from ndcops.model.inventory import Inventory
    from ndcops.model.roadmap import SiteRoom
    from ndcops.model.site import Site, StorageTier
    from ndcops.onboarding.ports import SiteRooms

STEP_DAYS = 14
HISTORY_YEARS = 3
SEED = 1
"""Of the drawn paths: the same history gives the same roadmap."""


@dataclass(frozen=True)
class ForecastRooms:
    """The port SiteRooms. declared: what is promised today. fill_permille: of a tier, what may ever be used."""

    declared: "SiteRooms"
    inventory: "Inventory"
    source: "UsageHistorySource"
    now: Callable[[], datetime]
    horizon_days: int
    fill_permille: int

    def rooms(self) -> "Sequence[SiteRoom]":
        """One room each fortnight: the lesser of what is not promised and what is foretold to be free.

        By the high course: nine of ten paths leave more. Raises Refused when a tier's usage cannot be foretold.
        """
        from ndcops.model.roadmap import SiteRoom

        found = {(each.series.site, each.series.resource): each for each in self._forecasts()}
        rooms = []
        for room in self.declared.rooms():
            site = self.inventory.site(room.site)
            tiers = [(found[(room.site, f"storage/{tier.name}")], tier) for tier in replicated_tiers(site)]
            rooms.append(room)
            for at in range(0, self.horizon_days, STEP_DAYS):
                free = sum(self._free_bytes(forecast, tier, at) for forecast, tier in tiers)
                since = tiers[0][0].days[at]
                rooms.append(SiteRoom(site=room.site, since=since, free_bytes=min(room.free_bytes, free)))
        return rooms

    def _free_bytes(self, forecast: "Forecast", tier: "StorageTier", at: int) -> int:
        from ndcops.model.quantity import parse_quantity

        limit = int(parse_quantity(tier.usable)) * self.fill_permille // 1000
        return max(limit - int(forecast.high[at]), 0)

    def _forecasts(self) -> "Sequence[Forecast]":
        import numpy as np

        from ndcops.capacity.plan.exhaustion_question import samples_of
        from ndcops.capacity.plan.forecast import clean, forecast
        from ndcops.model.quantity import parse_quantity

        wanted = {
            (site.name, f"storage/{tier.name}"): float(parse_quantity(tier.usable))
            for site in self.inventory.built_sites()
            for tier in replicated_tiers(site)
        }
        end = self.now()
        usage = self.source.read(end - timedelta(days=365 * HISTORY_YEARS), end)
        series = [each for each in usage.series if (each.key.site, each.key.resource) in wanted]
        _refuse(
            sorted(wanted.keys() - {(each.key.site, each.key.resource) for each in series}), "no history of it"
        )
        history = clean((samples_of(each) for each in series), end.date())
        limits = np.array([wanted[(each.site, each.resource)] for each in history.series], dtype=np.float64)
        found = forecast(history, limits, (), self.horizon_days, SEED)
        unknown = [(each.series.site, each.series.resource) for each in found if not each.days]
        _refuse(sorted(unknown), "its history is too short, too old or has too many holes")
        return found


def replicated_tiers(site: "Site | None") -> "tuple[StorageTier, ...]":
    """Tiers that are copied to another centre: where databases of agencies go."""
    from ndcops.model.site import Replication

    return (
        tuple(tier for tier in site.tiers if tier.replication is not Replication.NONE) if site is not None else ()
    )


def _refuse(lacking: Sequence[tuple[str, str]], why: str) -> None:
    if lacking:
        raise Refused(
            "how much room the centres will have cannot be foretold",
            details=[f"{site}, {resource}: {why}" for site, resource in lacking],
            resolution="ndcops capacity forecast --history FILE says what is wrong with it; "
            "without --history the declared tiers count",
        )


def calendar_days(first: date, waves: int, wave_weeks: int, today: date) -> int:
    """Days from today to the end of the roadmap's calendar, at least one week, at most ten years."""
    end = first + timedelta(weeks=waves * wave_weeks)
    return min(max((end - today).days, 7), 3650)
