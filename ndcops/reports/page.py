"""The page that all HTML reports share: one file, two languages, no script, nothing loaded."""

from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, tostring

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ndcops.model.document import Text
from ndcops.model.errors import NdcopsError
from ndcops.reports import figures
from ndcops.reports.catalogue import Catalogue, Filling

_BOTH = Markup('<span class="vi" lang="vi">{}</span><span class="en" lang="en">{}</span>')


_FIGURES: Final[tuple[Callable[..., Text], ...]] = (
    figures.amount,
    figures.byte_size,
    figures.day,
    figures.decimal,
    figures.duration,
    figures.money,
    figures.percent,
    figures.size,
    figures.usage,
    figures.watts,
)
"""Filters of the templates, under their own names."""


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


def render(
    template: str, words: Catalogue, /, *, sheets: tuple[str, ...] = ("page.css", "drawing.css"), **values: object
) -> str:
    """The page that `template` makes of `values`; a value that the template misses is an error.

    Inside a template `t(key, ...)` gives a text in both languages, `counted(key, n)` a counted one; `catalogue`
    has the rest. `sheets`: the style sheets that the page needs.
    """

    def text(key: str, **fillings: Filling) -> Markup:
        return both(words.text(key, **fillings))

    def counted(key: str, count: int, **fillings: Filling) -> Markup:
        return both(words.counted(key, count, **fillings))

    page = _environment().get_template(template)
    return page.render(t=text, counted=counted, catalogue=words, style=_style(sheets), **values)


def write_page(page: str, path: Path, *, option: str = "--html FILE") -> None:
    """Write a page, and the folders above it. Raises NdcopsError for a path that cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise NdcopsError(
            f"cannot write the page {path}: {error.strerror}", resolution=f"choose another place with {option}"
        ) from error


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ndcops.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(both=both, inline=inline)
    for figure in _FIGURES:
        environment.filters[figure.__name__] = figure
    return environment


@cache
def _style(sheets: tuple[str, ...]) -> Markup:
    folder = resources.files("ndcops.reports").joinpath("templates")
    rules = (folder.joinpath(name).read_text("utf-8") for name in sheets)
    return Markup("\n".join(rules))  # noqa: S704 - our own style sheets, no value enters them
