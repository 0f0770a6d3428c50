"""Diff: what would change in an object, field by field, and whether it must be replaced; the servicer calls it.

Client side only, as in the official plugin: the live object at the last write or refresh, cut down to the
program's fields, against the program's object. Drift shows after a refresh.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ndcops.provider.annotations import AUTONAMED, is_set
from ndcops.provider.normalise import normalise
from ndcops.provider.property_path import Path, parse_path, starts_with
from ndcops.provider.pruning import pruned
from ndcops.provider.replacement import replacing_paths
from ndcops.provider.settings import Settings
from ndcops.provider.state import recorded
from ndcops.provider.wire import UNKNOWN, JsonObject


class Change(Enum):
    """What happens to one field."""

    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class ObjectDiff:
    """The changes of one object by path, and those that need a replacement."""

    changes: dict[Path, Change]
    replaces: tuple[Path, ...]
    delete_before_replace: bool


def diff_object(
    outputs: JsonObject, news: JsonObject, ignored: Iterable[str], settings: Settings, *, has_unknown: bool = False
) -> ObjectDiff:
    """Compare recorded outputs with checked inputs."""
    before = recorded(outputs)
    shape = normalise(before.inputs)
    old = pruned(normalise(before.live), shape)
    new = news if has_unknown else normalise(news)
    prefixes = [parse_path(text) for text in ignored]
    changes = {
        path: change
        for path, change in compare(old, new)
        if not any(starts_with(path, prefix) for prefix in prefixes) and not _only_naming(path, old, new)
    }
    replaces = tuple(replacing_paths(new, changes, settings))
    return ObjectDiff(changes, replaces, bool(replaces) and _keeps_its_name(old, new))


def compare(old: Any, new: Any, path: Path = ()) -> Iterator[tuple[Path, Change]]:
    """Every difference between two values, at the deepest path that both have."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _compare_mappings(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        for index, (before, after) in enumerate(zip(old, new, strict=False)):
            yield from compare(before, after, (*path, index))
        for index in range(len(old), len(new)):
            yield (*path, index), Change.ADD
        for index in range(len(new), len(old)):
            yield (*path, index), Change.DELETE
    elif new is UNKNOWN or old != new or isinstance(old, bool) is not isinstance(new, bool):
        yield path, Change.UPDATE


def _compare_mappings(old: JsonObject, new: JsonObject, path: Path) -> Iterator[tuple[Path, Change]]:
    for key, value in new.items():
        if key in old:
            yield from compare(old[key], value, (*path, key))
        elif value is not None:
            yield (*path, key), Change.ADD
    for key, value in old.items():
        if key not in new and value is not None:
            yield (*path, key), Change.DELETE


def _keeps_its_name(old: JsonObject, new: JsonObject) -> bool:
    """Two objects cannot have one name: the old one must go first. Autonamed ones get a new name."""
    if is_set(new, AUTONAMED):
        return False
    before, after = old.get("metadata") or {}, new.get("metadata") or {}
    return (before.get("name"), before.get("namespace")) == (after.get("name"), after.get("namespace"))


def _only_naming(path: Path, old: JsonObject, new: JsonObject) -> bool:
    """A namespace left out on one side and `default` on the other is the same namespace."""
    if path != ("metadata", "namespace"):
        return False
    namespaces = {(side.get("metadata") or {}).get("namespace") or "default" for side in (old, new)}
    return len(namespaces) == 1
