"""Colours of the capacity page: defined, and readable in both schemes."""

import re

import pytest

from tests.unit.reports.test_style import colours, contrast, sheet


@pytest.mark.parametrize("block", [0, 1], ids=["light", "dark"])
def test_numbers_in_the_heat_map_are_readable(block: int) -> None:
    rules = re.findall(r":root \{(.*?)\}", sheet("capacity.css"), re.DOTALL)[block]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", rules))

    for level in range(1, 6):
        assert contrast(found["heat-ink"], found[f"heat-{level}"]) >= 4.5
    assert contrast(found["heat-6-ink"], found["heat-6"]) >= 4.5


def test_every_colour_that_the_sheet_uses_is_defined() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", sheet("capacity.css")))
    own = set(re.findall(r"--([\w-]+):", sheet("capacity.css")))

    assert used - own - {"tone", "tone-tint"} <= set(colours("light"))
