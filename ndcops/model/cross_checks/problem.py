"""A contradiction between declarations, where it stands, and how names that nobody knows are explained."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches


@dataclass(frozen=True)
class Problem:
    """`document` is KIND/NAME (`Site/ndc1`), `path` the field inside it as the file spells it."""

    document: str
    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True)
class Unread:
    """Names of documents that exist but could not be read: what refers to them is not called unknown."""

    sites: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    dossiers: frozenset[str] = frozenset()


def not_among(name: str, what: str, known: Iterable[str], where: str = "") -> str:
    """The message for a name that is not declared: what was expected, and the likeliest slip."""
    names = sorted(set(known))
    place = f" {where}" if where else ""
    expected = f"expected one of {', '.join(names)}" if names else "none is declared"
    close = get_close_matches(name, names, n=2)
    is_clear = len(close) == 1 or (len(close) == 2 and _likeness(name, close[0]) > _likeness(name, close[1]))
    hint = f"; did you mean '{close[0]}'?" if is_clear else ""
    return f"{what} '{name}' is not declared{place}; {expected}{hint}"


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, other, one).ratio()
