"""Answers as JSON: every kind of value that planners give, and an error for any other."""

import json
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

import numpy as np
import pytest

from ndcops.cli.render.plain import plain


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Odd:
    """One value of any kind."""

    value: object
    _hidden: int = 0
    more: dict[Colour, object] = field(default_factory=dict)

    @property
    def _secret(self) -> int:
        raise AssertionError("private")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (np.int64(3), 3),
        (np.array([1.5, np.nan]), [1.5, None]),
        (date(2026, 1, 31), "2026-01-31"),
        (Colour.RED, "red"),
        ({Colour.RED: (1, None)}, {"red": [1, None]}),
    ],
)
def test_answers_become_plain(value: object, expected: object) -> None:
    assert plain(Odd(value)) == {"value": expected, "more": {}}
    json.dumps(plain(Odd(value)), allow_nan=False)


def test_what_json_cannot_say_is_an_error() -> None:
    with pytest.raises(TypeError, match="object cannot be written as JSON"):
        plain(object())
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(TypeError, match="holds itself"):
        plain(loop)
