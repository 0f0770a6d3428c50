"""Drawing primitives: text that fits, racks that add up, arcs between the right centres."""

import pytest

from ndcops.model.site import NodePool
from ndcops.reports.page import inline
from ndcops.reports.svg.element import shape, titled
from ndcops.reports.svg.lettering import cut, lettering, width_px, wrap
from ndcops.reports.svg.links import Link, LinkState, gutter_arc, roof_arc
from ndcops.reports.svg.racks import load_level, rack_cells, rack_grid, units_by_rack
from tests.unit.reports.sample_country import site


def pool(nodes: int, racks: int, units: int = 1) -> NodePool:
    """A pool of equal nodes."""
    return NodePool(name="p", nodes=nodes, cpu_cores=1, memory="1Gi", hall="h", racks=racks, node_units=units)


@pytest.mark.parametrize(
    "text", ["", "SOC", "Hệ thống thông tin phục vụ chỉ đạo, điều hành của Chính phủ", "W" * 500]
)
def test_a_cut_text_fits(text: str) -> None:
    assert width_px(cut(text, 11, 120), 11) <= 120


def test_a_text_that_fits_is_left_alone() -> None:
    assert cut("SOC", 11, 120) == "SOC"


def test_combining_marks_take_no_width() -> None:
    assert width_px("e\u0302\u0301", 10) == width_px("ế", 10)


def test_wrapping_loses_no_word_but_the_cut_ones() -> None:
    rows = wrap("connection to the API of the centre was refused after five seconds", 10, 120, 3)

    assert len(rows) == 3
    assert all(width_px(row, 10) <= 120 for row in rows)
    assert rows[0] == "connection to the API of"


def test_a_word_that_is_wider_than_its_line_is_cut() -> None:
    assert wrap("https://a-very-long-address.example.vn:6443/api refused", 10, 100, 3)[0].endswith("…")


def test_a_cut_text_keeps_the_whole_in_its_title() -> None:
    drawn = str(inline(lettering("a title that is far too long", 0, 0, css="", limit_px=40)))

    assert "<title>a title that is far too long</title>" in drawn


def test_text_and_attributes_are_escaped() -> None:
    drawn = str(inline(titled(shape("g", '"><script>'), "</title><script>")))

    assert "<script>" not in drawn


@pytest.mark.parametrize("racks", [1, 7, 24, 92, 160, 500, 10_000])
def test_all_racks_are_drawn_within_the_width(racks: int) -> None:
    grid = rack_grid(racks, 288)

    assert grid.cells * grid.racks_per_cell >= racks > (grid.cells - 1) * grid.racks_per_cell
    assert max(grid.corner(cell)[0] for cell in range(grid.cells)) + grid.cell_width <= 288.01
    assert grid.height <= 90


@pytest.mark.parametrize(("nodes", "racks", "units"), [(40, 20, 1), (5, 4, 8), (3, 10, 2), (100, 30, 1)])
def test_no_node_is_lost_between_racks(nodes: int, racks: int, units: int) -> None:
    declared = pool(nodes, racks, units)
    taken = units_by_rack(declared, 30)

    assert len(taken) == 30
    assert sum(taken) == nodes * units
    assert taken[0] == units * sum(declared.rack_of(index) == "h-r001" for index in range(nodes))


@pytest.mark.parametrize(
    ("share", "level"), [(0.0, 1), (0.2, 1), (0.25, 2), (0.6, 3), (0.99, 4), (1.0, 4), (1.5, 4)]
)
def test_load_has_four_levels(share: float, level: int) -> None:
    assert load_level(share) == level


def test_pools_share_a_rack_without_overlap() -> None:
    centre = site(1)
    grid = rack_grid(30, 288)
    drawn = str(
        inline(rack_cells(centre.halls[0], [(entry, index + 1) for index, entry in enumerate(centre.pools)], grid))
    )

    assert 'class="pool-1 load-1"' in drawn
    assert 'class="pool-2 load-1"' in drawn
    assert drawn.count("<path") == 3


@pytest.mark.parametrize("state", list(LinkState))
def test_a_link_says_its_state_and_number(state: LinkState) -> None:
    row = str(inline(roof_arc(Link(0, 2, 12, state), [10.0, 20.0, 30.0], 100)))
    column = str(inline(gutter_arc(Link(0, 1, 0, state), [50.0, 400.0], 32)))

    assert f'class="link {state}"' in row
    assert ">12</text>" in row
    assert "<text" not in column
