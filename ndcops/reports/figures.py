"""Numbers as people write them: decimal comma in Vietnamese, binary units for bytes; for reports, tables."""

from datetime import UTC, date, datetime

from ndcops.model.document import Text
from ndcops.model.quantity import parse_quantity

_SEPARATORS = {"vi": str.maketrans({",": ".", ".": ","}), "en": {}}
_BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_POWER_UNITS = ("W", "kW", "MW", "GW")
_DURATIONS = ((86_400, "ngày", "d"), (3_600, "giờ", "h"), (60, "phút", "min"), (1, "giây", "s"))
_MONEY = (
    (1_000_000, "nghìn tỷ đồng", "trillion VND"),
    (1_000, "tỷ đồng", "billion VND"),
    (1, "triệu đồng", "million VND"),
)
_BYTES = ("memory", "ephemeral-storage", "storage", "hugepages-")


def number(value: float, language: str) -> str:
    """A number with grouped thousands and at most two decimals: 1.234,5 in Vietnamese, 1,234.5 in English."""
    plain = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return plain.translate(_SEPARATORS[language])


def size(quantity: str) -> Text:
    """A byte quantity (`1536Gi`) in the largest binary unit that leaves a whole part: 1,5 TiB."""
    return byte_size(float(parse_quantity(quantity)))


def byte_size(value: float) -> Text:
    """Bytes in the largest binary unit that leaves a whole part; below zero for what is promised too often."""
    return _scaled(value, 1024, _BINARY_UNITS)


def watts(value: float) -> Text:
    """Watts in the largest decimal unit that leaves a whole part: 18,5 MW."""
    return _scaled(value, 1000, _POWER_UNITS, decimals=2)


def percent(share: float) -> Text:
    """A share as a percentage with one decimal."""
    value = round(share * 100, 1)
    return Text(vi=f"{number(value, 'vi')}%", en=f"{number(value, 'en')}%")


def decimal(value: float) -> Text:
    """A number without a unit, with at most two decimals."""
    return Text(vi=number(float(value), "vi"), en=number(float(value), "en"))


def amount(value: float, resource: str) -> Text:
    """A resource as the scheduler counts it (millicores, bytes, pieces), with its unit."""
    return usage(value / 1000 if resource == "cpu" else value, resource)


def usage(value: float, resource: str) -> Text:
    """A resource as its history counts it (cores, bytes, watts, pieces), with its unit."""
    if resource.startswith(_BYTES):
        return byte_size(value)
    if resource == "power":
        return watts(value)
    rounded = round(value) if abs(value) >= 100 or value == round(value) else round(value, 1)
    if resource == "cpu":
        return _with_units(rounded, "lõi", "core" if rounded == 1 else "cores")
    if resource == "pods":
        return _with_units(rounded, "pod", "pod" if rounded == 1 else "pods")
    unit = "GPU" if resource.endswith("gpu") else ""
    return _with_units(rounded, unit or "đơn vị", unit or ("unit" if rounded == 1 else "units"))


def money(millions: float) -> Text:
    """Millions of VND in the largest unit that leaves a whole part."""
    for count, vi, en in _MONEY:
        if abs(millions) >= count:
            return _with_units(round(float(millions) / count, 2), vi, en)
    return _with_units(round(float(millions), 2), *_MONEY[-1][1:])


def day(value: date) -> Text:
    """A date as each language writes it."""
    return Text(vi=f"{value:%d/%m/%Y}", en=value.isoformat())


def moment(value: datetime) -> Text:
    """A moment to the second; one with a time zone in UTC."""
    value = value.astimezone(UTC) if value.tzinfo else value
    return Text(vi=f"{value:%H:%M:%S} ngày {value:%d/%m/%Y} UTC", en=f"{value:%Y-%m-%d %H:%M:%S} UTC")


def duration(seconds: int) -> Text:
    """A duration in the largest unit that divides it: 900 s are 15 minutes, 90 s stay seconds."""
    for length_s, vi, en in _DURATIONS:
        if seconds and seconds % length_s == 0:
            return _with_units(seconds // length_s, vi, en)
    return _with_units(seconds, *_DURATIONS[-1][1:])


def _scaled(value: float, step: int, units: tuple[str, ...], decimals: int = 1) -> Text:
    unit = 0
    while abs(value) >= step and unit < len(units) - 1:
        value /= step
        unit += 1
    return _with_units(round(float(value), decimals), units[unit], units[unit])


def _with_units(value: float, vi: str, en: str) -> Text:
    return Text(vi=f"{number(value, 'vi')} {vi}", en=f"{number(value, 'en')} {en}")
