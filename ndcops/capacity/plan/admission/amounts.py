"""Resource quantities with the text that Kubernetes gives them: admission answers in `500m` and `1536Mi`.

Rules: k8s.io/apimachinery/pkg/api/resource/quantity.go, CanonicalizeBytes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from ndcops.model.quantity import parse_quantity

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_EXPONENT = re.compile(r"\d[eE][+-]?\d")
_MILLI = Decimal("0.001")


@dataclass(frozen=True)
class Amount:
    """A quantity and the family of suffixes in which it was written."""

    value: Decimal
    is_binary: bool = False
    is_exponent: bool = False

    def __add__(self, other: "Amount") -> "Amount":
        style = self if self.value else other  # a sum that begins with zero takes the other's style
        return Amount(self.value + other.value, style.is_binary, style.is_exponent)

    def times(self, count: int) -> "Amount":
        """As much for `count` equal pods."""
        return Amount(self.value * count, self.is_binary, self.is_exponent)

    def __str__(self) -> str:
        """The canonical text."""
        if not self.value:
            return "0"
        if self.is_binary and abs(self.value) >= 1024 and self.value == self.value.to_integral_value():
            return _scaled(int(self.value), 1024, _BINARY)
        number, exponent = _whole(self.value)
        if self.is_exponent:
            return f"{number}e{exponent}" if exponent else str(number)
        return f"{number}{_DECIMAL[exponent]}"


Amounts = dict[str, Amount]


def amount_of(written: str | int | float) -> Amount:
    """Parse a quantity; the API server rounds it up to thousandths. Raises ValueError."""
    return _amount_of_text(str(written))


@lru_cache(maxsize=65536)
def _amount_of_text(text: str) -> Amount:
    value = parse_quantity(text)
    rounded = value.quantize(_MILLI, ROUND_CEILING) if value != value.to_integral_value() else value
    return Amount(rounded, text.endswith("i"), bool(_EXPONENT.search(text)))


def amounts_of(written: Mapping[str, str | int | float] | None) -> Amounts:
    """A resource list."""
    return {name: amount_of(quantity) for name, quantity in (written or {}).items()}


def _scaled(number: int, base: int, suffixes: tuple[str, ...]) -> str:
    steps = 0
    while steps + 1 < len(suffixes) and number % base == 0:
        number //= base
        steps += 1
    return f"{number}{suffixes[steps]}"


def _whole(value: Decimal) -> tuple[int, int]:
    """Number and exponent, a multiple of three, so that the number is whole and as short as can be."""
    exponent = -9
    number = int(value.scaleb(9).to_integral_value(ROUND_CEILING))
    while number % 1000 == 0 and exponent < 18:
        number //= 1000
        exponent += 3
    return number, exponent
