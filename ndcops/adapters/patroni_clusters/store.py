"""What this adapter needs of Patroni's configuration store; wiring puts the client of an etcd behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class StoredValue:
    """A key's value and the revision of its last change. lease: that it lives by, 0 for none."""

    value: str
    revision: int
    lease: int = 0


class ConfigurationStore(Protocol):
    """Linearizable: without the store's majority every method raises Unreachable."""

    def read(self, prefix: str) -> Mapping[str, StoredValue]:
        """Every key that begins so, of one moment."""
        ...

    def lease_left_s(self, lease: int) -> int | None:
        """Seconds until it lapses unless it is renewed; None when that is not known."""
        ...

    def write_if(self, conditions: Mapping[str, StoredValue | None], values: Mapping[str, str]) -> bool:
        """Put `values` if each key of `conditions` is as it was read (None: absent); gives whether it was done."""
        ...
