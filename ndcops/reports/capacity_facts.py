"""What the capacity page shows, out of the answers: a line a site, racks by hall, losses, orders by quarter."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ndcops.capacity.plan.buy import Line, PurchasePlan
from ndcops.capacity.plan.forecast import Forecast, Outlook
from ndcops.capacity.plan.losses import RackLoss
from ndcops.capacity.plan.power import PowerUse
from ndcops.capacity.plan.report import CapacityReport
from ndcops.capacity.plan.shortfall import Shortfall
from ndcops.capacity.plan.show import Amount, Part, SiteRoom, fullest
from ndcops.capacity.plan.survive import ServiceFate, Survival
from ndcops.model.document import Text
from ndcops.reports.capacity_words import reason_text, resource_name
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.figures import percent
from ndcops.reports.svg.heat import rack_cell

WARN_SHARE, BAD_SHARE = 0.8, 0.95
_URGENCY = (Outlook.FULL, Outlook.EXHAUSTS, Outlook.MAY_EXHAUST, Outlook.UNKNOWN, Outlook.LASTS)
_FATES_SHOWN = 100
"""Systems without room that one loss lists; `capacity survive --json` has all."""
_FIRST_SHOWN = ("cpu", "memory", "pods")


def tone(share: float) -> str:
    """How alarming a share in use is: good, warn or bad."""
    return "bad" if share >= BAD_SHARE else "warn" if share >= WARN_SHARE else "good"


@dataclass(frozen=True)
class SiteLine:
    """The summary of one site; `soonest` is the first of its series to be full, when one is foretold to be."""

    room: SiteRoom
    fullest: tuple[Part, Amount] | None
    power: PowerUse | None
    loss: Survival | None
    soonest: Forecast | None


def site_lines(report: CapacityReport) -> Iterator[SiteLine]:
    """One line for each site with known room."""
    losses = {each.lost: each for each in report.survivals}
    for room in report.rooms:
        own = [each for each in report.forecasts if each.series.site == room.site]
        filling = [each for each in by_urgency(own) if each.outlook in (Outlook.FULL, Outlook.EXHAUSTS)]
        yield SiteLine(
            room=room,
            fullest=fullest(room.pools or (room.total,)),
            power=next((each for each in room.power if each.name == room.site), None),
            loss=losses.get(room.site),
            soonest=filling[0] if filling else None,
        )


def by_urgency(forecasts: Sequence[Forecast]) -> list[Forecast]:
    """What is full first, then by the expected or the earliest day; what cannot be told before what lasts."""

    def rank(each: Forecast) -> tuple[int, str, str]:
        first = each.expected or each.earliest
        return _URGENCY.index(each.outlook), first.isoformat() if first else "", str(each.series)

    return sorted(forecasts, key=rank)


def shown_amounts(part: Part) -> list[Amount]:
    """CPU, memory and pods first, then what else is asked for; what nobody asks for is left out."""
    first = [each for name in _FIRST_SHOWN if (each := part.amount(name)) is not None]
    return [*first, *(each for each in part.amounts if each.resource not in _FIRST_SHOWN and each.requested)]


@dataclass(frozen=True)
class Hall:
    """The racks of a hall, each drawn as a cell; a hall's name is what its racks' names begin with."""

    name: str
    cells: tuple[Element, ...]


def halls(room: SiteRoom, losses: Sequence[RackLoss], words: Catalogue) -> tuple[Hall, ...]:
    """The heat map of a site, by hall."""
    lost = {each.rack: each for each in losses if each.site == room.site}
    found: dict[str, list[Element]] = defaultdict(list)
    for rack in room.racks:
        loss = lost.get(rack.name)
        top = fullest((rack,))
        cell = rack_cell(
            top[1].share if top else 0.0,
            _rack_title(rack, loss, words),
            hatched=loss is not None and not loss.survives,
        )
        found[rack.name.rpartition("-")[0]].append(cell)
    return tuple(Hall(name, tuple(cells)) for name, cells in found.items())


def _rack_title(rack: Part, loss: RackLoss | None, words: Catalogue) -> str:
    """A line in each language, as a drawing's title shows no markup."""
    shares = [
        (resource_name(words, each.resource), percent(each.share))
        for each in shown_amounts(rack)
        if each.allocatable
    ]
    lines = [
        words.counted("capacity.rack", rack.nodes, rack=rack.name),
        words.text("capacity.rack_cordoned", count=rack.cordoned) if rack.cordoned else None,
        *(words.text("capacity.rack_share", resource=name, share=share) for name, share in shares),
        _loss_line(loss, words) if loss is not None else None,
    ]
    said = [each for each in lines if each is not None]
    return "\n".join((", ".join(each.vi for each in said), ", ".join(each.en for each in said)))


def _loss_line(loss: RackLoss, words: Catalogue) -> Text:
    if loss.survives:
        return words.text("capacity.rack_survives", count=loss.pods)
    reason = reason_text(words, loss.reason)
    return words.text("capacity.rack_lost", count=loss.pods, homeless=loss.homeless, reason=reason)


@dataclass(frozen=True)
class Loss:
    """A lost site: its systems that find no room, in the order of recovery, at most as many as a page takes."""

    survival: Survival
    whole: int
    unfit: tuple[ServiceFate, ...]
    hidden: int

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """What lacks, the limiting one first."""
        return tuple(sorted(self.survival.shortfalls, key=lambda each: each != self.survival.limiting))

    @property
    def placed(self) -> int:
        """Pods with a new place."""
        return sum(each.placed for each in self.survival.fates)

    @property
    def wanted(self) -> int:
        """Pods that need one."""
        return sum(each.wanted for each in self.survival.fates)


def losses(survivals: Sequence[Survival]) -> tuple[Loss, ...]:
    """All losses of sites, those that do not fit first."""
    ordered = sorted(survivals, key=lambda each: (each.survives, each.lost))
    found = []
    for survival in ordered:
        unfit = [each for each in survival.fates if not each.survives]
        whole = len(survival.fates) - len(unfit)
        found.append(Loss(survival, whole, tuple(unfit[:_FATES_SHOWN]), max(len(unfit) - _FATES_SHOWN, 0)))
    return tuple(found)


@dataclass(frozen=True)
class Orders:
    """Orders of one quarter for one site, and what they cost together, in millions of VND."""

    quarter: str
    site: str
    lines: tuple[Line, ...]

    @property
    def cost_vnd_millions(self) -> int:
        """The sum of the lines."""
        return sum(each.price_vnd_millions for each in self.lines)


def orders(plan: PurchasePlan) -> tuple[Orders, ...]:
    """The plan by quarter of order and site; quarters in the order of the plan."""
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in plan.lines:
        found[line.ordered, line.site].append(line)
    quarters = list(plan.totals)
    rank = sorted(found, key=lambda key: (quarters.index(key[0]), key[1]))
    return tuple(Orders(quarter, site, tuple(found[quarter, site])) for quarter, site in rank)
