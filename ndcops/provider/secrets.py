"""Which parts of an object are secret, and how to keep their text out of messages; check and servicer use it."""

from collections.abc import Iterable
from typing import Any, Final

from ndcops.provider.wire import JsonObject, Mask

_ALWAYS_SECRET: Final = ("data", "stringData")
_SHORTEST_REDACTED: Final = 4
_REDACTED: Final = "[secret]"


def secret_mask(document: JsonObject, inherited: Mask) -> Mask:
    """What the program marked secret, and the content of every Secret."""
    if inherited is True or document.get("kind") != "Secret" or document.get("apiVersion") != "v1":
        return inherited
    mask = dict(inherited) if isinstance(inherited, dict) else {}
    mask.update({key: True for key in _ALWAYS_SECRET if key in document})
    return mask or False


def merged(first: Mask, second: Mask) -> Mask:
    """Secret where either is."""
    if first is True or second is True:
        return True
    if not isinstance(first, dict):
        return second
    if not isinstance(second, dict):
        return first
    return {key: merged(first.get(key, False), second.get(key, False)) for key in first.keys() | second.keys()}


def secret_texts(value: Any, mask: Mask) -> set[str]:
    """The texts that the mask covers, long enough to be recognised."""
    if mask is True:
        return {text for text in _texts(value) if len(text) >= _SHORTEST_REDACTED}
    if isinstance(mask, dict) and isinstance(value, dict):
        found: set[str] = set()
        for key, inner in mask.items():
            found |= secret_texts(value.get(key), inner)
        return found
    return set()


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret blanked; longer ones first, as one may contain another."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _REDACTED)
    return text


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
        # Servers quote values, and split long ones over lines.
        yield from (line for line in value.splitlines() if line != value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
