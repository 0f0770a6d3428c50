"""Bars: shares of a whole side by side, as wide as the page gives them; figures stand beside, never inside."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from ndcops.reports.svg.element import rectangle, shape

_WIDTH, _HEIGHT = 1000.0, 10.0


def stacked_bar(parts: Sequence[tuple[str, float]], whole: float, mark: float | None = None) -> Element:
    """Parts (class, size) from the left on a track of `whole`; what is beyond it makes the bar's scale longer.

    mark: a size at which a line stands, for example a limit.
    """
    sizes = [max(size, 0.0) for _, size in parts]
    scale = _WIDTH / max(whole, sum(sizes), mark or 0.0, 1.0)
    bar = shape("svg", "bar", viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}", preserveAspectRatio="none")
    bar.set("aria-hidden", "true")
    bar.append(rectangle("track", 0, 0, _WIDTH, _HEIGHT))
    left = 0.0
    for (css, _), size in zip(parts, sizes, strict=True):
        if size:
            bar.append(rectangle(css, left, 0, size * scale, _HEIGHT))
            left += size * scale
    if mark is not None:
        bar.append(rectangle("mark", min(max(mark * scale - 2, 0.0), _WIDTH - 4), 0, 4, _HEIGHT))
    return bar
