"""The style sheets: text is readable in light and dark (WCAG 2.2 AA), and rules reach into reused drawings."""

import re
from importlib import resources

import pytest

_PAIRS = [
    ("ink", "paper"),
    ("ink", "sheet"),
    ("soft", "paper"),
    ("soft", "sheet"),
    ("soft", "tint"),
    ("soft", "wall"),
    ("ink", "wall"),
    ("deep", "paper"),
    ("deep", "calm-tint"),
    ("accent", "paper"),
    ("good", "good-tint"),
    ("good", "sheet"),
    ("warn", "warn-tint"),
    ("warn", "wall"),
    ("warn", "sheet"),
    ("ink", "warn-tint"),
    ("bad", "bad-tint"),
    ("bad", "wall"),
    ("calm", "calm-tint"),
    ("home-ink", "home"),
]
_SCHEMES = ("light", "dark")


def sheet(name: str) -> str:
    """A style sheet of the package."""
    return resources.files("ndcops.reports").joinpath("templates", name).read_text("utf-8")


def colours(scheme: str) -> dict[str, str]:
    """The colours of a scheme, by property name."""
    blocks = re.findall(r":root \{(.*?)\}", sheet("page.css"), re.DOTALL)
    assert len(blocks) == len(_SCHEMES)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", blocks[_SCHEMES.index(scheme)]))


def luminance(colour: str) -> float:
    """The relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", _SCHEMES)
@pytest.mark.parametrize(("text", "ground"), _PAIRS)
def test_text_has_enough_contrast(scheme: str, text: str, ground: str) -> None:
    found = colours(scheme)

    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("scheme", _SCHEMES)
@pytest.mark.parametrize("mark", [f"pool-{number}" for number in range(1, 9)])
def test_pool_colours_stand_out_from_the_wall(scheme: str, mark: str) -> None:
    found = colours(scheme)

    assert contrast(found[mark], found["wall"]) >= 3


def test_both_schemes_name_the_same_colours() -> None:
    assert set(colours("light")) == set(colours("dark"))


def test_every_colour_that_a_rule_uses_is_defined() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", sheet("page.css") + sheet("drawing.css")))

    assert used - {"vi", "en", "tone", "tone-tint", "natural"} <= set(colours("light"))


def test_rules_for_drawings_do_not_begin_outside_of_them() -> None:
    """Browsers match rules inside a reused part alone: a selector with an outer ancestor matches nothing."""
    selectors = re.findall(r"(?m)^([^@{}/]+)\{", sheet("drawing.css"))
    outside = re.compile(r"(^|,\s*)(svg|figure|\.page|\.canvas|\.row|\.column)\s+(text|\.(?!row|column))")

    assert len(selectors) > 40
    assert not [selector for selector in selectors if outside.search(selector)]
