"""What the steps act on: the ports, the lock that is held, the clock, and what earlier steps of the run left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ndcops.failover.ports import (
    Clock,
    Databases,
    Fences,
    Probes,
    ReplicatedClusters,
    Routes,
    ScratchCopies,
    Volumes,
    Workloads,
)
from ndcops.model.errors import Interrupted, NdcopsError
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.service_names import ServiceNames


class RunHistory(Protocol):
    """What the run's journal already says; a resumed run finds what the killed one left."""

    def evidence(self, key: str) -> JsonObject | None:
        """Evidence of a step that was done, None when it was not."""
        ...

    def begun_at(self, key: str) -> datetime | None:
        """When a step was first begun, by the clock of the machine that began it; None when it never was."""
        ...


@dataclass(frozen=True)
class Drivers:
    """The doors to everything that a service is made of."""

    workloads: Workloads
    databases: Databases
    clusters: ReplicatedClusters
    volumes: Volumes
    fences: Fences
    names: ServiceNames
    routes: Routes
    probes: Probes
    scratch: ScratchCopies


@dataclass(frozen=True)
class Limits:
    """How long a step waits for what it started, in seconds, and how rarely it looks at most."""

    poll_s: float = 1.0
    pods_s: float = 600
    database_s: float = 120
    volumes_s: float = 1800
    names_s: float = 60
    fence_s: float = 120
    probe_s: float = 120


@dataclass(frozen=True)
class FailoverWorld:
    """Everything a step needs.

    confirm: returns only if the store's majority said, after it was called, that the run still holds the lock.
    epoch: of that lock. stopped: Ctrl-C was pressed; a step in hand ends at its next look.
    """

    drivers: Drivers
    confirm: Callable[[], None]
    epoch: int
    clock: Clock
    services: Mapping[str, Service]
    history: RunHistory
    run: str
    stopped: Callable[[], bool] = lambda: False
    limits: Limits = field(default_factory=Limits)

    def service(self, name: str) -> Service:
        """The declared service. Raises NdcopsError for one that the inventory no longer has."""
        if name not in self.services:
            raise NdcopsError(
                f"service '{name}' of the run is no longer declared", resolution="ndcops inventory validate"
            )
        return self.services[name]

    def confirmed_epoch(self) -> int:
        """The epoch to write with, after the store's majority said that it still holds the lock."""
        self.confirm()
        return self.epoch

    def check_stopped(self, what: str) -> None:
        """Raises Interrupted after Ctrl-C."""
        if self.stopped():
            raise Interrupted(f"{what}: stopped", resolution=f"ndcops failover resume {self.run}")
