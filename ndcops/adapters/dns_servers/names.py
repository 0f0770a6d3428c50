"""The names of services at every authoritative server: the port `ServiceNames`, built by wiring."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from ndcops.adapters.dns_servers.server import AuthoritativeServer
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.failover import Changed, NameState, Overtaken, Unreachable


class DnsServers:
    """All servers, each a primary of its own copy: each is asked, and each is updated by itself."""

    def __init__(self, servers: Sequence[AuthoritativeServer], entries: Mapping[str, str]) -> None:
        """`entries`: by site, the address where it takes the traffic of services."""
        self._servers = {server.label: server for server in servers}
        self._entries = dict(entries)

    def entry(self, site: str) -> str:
        """The address where a site takes traffic. Raises Refused when none is declared."""
        try:
            return self._entries[site]
        except KeyError:
            raise Refused(
                f"{site}: no address is declared where it takes the traffic of services",
                resolution=f"add dns.entry to inventory/sites/{site}.yaml",
            ) from None

    def read(self, name: str, servers: Collection[str] = ()) -> NameState:
        """What these servers say, or all, asked side by side."""
        asked = [server for label, server in self._servers.items() if not servers or label in servers]
        with ThreadPoolExecutor(max(1, len(asked))) as pool:
            answers = tuple(pool.map(lambda server: server.answer(name), asked))
        return NameState(name=name, answers=answers)

    def claim(self, name: str, server: str, *, expect_epoch: int, epoch: int) -> None:
        """Put the epoch beside the name. Raises Overtaken, Changed, Unreachable."""
        chosen = self._server(server)
        if expect_epoch > epoch:
            raise _overtaken(name, server, expect_epoch, epoch)
        if expect_epoch == epoch:  # nothing to write; but was what was read true, and is it still?
            _require_epoch(chosen, name, epoch)
            return
        try:
            chosen.set_epoch(name, expect=expect_epoch, epoch=epoch)
        except Changed as error:
            _explain(chosen, name, epoch, error)

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
        """Replace the addresses. Raises Overtaken, Changed, Unreachable."""
        chosen = self._server(server)
        try:
            chosen.set_addresses(name, addresses, ttl_s, expect=expect, epoch=epoch)
        except Changed as error:
            _explain(chosen, name, epoch, error)

    def _server(self, label: str) -> AuthoritativeServer:
        try:
            return self._servers[label]
        except KeyError:
            raise InvalidInput(
                f"no authoritative server '{label}'", details=[f"servers: {', '.join(self._servers)}"]
            ) from None


def _require_epoch(server: AuthoritativeServer, name: str, epoch: int) -> None:
    found = server.answer(name)
    if found.problem:
        raise Unreachable(found.problem)
    if found.epoch > epoch:
        raise _overtaken(name, server.label, found.epoch, epoch)
    if found.epoch != epoch:
        raise Changed(f"{server.label}: the epoch beside {name} is {found.epoch}, not {epoch} as read")


def _explain(server: AuthoritativeServer, name: str, epoch: int, error: Changed) -> None:
    """Raise Overtaken instead when a newer epoch is why."""
    found = server.answer(name)
    if found.epoch > epoch:
        raise _overtaken(name, server.label, found.epoch, epoch) from error
    raise error


def _overtaken(name: str, server: str, found: int, epoch: int) -> Overtaken:
    return Overtaken(
        f"{server}: {name} belongs to a newer run (epoch {found}, this one has {epoch})",
        resolution="ndcops failover status",
    )
