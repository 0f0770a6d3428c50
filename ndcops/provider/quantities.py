"""Resource quantities as the API server writes them back; `normalise` calls it.

Kept apart from `model.quantity`, whose field types bring pydantic (a third of the plugin's start-up time).
Rules: k8s.io/apimachinery/pkg/api/resource, ParseQuantity and CanonicalizeBytes.
"""

import re
from decimal import ROUND_UP, Context, Decimal
from functools import lru_cache
from typing import Final

_FORM: Final = re.compile(
    r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?:(?P<binary>[KMGTPE]i)|(?P<decimal>[numkMGTPE])|[eE](?P<power>[+-]?\d{1,3}))?",
    re.ASCII,
)
_DECIMAL: Final = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_EXPONENTS: Final = tuple(f"e{power}" if power else "" for power in range(-9, 19, 3))
_EXACT: Final = Context(prec=200)
_LONGEST: Final = 64


@lru_cache(maxsize=4096)
def canonical_quantity(text: str) -> str:
    """The quantity in canonical form: `1000m` becomes `1`, `0.5Gi` becomes `512Mi`.

    Raises ValueError for what is no quantity.
    """
    match = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(f"'{text[:_LONGEST]}' is not a quantity")
    number = Decimal(match["number"])
    if match["binary"]:
        value = _EXACT.multiply(number, Decimal(1024) ** _BINARY.index(match["binary"]))
        if abs(value) >= 1024:
            return _scaled(int(value.to_integral_value(ROUND_UP)), 1024, _BINARY)
        return _scaled(_nano(value), 1000, _DECIMAL)
    power = int(match["power"]) if match["power"] else 3 * (_DECIMAL.index(match["decimal"] or "") - 3)
    return _scaled(_nano(number.scaleb(power, _EXACT)), 1000, _EXPONENTS if match["power"] else _DECIMAL)


def _nano(value: Decimal) -> int:
    """In billionths, the smallest that is kept; what is smaller is rounded away from zero."""
    return int(value.scaleb(9, _EXACT).to_integral_value(ROUND_UP))


def _scaled(mantissa: int, base: int, suffixes: tuple[str, ...]) -> str:
    if mantissa == 0:
        return "0"
    power = 0
    while power < len(suffixes) - 1 and mantissa % base == 0:
        mantissa //= base
        power += 1
    return f"{mantissa}{suffixes[power]}"
