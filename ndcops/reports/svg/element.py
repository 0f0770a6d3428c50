"""SVG elements as ElementTree values, so that nothing is escaped or balanced by hand; used by all drawings."""

from xml.etree.ElementTree import Element


def shape(tag: str, css: str = "", *children: Element, **attributes: str | float) -> Element:
    """An element; `_` in an attribute's name is written `-`, figures keep one decimal."""
    element = Element(tag, {"class": css} if css else {})
    for name, value in attributes.items():
        element.set(name.rstrip("_").replace("_", "-"), value if isinstance(value, str) else figure(value))
    element.extend(children)
    return element


def group(css: str, *children: Element, x: float = 0, y: float = 0) -> Element:
    """A group, moved to `x`, `y`."""
    element = shape("g", css, *children)
    if x or y:
        element.set("transform", f"translate({figure(x)} {figure(y)})")
    return element


def titled(element: Element, title: str) -> Element:
    """The element with a title of its own, which browsers show on hovering."""
    label = Element("title")
    label.text = title
    element.insert(0, label)
    return element


def rectangle(css: str, x: float, y: float, width: float, height: float, radius: float = 0) -> Element:
    """A rectangle, with round corners when `radius` is given."""
    element = shape("rect", css, x=x, y=y, width=width, height=height)
    if radius:
        element.set("rx", figure(radius))
    return element


def path(css: str, commands: str) -> Element:
    """A path."""
    return shape("path", css, d=commands)


def figure(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
