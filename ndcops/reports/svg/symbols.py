"""Small signs of the drawings: storage cylinder, padlock, power bolt, member of the coordination store."""

from xml.etree.ElementTree import Element

from ndcops.reports.svg.element import group, path, shape


def cylinder(x: float, y: float, *, encrypted: bool) -> Element:
    """A storage tier, 36 px wide and 34 px high; the padlock says that it is encrypted."""
    drawn = group(
        "cylinder",
        path("cylinder-body", "M0 6v22a18 6 0 0 0 36 0v-22z"),
        shape("ellipse", "cylinder-top", cx=18, cy=6, rx=18, ry=6),
        path("cylinder-band", "M0 17a18 6 0 0 0 36 0"),
        x=x,
        y=y,
    )
    if encrypted:
        drawn.append(padlock(13, 17.5))
    return drawn


def padlock(x: float, y: float) -> Element:
    """A closed padlock, 10 px wide."""
    return group(
        "padlock", path("shackle", "M2.2 5v-2a2.8 2.8 0 0 1 5.6 0v2"), path("lock", "M0 5h10v7h-10z"), x=x, y=y
    )


def bolt(x: float, y: float) -> Element:
    """A power feed."""
    return group("bolt", path("", "M5 0L0 7.5h3.6L2.6 13L8 5H4.4z"), x=x, y=y)


def hexagon(x: float, y: float, css: str) -> Element:
    """A member of the coordination store, centred on `x`, `y`."""
    return group(css, path("", "M-9.5-5.5L0-11L9.5-5.5V5.5L0 11L-9.5 5.5z"), x=x, y=y)
