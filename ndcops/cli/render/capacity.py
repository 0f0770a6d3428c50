"""What a site has left, whether losses and workloads fit, and whether the real scheduler agrees."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text

from ndcops.capacity.plan.losses import FeedLoss, RackLoss
from ndcops.capacity.plan.placing import Placement
from ndcops.capacity.plan.power import PowerUse
from ndcops.capacity.plan.questions import FitAnswer
from ndcops.capacity.plan.show import Amount, Part, SiteRoom, TierUse, fullest
from ndcops.capacity.plan.survive import Survival
from ndcops.cli.render.cells import share_bar, table, verdict
from ndcops.cli.render.console import out, show_json
from ndcops.cli.render.plain import plain
from ndcops.reports.capacity_facts import shown_amounts
from ndcops.reports.capacity_words import shortfall_text
from ndcops.reports.catalogue import catalogue
from ndcops.reports.figures import amount, byte_size, watts

MOST_ROWS = 20
"""Racks, agencies and systems beyond this are counted; `--json` has all."""

Row = tuple[RenderableType | None, ...]


def show_rooms(rooms: Sequence[SiteRoom], as_json: bool) -> None:
    """Per site: pools, fullest racks, storage tiers, power and agencies."""
    if as_json:
        show_json({"sites": plain(rooms)})
        return
    for room in rooms:
        _show_room(room)


def _show_room(room: SiteRoom) -> None:
    parts = (room.total, *room.pools)
    table(
        f"{room.site}: {room.total.nodes} nodes",
        ["pool", ">nodes", "resource", "share", ">requested", ">stranded", ">free", ">most free"],
        [row for part in parts for row in _part_rows(part, room)],
    )
    _show_racks_of(room)
    if room.tiers:
        rows = [_tier_row(tier) for tier in room.tiers]
        table(f"{room.site}: storage", ["tier", "promised of usable", ">promised", ">free", ">claims"], rows)
    if room.power:
        table(
            f"{room.site}: power, feeds A and B counted once",
            ["where", "drawn of the feed", ">drawn", ">feed", ">after a feed's loss", ""],
            [_power_row(use, room) for use in room.power],
        )
    _show_agencies(room)


def _show_racks_of(room: SiteRoom) -> None:
    racks = sorted(room.racks, key=_share, reverse=True)
    if racks:
        table(
            f"{room.site}: fullest of {len(racks)} racks",
            ["rack", ">nodes", "fullest resource", ""],
            [_rack_row(rack) for rack in racks[: MOST_ROWS // 2]],
        )


def _show_agencies(room: SiteRoom) -> None:
    if room.agencies:
        table(
            f"{room.site}: largest of {len(room.agencies)} agencies",
            ["agency", ">pods", ">CPU", ">memory"],
            [
                (use.agency, f"{use.pods:,}", amount(use.cpu_m, "cpu").en, byte_size(use.memory_bytes).en)
                for use in room.agencies[: MOST_ROWS // 2]
            ],
        )


def _share(part: Part) -> float:
    found = fullest((part,))
    return found[1].share if found else 0.0


def _part_rows(part: Part, room: SiteRoom) -> Iterator[Row]:
    name = "(all)" if part is room.total else part.name
    nodes = f"{part.nodes}" + (f", {part.cordoned} cordoned" if part.cordoned else "")
    for number, each in enumerate(shown_amounts(part)):
        yield (name if number == 0 else "", nodes if number == 0 else "", *_amount_cells(each))


def _amount_cells(each: Amount) -> Row:
    figures = (each.requested, each.stranded, each.free, each.largest_free)
    return (each.resource, share_bar(each.share), *(amount(value, each.resource).en for value in figures))


def _rack_row(rack: Part) -> Row:
    top = fullest((rack,))
    if top is None:
        return rack.name, str(rack.nodes), "nothing allocatable", ""
    return rack.name, str(rack.nodes), top[1].resource, share_bar(top[1].share)


def _tier_row(tier: TierUse) -> Row:
    share = tier.claimed_bytes / tier.usable_bytes if tier.usable_bytes else 0.0
    return (
        tier.name,
        share_bar(share),
        byte_size(tier.claimed_bytes).en,
        byte_size(tier.free_bytes).en,
        f"{tier.claims:,}",
    )


def _power_row(use: PowerUse, room: SiteRoom) -> Row:
    return (
        "whole site" if use.name == room.site else use.name,
        share_bar(use.share),
        watts(use.drawn_w).en,
        watts(use.usable_w).en,
        watts(use.after_feed_loss_w).en,
        verdict(use.drawn_w <= use.after_feed_loss_w, "enough", "not enough"),
    )


def show_survivals(
    survivals: Sequence[Survival],
    rack_losses: Sequence[RackLoss],
    feed_losses: Sequence[FeedLoss],
    as_json: bool,
) -> None:
    """Each lost site: what fits, what lacks, which systems find no room; then lost racks and feeds."""
    if as_json:
        lost = {"lost_sites": survivals, "lost_racks": rack_losses, "lost_feeds": feed_losses}
        show_json({name: plain(losses) for name, losses in lost.items()})
        return
    table(
        "loss of a site",
        ["lost", "outcome", ">systems that fit", ">pods placed", "what lacks"],
        [_loss_row(survival) for survival in survivals],
    )
    for survival in survivals:
        _show_unfit(survival)
    _show_racks(rack_losses)
    _show_feeds(feed_losses)


def _loss_row(survival: Survival) -> Row:
    whole = sum(fate.survives for fate in survival.fates)
    placed, wanted = sum(fate.placed for fate in survival.fates), sum(fate.wanted for fate in survival.fates)
    lacks = "\n".join(_lacks(survival))
    outcome = verdict(survival.survives)
    return survival.lost, outcome, f"{whole}/{len(survival.fates)}", f"{placed:,}/{wanted:,}", lacks


def _lacks(survival: Survival) -> Iterator[str]:
    for shortfall in sorted(survival.shortfalls, key=lambda each: each != survival.limiting):
        yield shortfall_text(catalogue(), shortfall).en
    for tier in survival.tiers:
        if not tier.survives:
            needed, usable = byte_size(tier.needed_bytes).en, byte_size(tier.usable_bytes).en
            yield f"{tier.site.upper()}: tier {tier.tier} needs {needed}, has {usable}"


def _show_unfit(survival: Survival) -> None:
    unfit = [fate for fate in survival.fates if not fate.survives]
    if not unfit:
        return
    table(
        f"{survival.lost} lost: systems without room, in the order of recovery",
        ["grade", "system", "standby", ">pods placed", "why"],
        [
            (
                fate.grade.value,
                fate.service,
                fate.site,
                f"{fate.placed}/{fate.wanted}" if fate.placements else "-",
                fate.problem or next(each.message for each in fate.placements if not each.is_whole),
            )
            for fate in unfit[:MOST_ROWS]
        ],
    )
    _and_more(len(unfit), "systems")


def _show_racks(losses: Sequence[RackLoss]) -> None:
    if not losses:
        return
    unfit = sorted((loss for loss in losses if not loss.survives), key=lambda each: -each.homeless)
    out.print(f"loss of a rack: {len(losses) - len(unfit)} of {len(losses)} racks can be lost")
    if unfit:
        table(
            "racks whose loss does not fit",
            ["site", "rack", ">nodes", ">pods without a place", "why"],
            [
                (loss.site, loss.rack, str(loss.nodes), f"{loss.homeless:,} of {loss.pods:,}", loss.reason)
                for loss in unfit[:MOST_ROWS]
            ],
        )
        _and_more(len(unfit), "racks")


def _show_feeds(losses: Sequence[FeedLoss]) -> None:
    if not losses:
        return
    held = sum(loss.survives for loss in losses)
    out.print(f"loss of a power feed: {held} of {len(losses)} sites and halls go on")
    short = [loss for loss in losses if loss.shortfall_w]
    if short:
        table(
            "feeds whose loss the others do not carry",
            [
                "place",
                "outcome",
                ">drawn",
                ">carried by the rest",
                ">racks that go dark",
                ">pods without a place",
                "why",
            ],
            [_feed_row(loss) for loss in short[:MOST_ROWS]],
        )
        _and_more(len(short), "feeds")


def _feed_row(loss: FeedLoss) -> Row:
    place = loss.site if loss.place == loss.site else f"{loss.site} {loss.place}"
    homeless = f"{loss.homeless:,} of {loss.pods:,}"
    carried, drawn, dark = watts(loss.left_w).en, watts(loss.drawn_w).en, f"{len(loss.dark_racks):,}"
    return place, verdict(loss.survives), drawn, carried, dark, homeless, loss.reason


def _and_more(count: int, what: str) -> None:
    if count > MOST_ROWS:
        out.print(f"and {count - MOST_ROWS} more {what}; --json has all", style="dim")


def show_fits(fits: Sequence[FitAnswer], as_json: bool) -> None:
    """Per site: whether all of the question fits; if not, why, and what evictions would change."""
    if as_json:
        show_json({"sites": plain(fits)})
        return
    table(
        "does it fit",
        ["site", "outcome", ">pods placed", "what finds no room"],
        [_fit_row(fit) for fit in fits],
    )
    for fit in fits:
        _show_evictions(fit)


def _fit_row(fit: FitAnswer) -> Row:
    if fit.problem:
        return fit.site, Text("cannot be asked", style="yellow"), "-", fit.problem
    placed, wanted = sum(each.placed for each in fit.placements), sum(each.wanted for each in fit.placements)
    missing = "\n".join(_missing(each) for each in fit.placements if not each.is_whole)
    undecided = any(each.is_undecided for each in fit.placements)
    outcome = verdict(fit.fits, no="undecided" if undecided else "does not fit")
    return fit.site, outcome, f"{placed}/{wanted}", missing


def _missing(placement: Placement) -> str:
    return f"{placement.name}: {placement.placed}/{placement.wanted} placed. {placement.message}"


def _show_evictions(fit: FitAnswer) -> None:
    found = fit.preemption
    if found is None:
        return
    pods = ", ".join(
        f"{each.count} of {each.namespace} ({_labels(each.labels)}, priority {each.priority})"
        for each in found.evictions
    )
    broken = f"; breaks {found.breaks_budgets} disruption budgets" if found.breaks_budgets else ""
    out.print(f"{escape(fit.site)}: one pod would fit on {escape(found.node)} by evicting {escape(pods)}{broken}")


def _labels(labels: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items())) or "no labels"
