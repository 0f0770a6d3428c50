"""A small capacity report: two sites, one of them full, one loss that does not fit, forecasts and a purchase."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from ndcops.capacity.plan.buy import Binding, Line, PurchasePlan
from ndcops.capacity.plan.forecast import (
    Accuracy,
    Forecast,
    History,
    HistoryFinding,
    Outlook,
    SeriesId,
    Trouble,
    Wave,
)
from ndcops.capacity.plan.forecast.history import EPOCH
from ndcops.capacity.plan.losses import RackLoss
from ndcops.capacity.plan.placing import Placement
from ndcops.capacity.plan.power import PowerUse
from ndcops.capacity.plan.report import CapacityReport
from ndcops.capacity.plan.shortfall import Shortfall
from ndcops.capacity.plan.show import AgencyUse, Amount, Part, SiteRoom, TierUse
from ndcops.capacity.plan.survive import ServiceFate, Survival, TierFate
from ndcops.model.service import Grade

TAKEN_AT = datetime(2026, 1, 31, 8, tzinfo=UTC)
FIRST_DAY = date(2026, 2, 1)
HORIZON_DAYS = 365
GIB = 2**30


def part(name: str, share: float, nodes: int = 2) -> Part:
    """Nodes of 64 cores and 256 GiB each, so full of requests."""
    cores, memory = nodes * 64_000, nodes * 256 * GIB
    amounts = (
        Amount("cpu", cores, round(cores * share), 30_000, 1_000),
        Amount("memory", memory, round(memory * share / 2), 200 * GIB, 0),
        Amount("ephemeral-storage", 100 * GIB, 0, 100 * GIB, 0),
        Amount("pods", nodes * 110, round(nodes * 11), 100, 5),
    )
    return Part(name, nodes, 1 if share > 0.9 else 0, amounts)


def room(site: str, share: float = 0.6, racks: int = 4) -> SiteRoom:
    """One site; its last rack is full."""
    shares = [share] * (racks - 1) + [1.0]
    return SiteRoom(
        site=site,
        total=part(site, share, 8),
        pools=(part("data", share, 4), part("general", share / 2, 4)),
        racks=tuple(part(f"hall-a-r{number:03d}", each) for number, each in enumerate(shares, start=1)),
        tiers=(TierUse("fast", 100 * GIB, 40 * GIB, 3), TierUse("cold", 100 * GIB, 120 * GIB, 1)),
        agencies=(AgencyUse("ministry-of-land", 40, 12_500, 64 * GIB),),
        power=(PowerUse(site, 1_500_000, 2_000_000, 1_000_000), PowerUse("hall-a", 1_500, 4_000_000, 4_000_000)),
    )


def placement(placed: int, wanted: int = 3) -> Placement:
    """A workload that asks for four cores a pod."""
    message = "0/8 nodes are available: 8 Insufficient cpu."
    if placed == wanted:
        return Placement("members", wanted, placed)
    return Placement("members", wanted, placed, {"cpu": 4_000}, {}, message, {"Insufficient cpu": 8})


def survivals() -> tuple[Survival, ...]:
    """ndc1 does not fit at ndc2; ndc2 fits at ndc1."""
    fates = (
        ServiceFate("land-register", Grade.A, "ndc2", (placement(1),)),
        ServiceFate("civil-status", Grade.B, "ndc2", (placement(3),)),
        ServiceFate("old-archive", Grade.D, "ndc2", (), "site 'ndc2' has no pool 'tape'"),
    )
    lost = Survival(
        "ndc1",
        fates,
        (TierFate("ndc2", "fast", 200 * GIB, 100 * GIB),),
        (Shortfall("ndc2", "Too many pods", 1), Shortfall("ndc2", "Insufficient cpu", 2, 8_000)),
    )
    return lost, Survival("ndc2", (ServiceFate("portal", Grade.C, "ndc1", (placement(3),)),))


def told(outlook: Outlook, resource: str = "cpu", site: str = "ndc1") -> Forecast:
    """A forecast over a year, from 100 upwards, with capacity 150."""
    days = tuple(FIRST_DAY + timedelta(days=number) for number in range(HORIZON_DAYS))
    middle = tuple(100.0 + number / 4 for number in range(HORIZON_DAYS))
    return Forecast(
        series=SeriesId(site, resource),
        outlook=outlook,
        capacity=150.0,
        earliest=None if outlook is Outlook.LASTS else days[150],
        expected=days[200] if outlook in (Outlook.EXHAUSTS, Outlook.FULL) else None,
        latest=days[250] if outlook in (Outlook.EXHAUSTS, Outlook.FULL) else None,
        days=days,
        low=tuple(value - 10 for value in middle),
        middle=middle,
        high=tuple(value + 10 for value in middle),
        accuracy=Accuracy(13, 4.5, 0.81, 0.79),
    )


def unknown() -> Forecast:
    """A series whose history is too short."""
    series = SeriesId("ndc2", "nvidia.com/gpu", "gpu")
    finding = HistoryFinding(series, Trouble.TOO_SHORT, 30, FIRST_DAY, FIRST_DAY)
    return Forecast(series, Outlook.UNKNOWN, 64.0, findings=(finding,), reason=Trouble.TOO_SHORT)


def history(*series: SeriesId) -> History:
    """Two hundred days before the forecasts begin."""
    last = (FIRST_DAY - EPOCH).days
    return History(series, np.arange(last - 200, last), np.full((len(series), 200), 90.0))


def purchase() -> PurchasePlan:
    """Two orders in one quarter."""
    lines = (
        Line("ndc1", "data", "large", "2026-Q1", "2026-Q2", 3, 1_050),
        Line("ndc2", "", "shelf", "2026-Q1", "2026-Q3", 1, 400),
    )
    bindings = (
        Binding("ndc1", "data", "memory", "2026-Q2", 0.97, "ndc2"),
        Binding("ndc2", "", "storage fast", "2026-Q3", 0.9, "one unit"),
        Binding("", "", "budget", "2026-Q1", 1.0),
    )
    return PurchasePlan(lines, 1_450, 1_440.0, 0.0069, {"2026-Q1": 1_450, "2026-Q2": 0}, bindings)


def capacity_report(**more: object) -> CapacityReport:
    """Everything asked and answered."""
    forecasts = (told(Outlook.LASTS, "memory"), told(Outlook.EXHAUSTS), unknown())
    report = CapacityReport(
        target="lab",
        taken_at=TAKEN_AT,
        simulated=("nodes and pods (KWOK)",),
        rooms=(room("ndc1"), room("ndc2", 0.97)),
        survivals=survivals(),
        rack_losses=(
            RackLoss("ndc1", "hall-a-r001", 2, 20, 0),
            RackLoss("ndc1", "hall-a-r004", 2, 20, 7, "Insufficient memory"),
        ),
        forecasts=forecasts,
        purchase=purchase(),
        waves=(Wave(FIRST_DAY + timedelta(days=60), "ndc1", "cpu", 40.0, "wave two"),),
        history=history(forecasts[1].series),
    )
    return replace(report, **more)  # type: ignore[arg-type]  # fields by name
