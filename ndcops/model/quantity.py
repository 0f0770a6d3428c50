"""Kubernetes resource quantities: `1500m`, `512Gi`, `2e3`, as exact decimals.

Rules: k8s.io/apimachinery/pkg/api/resource (quantity.go): sign, digits, then one binary or decimal
suffix or an exponent; nothing smaller than 1n is kept (rounded up). Kubernetes caps what is above
2**63 - 1; here it is an error, because it can only be a slip.
"""

import re
from decimal import ROUND_CEILING, Context, Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_SUFFIX = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10,
    "Mi": Decimal(2) ** 20,
    "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40,
    "Pi": Decimal(2) ** 50,
    "Ei": Decimal(2) ** 60,
}
_FORM = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$", re.ASCII)
_SMALLEST = Decimal("1e-9")
_LARGEST = Decimal(2**63 - 1)
_EXACT = Context(prec=100)
"""Room for 64 written digits times 2**60: nothing is rounded before the last step."""


def parse_quantity(text: str) -> Decimal:
    """The exact value of a quantity, in its base unit (cores, bytes, pieces).

    Raises ValueError, naming the text and what was expected.
    """
    match = _FORM.fullmatch(text) if len(text) <= 64 else None
    if match is None:
        raise ValueError(f"'{text[:64]}' is not a quantity; expected for example 500m, 16, 512Gi or 2Ti")
    number, exponent, suffix = match.groups()
    value = _EXACT.multiply(Decimal(number + (exponent or "")), _SUFFIX[suffix or ""])
    if abs(value) > _LARGEST:
        raise ValueError(f"'{text}' is too large; expected less than 8Ei")
    rounded = value.quantize(_SMALLEST, ROUND_CEILING, context=_EXACT)
    return value if value == rounded else rounded


def _positive(text: str) -> str:
    if parse_quantity(text) <= 0:
        raise ValueError(f"'{text}' is too small; expected more than zero")
    return text


def _bytes(text: str) -> str:
    value = parse_quantity(text)
    if value != value.to_integral_value() or text.endswith(("n", "u", "m")):
        raise ValueError(f"'{text}' is not a whole number of bytes; expected for example 512Gi or 2Ti")
    return _positive(text)


def _number_as_text(value: object) -> object:
    """A bare YAML number is a quantity too, as in Kubernetes manifests (`cpu: 2`)."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_Text = Annotated[str, BeforeValidator(_number_as_text, json_schema_input_type=str | int | float)]

CpuQuantity = Annotated[_Text, AfterValidator(_positive)]
"""CPU cores as a Kubernetes quantity, for example `500m` or `64`."""

ByteQuantity = Annotated[_Text, AfterValidator(_bytes)]
"""Bytes as a Kubernetes quantity, for example `512Gi`."""


def quantity_of(size_bytes: int) -> str:
    """Bytes as Kubernetes writes them back: the largest binary suffix that keeps the number whole."""
    for suffix, power in (("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)):
        if size_bytes and size_bytes % 2**power == 0:
            return f"{size_bytes >> power}{suffix}"
    return str(size_bytes)
