"""The port of two rooms: names of services at every authoritative server. Rooms never import each other."""

from collections.abc import Collection
from typing import Protocol

from ndcops.model.failover import NameState


class ServiceNames(Protocol):
    """DNS names (RFC 2136, TSIG); each server is asked and updated by itself.

    A write carries what was read and an epoch. It raises Overtaken for a newer epoch at the name, Changed when
    what was read no longer holds (nothing was written), Unreachable without an answer (it may have been written).
    """

    def entry(self, site: str) -> str:
        """The address where a site takes traffic. Raises Refused when none is declared."""
        ...

    def read(self, name: str, servers: Collection[str] = ()) -> NameState:
        """What these authoritative servers say, all of them when none is named; one that does not answer is an
        answer with a problem. A server of a dead site costs its time limit.
        """
        ...

    def claim(self, name: str, server: str, *, expect_epoch: int, epoch: int) -> None:
        """Replace the TXT record that keeps the epoch beside the name; prerequisite: it is as read."""
        ...

    def update(
        self,
        name: str,
        server: str,
        *,
        expect: tuple[str, ...],
        addresses: tuple[str, ...],
        ttl_s: int,
        epoch: int,
    ) -> None:
        """Replace the address records; prerequisites: they are `expect`, and the epoch's record says `epoch`."""
        ...
