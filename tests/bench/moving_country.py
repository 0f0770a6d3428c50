"""A lab whose one service moves by the command line, and what the client outside it saw; moves' benches use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ndcops.failover.ports import Databases
from ndcops.lab.probe.control import ProbeFindings, findings, start_probe
from ndcops.model.failover import DatabaseState, Unreachable
from ndcops.model.service import Service
from ndcops.wiring import read_inventory
from ndcops.wiring.lab_services import lab_databases
from tests.bench.sandbox import BenchFailed, Sandbox
from tests.bench.timing import until
from tests.one_service_inventory import one_service_inventory

SERVICE = "identity"
SITES = ("ndc1", "ndc2", "ndc3")
NODES_PER_SITE = 10
SETTLED_TIMEOUT_S = 90.0


@dataclass(frozen=True)
class Country:
    """The lab with the one service, and the command line on it."""

    sandbox: Sandbox
    service: Service
    databases: Databases

    def ndcops(self, *words: str) -> Any:
        """Run a command, which must end well; returns what it says."""
        return self.sandbox.ndcops("--json", "--yes", *words).required().document()

    def leader_site(self) -> str:
        """Where the database is led."""
        return self._read().leader_site

    def other(self, site: str) -> str:
        """The service's other site."""
        return self.service.standby if site == self.service.home else self.service.home

    def wait_until_whole(self, *, confirming: str = "") -> None:
        """Until a leader leads, everybody follows, and a member (of that site) confirms."""
        until(lambda: self._is_whole(confirming), "the database is whole", SETTLED_TIMEOUT_S)

    def _read(self) -> DatabaseState:
        return self.databases.read(self.service)

    def _is_whole(self, confirming: str) -> bool:
        try:
            state = self._read()
        except Unreachable:
            return False
        following = [each for each in state.members if each.state in ("running", "streaming") and each.answers]
        confirms = {each.site for each in state.members if each.name in state.sync_standbys}
        is_confirmed = confirming in confirms if confirming else bool(confirms)
        return bool(state.leader) and len(following) == len(SITES) and is_confirmed


@contextmanager
def moving_country(sandbox: Sandbox, *, rate_per_s: float) -> Iterator[Country]:
    """The lab up, the service's objects applied at its two sites, its client outside writing."""
    sandbox = replace(sandbox, inventory=one_service_inventory(sandbox.root / "inventory", SERVICE, replicas=2))
    service = read_inventory(sandbox.inventory).services[0]
    with sandbox.entered():
        sandbox.ndcops("--json", "lab", "up", "--nodes", str(NODES_PER_SITE), "--service", SERVICE).required()
        country = Country(sandbox, service, lab_databases())
        country.ndcops("--site", service.home, "--site", service.standby, "stack", "up")
        start_probe(SERVICE, rate_per_s=rate_per_s)
        country.wait_until_whole()
        yield country


def seen(since: datetime) -> ProbeFindings:
    """What the client outside saw since then. Raises BenchFailed when it does not run."""
    found = findings(SERVICE, since=since)
    if found is None or not found.running:
        raise BenchFailed("the probe does not run")
    return found


def writes_since(moment: datetime) -> bool:
    """Whether a write was confirmed a while after: those on their way at that moment do not count."""
    last_ms = seen(moment).seen.last_ok_ms
    return last_ms is not None and last_ms / 1000 > moment.timestamp() + 2


def took_turns(found: ProbeFindings) -> bool:
    """Whether an address confirmed writes again after another one had."""
    return len(set(found.seen.turns)) < len(found.seen.turns)


def lost_writes(found: ProbeFindings) -> int:
    """Confirmed writes that are gone. Raises BenchFailed when they cannot be counted."""
    if found.lost is None:
        raise BenchFailed(f"lost writes cannot be counted: {found.problem}")
    return found.lost
