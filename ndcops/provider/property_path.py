"""Paths into a property map, as the engine writes and reads them: `spec.ports[0]`, `metadata.labels["a.b/c"]`."""

import re
from collections.abc import Iterator
from typing import Any, Final

Path = tuple[str | int, ...]

_PLAIN: Final = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_PART: Final = re.compile(r'\.?([^.\[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\[(\*)\]')


def format_path(path: Path) -> str:
    """The engine's spelling of a path."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            escaped = part.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def parse_path(text: str) -> Path:
    """A path of `ignoreChanges`. `*` and `[*]` stand for any part. Raises ValueError."""
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(f"'{text}' is no property path")
        name, index, quoted, star = match.groups()
        if index is not None:
            parts.append(int(index))
        elif quoted is not None:
            parts.append(re.sub(r"\\(.)", r"\1", quoted))
        else:
            parts.append(star or name)
        position = match.end()
    return tuple(parts)


def starts_with(path: Path, prefix: Path) -> bool:
    """Whether the path is the prefix or lies below it."""
    return len(path) >= len(prefix) and all(
        wanted in ("*", part) for part, wanted in zip(path, prefix, strict=False)
    )


def concrete_paths(value: Any, pattern: Path, done: Path = ()) -> Iterator[Path]:
    """The existing paths that a pattern with `*` stands for."""
    if not pattern:
        yield done
        return
    first, rest = pattern[0], pattern[1:]
    if isinstance(value, dict):
        names = list(value) if first == "*" else [first] if first in value else []
        for name in names:
            yield from concrete_paths(value[name], rest, (*done, name))
    elif isinstance(value, list):
        indexes = (
            range(len(value)) if first == "*" else [first] if isinstance(first, int) and first < len(value) else []
        )
        for index in indexes:
            yield from concrete_paths(value[index], rest, (*done, index))
