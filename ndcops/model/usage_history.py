"""What was used or requested over time, as the source gave it; the forecast cleans it and says what it cleaned."""

from array import array
from dataclasses import dataclass
from math import isnan

_UNITS = {
    "cpu": "cores",
    "memory": "bytes",
    "storage": "bytes",
    "ephemeral-storage": "bytes",
    "power": "watts",
    "pods": "pods",
}


def unit_of(resource: str) -> str:
    """The unit in which a resource is counted; `storage/TIER` as storage, extended resources in pieces."""
    return _UNITS.get(resource.partition("/")[0] if resource.startswith("storage/") else resource, "pieces")


@dataclass(frozen=True, order=True)
class SeriesKey:
    """What a series measures, and where."""

    site: str
    resource: str

    @property
    def unit(self) -> str:
        """The base unit of the values: cores, bytes, watts, pods or pieces."""
        return unit_of(self.resource)


@dataclass(frozen=True, eq=False)
class UsageSeries:
    """Samples in the order of the source: gaps, duplicates, steps back in time, NaN and infinity are kept.

    stamps_s: Unix seconds, UTC (`array('q')`). values: in the key's unit (`array('d')`), of the same length.
    Arrays, so that two years of thousands of series stay small and numpy reads them without a copy.
    """

    key: SeriesKey
    stamps_s: "array[int]"
    values: "array[float]"

    def __post_init__(self) -> None:
        if len(self.stamps_s) != len(self.values):
            raise ValueError(f"{self.key}: {len(self.stamps_s)} stamps for {len(self.values)} values")

    def __eq__(self, other: object) -> bool:
        """Equal when every sample is; two NaN are equal here: both say that nothing was measured."""
        if not isinstance(other, UsageSeries):
            return NotImplemented
        return (
            self.key == other.key
            and self.stamps_s == other.stamps_s
            and all(a == b or (isnan(a) and isnan(b)) for a, b in zip(self.values, other.values, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]  # its arrays can change

    @classmethod
    def empty(cls, key: SeriesKey) -> "UsageSeries":
        """A series without samples, to be filled by `add`."""
        return cls(key, array("q"), array("d"))

    def add(self, stamp_s: int, value: float) -> None:
        """Append a sample; only for the reader that makes the series."""
        self.stamps_s.append(stamp_s)
        self.values.append(value)


@dataclass(frozen=True)
class UsageHistory:
    """Series in the order of their keys. `notes`: what the source itself said about its answer's completeness."""

    series: tuple[UsageSeries, ...]
    notes: tuple[str, ...] = ()
