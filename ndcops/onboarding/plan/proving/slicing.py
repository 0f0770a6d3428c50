"""Splits a table's pages into slices: for lanes to share, for progress, and so that no statement takes long."""

from typing import NamedTuple

from ndcops.model.proving import ProvenTable, Slice

_FEWEST_PAGES, _MOST_PAGES = 4_096, 32_768
"""32 to 256 MiB of 8 KiB pages."""

_SLICES_A_LANE = 4
"""So that lanes end at about the same time."""


class SizedSlice(NamedTuple):
    """A slice and how many pages it has by the facts."""

    piece: Slice
    page_count: int


def slices_of(table: ProvenTable, lanes: int, *, sliced: bool) -> list[SizedSlice]:
    """All of every part, without a gap; the last one of a part reaches to its end, wherever that is by now."""
    size = min(_MOST_PAGES, max(_FEWEST_PAGES, table.pages // (lanes * _SLICES_A_LANE)))
    found = []
    for number, part in enumerate(table.parts):
        starts = list(range(0, part.pages, size)) if sliced and lanes > 0 else []
        starts = starts or [0]
        for first, following in zip(starts, [*starts[1:], None], strict=True):
            last = part.pages if following is None else following
            found.append(SizedSlice(Slice(number, first, following), last - first))
    return found
