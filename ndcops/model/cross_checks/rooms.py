"""Room and power: pools fit their halls' racks by unit and by kilowatt, halls fit the centre's IT load."""

from collections.abc import Iterator

from ndcops.model.cross_checks.problem import Problem, not_among
from ndcops.model.inventory import Inventory
from ndcops.model.site import Hall, NodePool, Site

_ROUNDING_MW = 1e-9
"""Declared decimals such as 0.1 + 0.2 MW must not fail by a rounding of floats."""


def check_rooms(inventory: Inventory) -> list[Problem]:
    """Each declared node has a place in a rack and power to run on."""
    return [problem for site in inventory.sites for problem in _site_problems(site)]


def _site_problems(site: Site) -> Iterator[Problem]:
    yield from _hall_names(site)
    total_mw = sum(hall.power_mw for hall in site.halls)
    if total_mw > site.power.it_load_mw + _ROUNDING_MW:
        message = (
            f"the halls take {total_mw:g} MW together, but the centre's IT load is {site.power.it_load_mw:g} MW; "
            "expected at most that"
        )
        yield Problem(f"Site/{site.name}", ("halls",), message)
    for hall in site.halls:
        pools = [(index, pool) for index, pool in enumerate(site.pools) if pool.hall == hall.name]
        yield from _hall_power(site, hall, pools)
        fitting = [(index, pool) for index, pool in pools if pool.racks <= hall.racks.count]
        yield from _rack_load(site, hall, fitting)


def _hall_names(site: Site) -> Iterator[Problem]:
    halls = {hall.name: hall for hall in site.halls}
    for index, pool in enumerate(site.pools):
        hall = halls.get(pool.hall)
        if hall is None:
            message = not_among(pool.hall, "hall", halls)
            yield Problem(f"Site/{site.name}", ("pools", index, "hall"), message)
        elif pool.racks > hall.racks.count:
            message = f"{pool.racks} racks, but hall '{hall.name}' has {hall.racks.count}; expected at most that"
            yield Problem(f"Site/{site.name}", ("pools", index, "racks"), message)


def _hall_power(site: Site, hall: Hall, pools: list[tuple[int, NodePool]]) -> Iterator[Problem]:
    needed_mw = sum(pool.nodes * pool.node_power_w for _, pool in pools) / 1e6
    if needed_mw > hall.power_mw + _ROUNDING_MW:
        index = max(pools, key=lambda entry: entry[1].nodes * entry[1].node_power_w)[0]
        message = (
            f"the nodes in hall '{hall.name}' take {needed_mw:g} MW, but the hall has {hall.power_mw:g} MW; "
            "expected fewer nodes or another hall"
        )
        yield Problem(f"Site/{site.name}", ("pools", index, "node_power_w"), message)


def _rack_load(site: Site, hall: Hall, pools: list[tuple[int, NodePool]]) -> Iterator[Problem]:
    """Pools share a hall's first racks (NodePool.rack_of), so rack 1 holds the most of every pool: it decides."""
    if not pools:
        return
    units = sum(_in_first_rack(pool) * pool.node_units for _, pool in pools)
    power_w = sum(_in_first_rack(pool) * pool.node_power_w for _, pool in pools)
    names = ", ".join(f"'{pool.name}'" for _, pool in pools)
    where = f"rack {hall.name}-r001"
    if units > hall.racks.units:
        index = max(pools, key=lambda entry: _in_first_rack(entry[1]) * entry[1].node_units)[0]
        message = (
            f"{where} would hold {units} units of nodes (pools {names}), but has {hall.racks.units}; "
            "expected more racks or fewer nodes"
        )
        yield Problem(f"Site/{site.name}", ("pools", index, "racks"), message)
    if power_w > hall.racks.power_kw * 1000:
        index = max(pools, key=lambda entry: _in_first_rack(entry[1]) * entry[1].node_power_w)[0]
        message = (
            f"{where} would draw {power_w / 1000:g} kW (pools {names}), "
            f"but is fed with {hall.racks.power_kw:g} kW; "
            "expected more racks or fewer nodes"
        )
        yield Problem(f"Site/{site.name}", ("pools", index, "racks"), message)


def _in_first_rack(pool: NodePool) -> int:
    return -(-pool.nodes // pool.racks)
