"""Everything that one look at a target's capacity found: what the report page and `--json` show."""

from dataclasses import dataclass
from datetime import datetime

from ndcops.capacity.plan.buy import PurchasePlan
from ndcops.capacity.plan.forecast import Forecast, History, Wave
from ndcops.capacity.plan.losses import RackLoss
from ndcops.capacity.plan.show import SiteRoom
from ndcops.capacity.plan.survive import Survival


@dataclass(frozen=True)
class CapacityReport:
    """Answers from the facts of one moment; an answer that was not asked for is empty, or None for a purchase.

    simulated: what is not real in these facts. unread: kinds that could not be listed (`ndc1: resourceslices`).
    waves and history belong to the forecasts: what was planned, and the usage that they were made from.
    """

    target: str
    taken_at: datetime
    simulated: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    rooms: tuple[SiteRoom, ...] = ()
    survivals: tuple[Survival, ...] = ()
    rack_losses: tuple[RackLoss, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    purchase: PurchasePlan | None = None
    waves: tuple[Wave, ...] = ()
    history: History | None = None
