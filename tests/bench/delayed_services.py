"""Services whose every change takes as long as was drawn for it, in real time: ports for one bench."""

import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ndcops.failover.plan.moves import LOW_TTL_S
from ndcops.failover.steps import ServiceStep
from ndcops.model.errors import Interrupted
from ndcops.model.failover import (
    CapacityVerdict,
    NameState,
    ObjectRef,
    RouteState,
    ServerAnswer,
    WorkloadState,
)
from ndcops.model.object_names import workload_object
from ndcops.model.service import Service

HERE, THERE, THIRD = "ndc1", "ndc2", "ndc3"
ENTRIES = {HERE: "10.0.1.1", THERE: "10.0.2.1", THIRD: "10.0.3.1"}


_TAKES_TIME = {
    "failover/warm",
    "failover/start",
    "failover/quiesce",
    "failover/retire",
    "failover/switch-database",
    "failover/await-standby",
    "failover/demote-cluster",
    "failover/promote-cluster",
    "failover/demote-volumes",
    "failover/promote-volumes",
}


@dataclass
class _Change:
    """Something that is on its way from one state to the next."""

    was: Any
    wanted: Any
    done_at: float = 0.0

    def now(self) -> Any:
        return self.wanted if time.monotonic() >= self.done_at else self.was

    def set(self, wanted: Any, takes_s: float) -> None:
        self.was, self.wanted, self.done_at = self.now(), wanted, time.monotonic() + takes_s


class DelayedServices:
    """All drivers in one: what is written is so after the drawn time, for each service and kind of step."""

    def __init__(self, seed: int, services: Sequence[Service], longest_s: float) -> None:
        self.guard = threading.RLock()
        self.services = {service.id: service for service in services}
        self._random = random.Random(seed)
        self._longest_s = longest_s
        self._drawn: dict[tuple[str, str], float] = {}
        self.pods: dict[tuple[str, str, str], _Change] = {}
        self.leader = {service.id: _Change(HERE, HERE) for service in services}
        self.standby = {service.id: _Change(True, True) for service in services}
        self.primary = {
            (s.id, site): _Change(site == HERE, site == HERE) for s in services for site in (HERE, THERE)
        }
        self.volume = {
            (s.id, site): _Change(site == HERE, site == HERE) for s in services for site in (HERE, THERE)
        }
        self.open: dict[tuple[str, str], bool] = {}
        self.names = {(site, s.id): (ENTRIES[HERE], LOW_TTL_S) for s in services for site in ENTRIES}
        self.epochs: dict[object, int] = {}
        for service in services:
            for workload in service.workloads:
                name = workload_object(service, workload)
                self.pods[HERE, service.id, name] = _Change(workload.replicas, workload.replicas)
                self.pods[THERE, service.id, name] = _Change(0, 0)

    def takes_s(self, service: str, kind: str) -> float:
        """The drawn duration of a kind of step of a service; 0 for those that take effect at once."""
        if kind not in _TAKES_TIME:
            return 0.0
        key = (service, kind)
        if key not in self._drawn:
            self._drawn[key] = random.Random(f"{key}/{self._longest_s}").uniform(0.2, 1.0) * self._longest_s
        return self._drawn[key]

    def injected_s(self, step: ServiceStep) -> float:
        """What the step cannot be faster than."""
        grace_s = getattr(step, "grace_s", 0)
        return self.takes_s(step.service, step.kind) + grace_s

    def epoch(self, key: object) -> int:
        return self.epochs.get(key, 0)

    def claimed(self, key: object, epoch: int) -> None:
        with self.guard:
            self.epochs[key] = epoch


@dataclass(frozen=True)
class Driver:
    held: DelayedServices


class DelayedWorkloads(Driver):
    def read(self, site: str, service: Service) -> tuple[WorkloadState, ...]:
        with self.held.guard:
            return tuple(
                self._state((site, service.id, workload_object(service, workload)))
                for workload in service.workloads
            )

    def _state(self, key: tuple[str, str, str]) -> WorkloadState:
        change = self.held.pods[key]
        running = change.now()
        ref = ObjectRef(site=key[0], namespace="ndc", kind="Deployment", name=key[2], service=key[1])
        return WorkloadState(
            ref=ref,
            replicas=change.wanted,
            ready=running,
            pods=running,
            resource_version="1",
            epoch=self.held.epoch(key),
        )

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> WorkloadState:
        key = (ref.site, ref.service, ref.name)
        self.held.claimed(key, epoch)
        return self._state(key)

    def scale(self, ref: ObjectRef, replicas: int, *, expect: str, epoch: int) -> WorkloadState:
        key = (ref.site, ref.service, ref.name)
        with_volume = any(
            workload.volume is not None and workload_object(service, workload) == ref.name
            for service in (self.held.services[ref.service],)
            for workload in service.workloads
        )
        kind = {(True, True): "start", (True, False): "warm", (False, True): "quiesce", (False, False): "retire"}
        with self.held.guard:
            takes_s = self.held.takes_s(ref.service, f"failover/{kind[replicas > 0, with_volume]}")
            self.held.pods[key].set(replicas, takes_s)
            return self._state(key)


class DelayedNames(Driver):
    def entry(self, site: str) -> str:
        return ENTRIES[site]

    def read(self, name: str, servers: Collection[str] = ()) -> NameState:
        service = name.partition(".")[0]
        with self.held.guard:
            answers = []
            for site in (each for each in ENTRIES if not servers or each in servers):
                address, ttl_s = self.held.names[site, service]
                epoch = self.held.epoch(("name", site, service))
                answers.append(
                    ServerAnswer(server=site, site=site, addresses=(address,), ttl_s=ttl_s, epoch=epoch)
                )
            return NameState(name=name, answers=tuple(answers))

    def claim(self, name: str, server: str, *, expect_epoch: int, epoch: int) -> None:
        self.held.claimed(("name", server, name.partition(".")[0]), epoch)

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
        with self.held.guard:
            self.held.names[server, name.partition(".")[0]] = (addresses[0], ttl_s)


class DelayedRoutes(Driver):
    def read(self, site: str, service: Service) -> RouteState | None:
        key = ("route", site, service.id)
        ref = ObjectRef(site=site, namespace="ndc", kind="HTTPRoute", name=service.id, service=service.id)
        is_open = self.held.open.get((site, service.id), True)
        return RouteState(
            ref=ref,
            hostnames=service.dns_names,
            weight=int(is_open),
            accepted=True,
            resource_version="1",
            epoch=self.held.epoch(key),
        )

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> None:
        self.held.claimed(("route", ref.site, ref.service), epoch)

    def set_open(self, ref: ObjectRef, is_open: bool, *, expect: str, epoch: int) -> None:
        with self.held.guard:
            self.held.open[ref.site, ref.service] = is_open


class NoFences:
    def read(self, site: str, victim: str) -> None:
        return None

    def set_fenced(self, site: str, victim: str, fenced: bool, *, epoch: int) -> Any:
        raise NotImplementedError("a planned evacuation fences nobody")


class RoomForAll:
    def room_for(self, services: Sequence[Service], site: str) -> CapacityVerdict:
        return CapacityVerdict(site=site, fits=True, taken_at=datetime.now(UTC))


class AllReachable:
    def check(self, site: str) -> None:
        return None


@dataclass
class RealClock:
    """The machine's clock; a stop ends every sleep."""

    stop: threading.Event = field(default_factory=threading.Event)
    sleeper: Callable[[float], bool] | None = None

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Interrupted("stopped")
