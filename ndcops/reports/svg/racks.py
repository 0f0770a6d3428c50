"""The racks of a hall as cells, coloured by the pools whose nodes stand in them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ndcops.model.site import Hall, NodePool
from ndcops.reports.svg.element import figure, group, path

_Shape = tuple[float, float, float, int]

_WIDEST_CELL = 14
_CELLS: tuple[_Shape, ...] = ((9.4, 17, 3, 4), (6.4, 13, 2.4, 5), (4.4, 10, 1.8, 6))
"""Least width, height and gap of a cell in px, and up to how many rows it is used; the last one always is."""


@dataclass(frozen=True)
class RackGrid:
    """How a hall's racks are drawn: `racks_per_cell` is above 1 only in very large halls."""

    cell_width: float
    cell_height: float
    gap: float
    per_row: int
    cells: int
    racks_per_cell: int

    @property
    def height(self) -> float:
        """Height of all rows, in px."""
        return -(-self.cells // self.per_row) * (self.cell_height + self.gap) - self.gap

    def corner(self, cell: int) -> tuple[float, float]:
        """The upper left corner of a cell."""
        row, column = divmod(cell, self.per_row)
        return column * (self.cell_width + self.gap), row * (self.cell_height + self.gap)


def rack_grid(racks: int, width_px: float) -> RackGrid:
    """The largest cells with which the racks stand in a few equal rows of `width_px`."""
    fitting = (shape for shape in _CELLS if racks <= _per_row(shape, width_px) * shape[3])
    shape = next(fitting, _CELLS[-1])
    _, height, gap, rows = shape
    per_row = _per_row(shape, width_px)
    per_cell = -(-racks // (per_row * rows))
    cells = -(-racks // per_cell)
    per_row = -(-cells // -(-cells // per_row))
    return RackGrid(min((width_px + gap) / per_row - gap, _WIDEST_CELL), height, gap, per_row, cells, per_cell)


def _per_row(shape: _Shape, width_px: float) -> int:
    width, _, gap, _ = shape
    return int((width_px + gap) / (width + gap))


def units_by_rack(pool: NodePool, racks: int) -> list[int]:
    """Rack units that the pool takes in each of a hall's racks: nodes go round the pool's racks (`rack_of`)."""
    whole, more = divmod(pool.nodes, pool.racks)
    nodes = [whole + (index < more) for index in range(min(pool.racks, racks))]
    return [count * pool.node_units for count in nodes] + [0] * (racks - len(nodes))


def rack_cells(hall: Hall, pools: list[tuple[NodePool, int]], grid: RackGrid) -> Element:
    """The hall's cells; pools share a cell in which their nodes stand, the stronger coloured the fuller."""
    units = [units_by_rack(pool, hall.racks.count) for pool, _ in pools]
    colours = [colour for _, colour in pools]
    fillings: defaultdict[str, list[str]] = defaultdict(list)
    for cell in range(grid.cells):
        racks = slice(cell * grid.racks_per_cell, (cell + 1) * grid.racks_per_cell)
        taken = [sum(of_pool[racks]) for of_pool in units]
        level = load_level(sum(taken) / (hall.racks.units * grid.racks_per_cell))
        for colour, box in zip(colours, _shared_out(grid, cell, taken), strict=True):
            if box:
                fillings[f"pool-{colour} load-{level}"].append(box)
    filled = (path(css, "".join(boxes)) for css, boxes in fillings.items())
    return group("racks", *filled, path("rack", _cell_paths(grid)))


def load_level(share: float) -> int:
    """1 to 4: the quarter of a rack's units, up to which it is filled."""
    return min(int(share * 4) + 1, 4)


def _shared_out(grid: RackGrid, cell: int, taken: list[int]) -> Iterator[str]:
    """A box for each pool, from the cell's floor upwards; empty for a pool that has nothing there."""
    x, top = grid.corner(cell)
    bottom = top + grid.cell_height
    for units in taken:
        height = grid.cell_height * units / max(sum(taken), 1)
        bottom -= height
        yield _box(x, bottom, grid.cell_width, height) if units else ""


def _cell_paths(grid: RackGrid) -> str:
    return "".join(_box(*grid.corner(cell), grid.cell_width, grid.cell_height) for cell in range(grid.cells))


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{figure(x)} {figure(y)}h{figure(width)}v{figure(height)}h{figure(-width)}z"
