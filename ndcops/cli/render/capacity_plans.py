"""Forecasts, purchase plans, and what the real scheduler says to our answers."""

from collections.abc import Sequence
from typing import Protocol

from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text

from ndcops.capacity.plan.buy import PurchasePlan
from ndcops.capacity.plan.forecast import Forecast, Outlook
from ndcops.cli.render.cells import sparkline, table, verdict
from ndcops.cli.render.console import out, show_json
from ndcops.cli.render.plain import plain
from ndcops.reports.capacity_facts import by_urgency, orders
from ndcops.reports.capacity_words import binding_text, finding_text, outlook_text
from ndcops.reports.catalogue import catalogue
from ndcops.reports.figures import money, percent, usage

_COLOURS = {
    Outlook.FULL: "bold red",
    Outlook.EXHAUSTS: "yellow",
    Outlook.MAY_EXHAUST: "yellow",
    Outlook.LASTS: "green",
    Outlook.UNKNOWN: "dim",
}


def show_forecasts(forecasts: Sequence[Forecast], as_json: bool) -> None:
    """When each series is full, most urgent first; what was found in the histories follows."""
    if as_json:
        show_json({"forecasts": plain(forecasts)})
        return
    table(
        "when is it full",
        ["series", "outlook", "the days ahead, up to capacity", ">capacity", "range of days (80%)", "backtest"],
        [_forecast_row(each) for each in by_urgency(forecasts)],
    )
    for each in forecasts:
        for finding in each.findings:
            out.print(f"{escape(str(each.series))}: {escape(finding_text(catalogue(), finding).en)}", style="dim")


def _forecast_row(each: Forecast) -> tuple[RenderableType | None, ...]:
    words, style = catalogue(), _COLOURS[each.outlook]
    top = max(each.capacity, max(each.middle, default=0.0))
    return (
        str(each.series),
        Text(words.text(f"outlook.{each.outlook}").en, style=style),
        Text(sparkline(each.middle, top), style=style),
        usage(each.capacity, each.series.resource).en,
        outlook_text(words, each).en,
        _backtest(each),
    )


def _backtest(each: Forecast) -> str:
    past = each.accuracy
    if past is None:
        return "none"
    days = "" if past.date_error_days is None else f"date error {past.date_error_days:.0f} days, "
    covered = "" if past.coverage is None else f", {percent(past.coverage).en} in the 80% band"
    scaled = "" if past.mase is None else f"MASE {past.mase:.2f}, "
    return f"{days}{scaled}{past.origins} origins{covered}"


def show_purchase(plan: PurchasePlan, as_json: bool) -> None:
    """Orders by quarter and site, what they cost, how near the optimum that is proven to be, and what decides."""
    if as_json:
        show_json({"purchase": plain(plan)})
        return
    if plan.lines:
        columns = ["order in", "site", "pool", ">count", "SKU", "in service", ">cost"]
        table("what to buy", columns, _order_rows(plan))
    else:
        out.print("nothing is to be bought: all demand has its place")
    for quarter, total in plan.totals.items():
        out.print(f"{escape(quarter)}: {money(total).en}", style="dim")
    cost, bound = money(plan.cost_vnd_millions).en, money(plan.bound_vnd_millions).en
    out.print(f"{cost} in all; no plan is cheaper than {bound} (gap {percent(plan.gap).en})")
    for binding in plan.bindings:
        out.print(f"  {escape(binding_text(catalogue(), binding).en)}")


def _order_rows(plan: PurchasePlan) -> list[tuple[RenderableType | None, ...]]:
    return [
        (
            order.quarter,
            order.site,
            line.pool,
            f"{line.count:,}",
            line.sku,
            line.in_service,
            money(line.price_vnd_millions).en,
        )
        for order in orders(plan)
        for line in order.lines
    ]


class Compared(Protocol):
    """One pod asked twice: our answer and the real scheduler's (a node's name, or why there is none)."""

    @property
    def name(self) -> str:
        """The pod."""
        ...

    @property
    def ours(self) -> str:
        """What the engine says."""
        ...

    @property
    def real(self) -> str:
        """What the scheduler did."""
        ...

    @property
    def agrees(self) -> bool:
        """Whether both say the same about fitting."""
        ...


class Verification(Protocol):
    """A question replayed at one site."""

    @property
    def site(self) -> str:
        """The site."""
        ...

    @property
    def compared(self) -> Sequence[Compared]:
        """Pod by pod."""
        ...


def show_verification(result: Sequence[Verification], as_json: bool) -> None:
    """Per site: on how many pods we agree with the real scheduler, and each on which we do not."""
    if as_json:
        show_json({"sites": plain(result)})
        return
    table(
        "our answer against the real scheduler",
        ["site", "outcome", ">pods that agree"],
        [_verified_row(each) for each in result],
    )
    differing = [(each.site, pod) for each in result for pod in each.compared if not pod.agrees]
    if differing:
        rows = [(site, pod.name, pod.ours, pod.real) for site, pod in differing]
        table("where they differ", ["site", "pod", "we say", "the scheduler did"], rows)


def _verified_row(each: Verification) -> tuple[RenderableType | None, ...]:
    agreeing = sum(pod.agrees for pod in each.compared)
    outcome = verdict(agreeing == len(each.compared), "agrees", "differs")
    return each.site, outcome, f"{agreeing:,}/{len(each.compared):,}"
