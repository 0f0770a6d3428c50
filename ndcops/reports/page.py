"""The page that all HTML reports share: one file, two languages, no script, nothing loaded."""

from functools import cache
from importlib import resources
from xml.etree.ElementTree import Element, tostring

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ndcops.model.document import Text
from ndcops.reports.catalogue import Catalogue, Filling
from ndcops.reports.figures import duration, size

_BOTH = Markup('<span class="vi" lang="vi">{}</span><span class="en" lang="en">{}</span>')


def both(text: Text | str) -> Markup:
    """A text in both languages, escaped; the page's language switch shows one of them."""
    if isinstance(text, str):
        return escape(text)
    if text.vi == text.en:
        return escape(text.vi)
    return _BOTH.format(text.vi, text.en)


def inline(drawing: Element) -> Markup:
    """A drawing as markup; ElementTree has escaped what came from outside."""
    return Markup(tostring(drawing, encoding="unicode"))  # noqa: S704 - serialised by ElementTree, never by hand


def render(template: str, words: Catalogue, /, **values: object) -> str:
    """The page that `template` makes of `values`; a value that the template misses is an error.

    Inside a template `t(key, ...)` gives a text in both languages, `counted(key, n)` a counted one; `catalogue`
    has the rest.
    """

    def text(key: str, **fillings: Filling) -> Markup:
        return both(words.text(key, **fillings))

    def counted(key: str, count: int, **fillings: Filling) -> Markup:
        return both(words.counted(key, count, **fillings))

    page = _environment().get_template(template)
    return page.render(t=text, counted=counted, catalogue=words, style=_style(), **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ndcops.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(both=both, inline=inline, size=size, duration=duration)
    return environment


@cache
def _style() -> Markup:
    folder = resources.files("ndcops.reports").joinpath("templates")
    sheets = (folder.joinpath(name).read_text("utf-8") for name in ("page.css", "drawing.css"))
    return Markup("\n".join(sheets))  # noqa: S704 - our own style sheets, no value enters them
