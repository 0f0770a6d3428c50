"""Text in drawings: in both languages, cut or wrapped to a width; SVG itself does neither."""

import unicodedata
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ndcops.model.document import Text
from ndcops.reports.svg.element import group, shape, titled

_NARROW: Final = frozenset("iIjlftr.,:;'|!()[]/ ·-")
_WIDE: Final = frozenset("mwMWĐ@%&—")


def width_px(text: str, size_px: float) -> float:
    """About how wide a text is in a common sans-serif face; errs on the wide side."""
    return sum(_share(letter) for letter in unicodedata.normalize("NFC", text)) * size_px


def _share(letter: str) -> float:
    if letter in _NARROW:
        return 0.32
    if letter in _WIDE:
        return 0.88
    return 0.66 if letter.isupper() else 0.555


def cut(text: str, size_px: float, limit_px: float) -> str:
    """The text, or as much of its beginning as fits with an ellipsis."""
    if width_px(text, size_px) <= limit_px:
        return text
    kept = text
    while kept and width_px(f"{kept}…", size_px) > limit_px:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def wrap(text: str, size_px: float, limit_px: float, lines: int) -> list[str]:
    """At most `lines` lines; what does not fit is cut with an ellipsis."""
    wrapped: list[str] = []
    rest = text.split()
    while rest and len(wrapped) < lines - 1:
        taken = 1
        while taken < len(rest) and width_px(" ".join(rest[: taken + 1]), size_px) <= limit_px:
            taken += 1
        wrapped.append(cut(" ".join(rest[:taken]), size_px, limit_px))
        rest = rest[taken:]
    return [*wrapped, cut(" ".join(rest), size_px, limit_px)] if rest else wrapped


def lettering(
    text: Text | str,
    x: float,
    y: float,
    *,
    css: str,
    size_px: float = 11,
    limit_px: float = 0,
    lines: int = 1,
    anchor: str = "start",
) -> Element:
    """A text at `x` and base line `y`; beyond `limit_px` it is wrapped, then cut, and its title has it whole."""
    drawn = group("")
    for language, words in _by_language(text):
        rows = wrap(words, size_px, limit_px, lines) if limit_px else [words]
        element = shape("text", f"{css} {language}".strip(), x=x, y=y, font_size=size_px)
        if language:
            element.set("lang", language)
        if anchor != "start":
            element.set("text-anchor", anchor)
        _set_rows(element, rows, x, size_px)
        drawn.append(titled(element, words) if rows[-1].endswith("…") and len(rows) == 1 else element)
    return drawn if len(drawn) > 1 else drawn[0]


def _set_rows(element: Element, rows: list[str], x: float, size_px: float) -> None:
    if len(rows) == 1:
        element.text = rows[0]
        return
    for index, row in enumerate(rows):
        span = shape("tspan", x=x, dy=size_px * 1.3 if index else 0)
        span.text = row
        element.append(span)


def _by_language(text: Text | str) -> Iterator[tuple[str, str]]:
    if isinstance(text, str):
        yield "", text
    elif text.vi == text.en:
        yield "", text.vi
    else:
        yield "vi", text.vi
        yield "en", text.en
