"""Answers of the planners as plain JSON values, with what their classes derive: shares, what is free, verdicts."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

import numpy as np

_DEEPEST = 20
"""Answers are trees of a few levels; deeper is a loop."""


def plain(value: object, depth: int = 0) -> Any:
    """Dataclasses as objects of their fields and public properties, enums by value, dates in ISO 8601.

    What JSON cannot say (infinity, not a number) is null. Raises TypeError for a value of another kind.
    """
    if depth > _DEEPEST:
        raise TypeError("the answer holds itself")
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist(), depth + 1)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(entry, depth + 1) for entry in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name), depth + 1) for name in _names(value)}
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _names(value: Any) -> list[str]:
    """The fields of a dataclass, then its properties, without private ones."""
    names = [field.name for field in fields(value)]
    for kind in reversed(type(value).__mro__):
        names += [name for name, member in vars(kind).items() if isinstance(member, property)]
    return [name for name in dict.fromkeys(names) if not name.startswith("_")]
