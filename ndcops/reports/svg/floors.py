"""The storeys of a drawn centre: systems, halls, node pools, storage, power; each with its height."""

from xml.etree.ElementTree import Element

from ndcops.model.document import Text
from ndcops.model.service import Grade
from ndcops.model.site import Hall, StorageTier
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.figures import size
from ndcops.reports.status_facts import Placement, PoolFacts, SiteFacts, SiteState
from ndcops.reports.svg.element import group, rectangle, shape, titled
from ndcops.reports.svg.lettering import lettering, width_px
from ndcops.reports.svg.racks import rack_cells, rack_grid
from ndcops.reports.svg.symbols import bolt, cylinder

INNER_WIDTH = 288
"""Width inside the walls, in px."""
_PLACEMENT_ROWS = 14
_TIERS_PER_ROW = 3

Floor = tuple[Element, float]


def systems_floor(facts: SiteFacts, words: Catalogue) -> Floor:
    """The systems placed here: solid at home, outlined as standby."""
    drawn = group("floor", _heading(words, "drawing.systems"))
    shown = facts.placements[:_PLACEMENT_ROWS]
    for row, placement in enumerate(shown):
        drawn.append(_placement(placement, words, 18 + row * 20))
    height = 18 + 20 * len(shown)
    hidden = len(facts.placements) - len(shown)
    if hidden:
        more = words.counted("drawing.more_systems", hidden)
        drawn.append(lettering(more, 0, height + 10, css="dim", size_px=11, limit_px=INNER_WIDTH))
        height += 14
    return drawn, height


def _placement(placement: Placement, words: Catalogue, y: float) -> Element:
    service, status = placement.service, placement.status
    active = status is not None and status.replicas > 0
    count = words.text("drawing.unknown_count")
    if active and status:
        count = words.text("drawing.count", ready=status.ready, all=status.replicas)
    elif not placement.at_home:
        count = words.text("drawing.standby")
    elif status:
        count = words.text("drawing.none_running")
    short = placement.at_home and (not active or (status is not None and status.ready < status.replicas))
    flags = ("chip", "home" if placement.at_home else "standby", "short" * short, "active" * active)
    room = INNER_WIDTH - 42 - max(width_px(count.vi, 11), width_px(count.en, 11))
    return group(
        " ".join(flag for flag in flags if flag),
        rectangle("body", 0, 0, INNER_WIDTH, 17, 3),
        _grade(service.grade),
        lettering(service.title, 22, 12.3, css="label", size_px=11, limit_px=room),
        lettering(count, INNER_WIDTH - 6, 12.3, css="count", size_px=11, anchor="end"),
        y=y,
    )


def _grade(grade: Grade) -> Element:
    letter = shape("text", "grade", x=10, y=12.3, text_anchor="middle", font_size=11)
    letter.text = grade
    return letter


def hall_floor(hall: Hall, pools: list[PoolFacts], words: Catalogue) -> Floor:
    """A hall: its racks, filled as the pools are declared, and the share of its power that their nodes draw."""
    here = [facts for facts in pools if facts.pool.hall == hall.name]
    drawn_mw = sum(facts.pool.nodes * facts.pool.node_power_w for facts in here) / 1e6
    share = min(drawn_mw / hall.power_mw, 1)
    grid = rack_grid(hall.racks.count, INNER_WIDTH)
    cells = rack_cells(hall, [(facts.pool, facts.colour) for facts in here], grid)
    cells.set("transform", "translate(0 26)")
    figures = words.text("drawing.hall_power", nodes=round(drawn_mw, 2), hall=hall.power_mw)
    bar = group(
        "hall-power",
        rectangle("track", 0, 17, INNER_WIDTH, 3, 1.5),
        rectangle("hot" if share > 0.8 else "level", 0, 17, max(share * INNER_WIDTH, 1), 3, 1.5),
    )
    racks = words.counted("drawing.hall", hall.racks.count, hall=hall.name)
    title = f"{hall.name}: {hall.racks.count} × {hall.racks.units}U × {hall.racks.power_kw:g} kW"
    drawn = group(
        "floor",
        lettering(racks, 0, 11, css="heading", size_px=11, limit_px=170),
        lettering(figures, INNER_WIDTH, 11, css="dim", size_px=11, anchor="end"),
        titled(bar, title),
        titled(cells, title),
    )
    height = 26 + grid.height
    if grid.racks_per_cell > 1:
        scale = words.text("drawing.racks_per_cell", count=grid.racks_per_cell)
        drawn.append(lettering(scale, 0, height + 12, css="dim", size_px=10.5))
        height += 15
    return drawn, height


def pools_floor(facts: SiteFacts, words: Catalogue) -> Floor:
    """Node pools: colour, machine, nodes Ready as the cluster counts them."""
    drawn = group("floor", _heading(words, "drawing.pools"))
    for row, pool in enumerate(facts.pools):
        drawn.append(_pool(pool, facts.state, words, 16 + row * 17))
    return drawn, 16 + 17 * len(facts.pools)


def _pool(facts: PoolFacts, state: SiteState, words: Catalogue, y: float) -> Element:
    pool, status = facts.pool, facts.status
    gpus = f" · {pool.gpu.count} GPU" if pool.gpu else ""
    machine = words.text("drawing.machine", cpus=pool.cpu_cores, memory=size(pool.memory), gpus=gpus)
    if status is None:
        key = "drawing.nodes_planned" if state is SiteState.PLANNED else "drawing.nodes_unknown"
        count = words.text(key, declared=pool.nodes)
    elif status.nodes == pool.nodes:
        count = words.text("drawing.count", ready=status.ready, all=status.nodes)
    else:
        count = words.text("drawing.nodes_of", ready=status.ready, all=status.nodes, declared=pool.nodes)
    short = status is None or status.ready < status.nodes
    name = lettering(pool.name, 15, 11.5, css="strong", size_px=11, limit_px=80)
    return group(
        "pool",
        rectangle(f"pool-{facts.colour}", 0, 2.5, 10, 10, 2),
        name,
        lettering(machine, 98, 11.5, css="dim", size_px=10.5, limit_px=132),
        lettering(count, INNER_WIDTH, 11.5, css="count short" if short else "count", size_px=11, anchor="end"),
        y=y,
    )


def storage_floor(tiers: tuple[StorageTier, ...], words: Catalogue) -> Floor:
    """Storage tiers as cylinders: usable size, medium, copies to other centres."""
    drawn = group("floor", _heading(words, "drawing.storage"))
    column = INNER_WIDTH / _TIERS_PER_ROW
    for index, tier in enumerate(tiers):
        row, place = divmod(index, _TIERS_PER_ROW)
        drawn.append(_tier(tier, words, place * column, 18 + row * 90, column))
    return drawn, 18 + 90 * -(-len(tiers) // _TIERS_PER_ROW) - 6


def _tier(tier: StorageTier, words: Catalogue, x: float, y: float, width: float) -> Element:
    middle = width / 2
    lines: tuple[tuple[Text | str, str], ...] = (
        (tier.name, "strong"),
        (size(tier.usable), ""),
        (words.text(f"media.{tier.media}"), "dim"),
        (words.text(f"replication.{tier.replication}.short"), "dim"),
    )
    drawn = group("tier", cylinder(middle - 18, 0, encrypted=tier.encrypted), x=x, y=y)
    for index, (text, css) in enumerate(lines):
        drawn.append(
            lettering(text, middle, 46 + index * 12, css=css, size_px=10.5, limit_px=width - 2, anchor="middle")
        )
    return drawn


def power_floor(facts: SiteFacts, words: Catalogue) -> Floor:
    """The IT load that the feeds carry, with its date; a bolt for each feed."""
    power = facts.site.power
    drawn = group("floor power")
    for feed in range(power.feeds):
        drawn.append(bolt(feed * 11, 3))
    start = power.feeds * 11 + 6
    load = words.text("drawing.power", mw=power.it_load_mw, feeds=power.feeds, redundancy=power.redundancy)
    source = words.text("drawing.as_of", date=power.as_of)
    drawn.append(lettering(load, start, 8.5, css="strong", size_px=11, limit_px=INNER_WIDTH - start))
    drawn.append(lettering(source, start, 21.5, css="dim", size_px=10.5, limit_px=INNER_WIDTH - start))
    return drawn, 24


def _heading(words: Catalogue, key: str) -> Element:
    return lettering(words.text(key), 0, 11, css="heading", size_px=11)
