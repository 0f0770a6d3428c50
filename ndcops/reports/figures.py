"""Numbers as people write them: decimal comma in Vietnamese, binary units for bytes; used by the reports."""

from ndcops.model.document import Text
from ndcops.model.quantity import parse_quantity

_SEPARATORS = {"vi": str.maketrans({",": ".", ".": ","}), "en": {}}
_BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_DURATIONS = ((86_400, "ngày", "d"), (3_600, "giờ", "h"), (60, "phút", "min"), (1, "giây", "s"))


def number(value: float, language: str) -> str:
    """A number with grouped thousands and at most two decimals: 1.234,5 in Vietnamese, 1,234.5 in English."""
    plain = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return plain.translate(_SEPARATORS[language])


def size(quantity: str) -> Text:
    """A byte quantity (`1536Gi`) in the largest binary unit that leaves a whole part: 1,5 TiB."""
    value = float(parse_quantity(quantity))
    unit = 0
    while value >= 1024 and unit < len(_BINARY_UNITS) - 1:
        value /= 1024
        unit += 1
    value = round(value, 1)
    return _with_units(value, _BINARY_UNITS[unit], _BINARY_UNITS[unit])


def duration(seconds: int) -> Text:
    """A duration in the largest unit that divides it: 900 s are 15 minutes, 90 s stay seconds."""
    for length_s, vi, en in _DURATIONS:
        if seconds and seconds % length_s == 0:
            return _with_units(seconds // length_s, vi, en)
    return _with_units(seconds, *_DURATIONS[-1][1:])


def _with_units(value: float, vi: str, en: str) -> Text:
    return Text(vi=f"{number(value, 'vi')} {vi}", en=f"{number(value, 'en')} {en}")
