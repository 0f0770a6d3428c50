"""Room for the roadmap as it will be: foretold from usage, never more than is free, refused if unknown."""

from array import array
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from ndcops.model.errors import Refused
from ndcops.model.inventory import Inventory
from ndcops.model.quantity import parse_quantity
from ndcops.model.roadmap import SiteRoom
from ndcops.model.site import Site
from ndcops.model.usage_history import SeriesKey, UsageHistory, UsageSeries
from ndcops.wiring.forecast_rooms import ForecastRooms, calendar_days
from tests.stacks.sample import site_document

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAYS, DAY_S = 300, 86_400
TIERS = ("fast", "standard", "objects")
SITE = Site.model_validate(site_document())
PIB = 2**50


class Promised:
    """What is not promised today: so many bytes."""

    def __init__(self, free_bytes: int) -> None:
        self.free_bytes = free_bytes

    def rooms(self) -> list[SiteRoom]:
        return [SiteRoom(site="ndc1", since=date.min, free_bytes=self.free_bytes)]


class Usage:
    """Every tier grows by so much of itself a day; names: the tiers that were measured."""

    def __init__(self, daily: float, names: tuple[str, ...] = TIERS, days: int = DAYS) -> None:
        self.daily, self.names, self.days = daily, names, days

    def read(self, start: datetime, end: datetime) -> UsageHistory:
        return UsageHistory(series=tuple(self._series(name) for name in self.names))

    def _series(self, name: str) -> UsageSeries:
        tier = SITE.tier(name)
        assert tier is not None
        usable = float(parse_quantity(tier.usable))
        first = int((NOW - timedelta(days=self.days)).timestamp())
        stamps = array("q", [first + day * DAY_S for day in range(self.days)])
        values = array("d", [usable * (0.2 + self.daily * day) for day in range(self.days)])
        return UsageSeries(SeriesKey("ndc1", f"storage/{name}"), stamps, values)


def rooms(usage: Usage, promised: int = 1000 * PIB) -> list[SiteRoom]:
    source = ForecastRooms(
        declared=Promised(promised),
        inventory=Inventory(sites=(SITE,)),
        source=usage,
        now=lambda: NOW,
        horizon_days=365,
        fill_permille=800,
    )
    return list(source.rooms())


def test_room_shrinks_as_usage_grows():
    found = rooms(Usage(0.001))
    assert found[0] == SiteRoom(site="ndc1", since=date.min, free_bytes=1000 * PIB)
    later = found[1:]
    assert [(b.since - a.since).days for a, b in pairwise(later)] == [14] * (len(later) - 1)
    assert later[0].since > NOW.date() - timedelta(days=2)
    assert later[0].free_bytes > later[-1].free_bytes
    # Half of 45 PiB is used at the end of the history, four fifths may be, and a thousandth more is used each day.
    assert later[0].free_bytes == pytest.approx(0.3 * 45 * PIB, rel=0.1)
    assert later[-1].free_bytes == 0


def test_never_more_than_what_is_not_promised():
    assert {room.free_bytes for room in rooms(Usage(0.0), promised=PIB)} == {PIB}


@pytest.mark.parametrize(
    ("usage", "why"),
    [
        (Usage(0.001, ("fast", "standard")), "ndc1, storage/objects: no history of it"),
        (Usage(0.001, days=20), "too short"),
    ],
)
def test_what_cannot_be_foretold_is_refused(usage, why):
    with pytest.raises(Refused) as refused:
        rooms(usage)
    assert any(why in each for each in refused.value.details)
    assert "capacity forecast" in refused.value.resolution


def test_the_calendar_is_looked_at_to_its_end():
    today = date(2026, 3, 1)
    assert calendar_days(date(2026, 3, 2), 40, 2, today) == 561
    assert calendar_days(date(2020, 1, 1), 1, 1, today) == 7
    assert calendar_days(today, 520, 13, today) == 3650
