"""The ports of the failover room onto the simulated country, as seen from one operator's host."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from ndcops.model.errors import NdcopsError
from ndcops.model.failover import (
    CapacityVerdict,
    Changed,
    NameState,
    ObjectRef,
    Overtaken,
    RouteState,
    ServerAnswer,
    Unreachable,
    WorkloadState,
)
from ndcops.model.service import Service
from tests.simulation.country import Country, PodSet, Route, entry_of
from tests.simulation.kernel import Operator

Result = TypeVar("Result")


EPOCH_ZERO = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@dataclass
class Seen:
    """The country from one operator's host."""

    country: Country
    operator: Operator

    def at(self, site: str, effect: Callable[[], Result]) -> Result:
        return self.country.network.call(self.operator, site, effect)

    def write(self, held: Any, expect: str, epoch: int, change: Callable[[], None]) -> None:
        """A conditional write on an object with a version and an epoch, as an API server does it."""
        if held.epoch > epoch:
            raise Overtaken(f"epoch {held.epoch} has claimed it; this one is {epoch}")
        if expect != str(held.version):
            raise Changed("resourceVersion is another")
        before = _wish(held)
        change()
        if held.epoch == epoch and _wish(held) == before:
            return  # an API server writes nothing either when nothing changes
        held.changes += _wish(held) != before  # as metadata.generation: a claim is no change
        held.epoch = epoch
        held.version += 1
        self.country.watch()


def _wish(held: Any) -> tuple[object, ...]:
    """What an operator may change of an object: its spec."""
    names = ("replicas", "is_open", "primary", "source", "token", "fenced", "wanted", "auto_resync")
    return tuple(getattr(held, name) for name in names if hasattr(held, name))


class SimulatedClock:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def now(self) -> datetime:
        seconds = self._seen.country.kernel.now + self._seen.operator.skew_s
        return EPOCH_ZERO + timedelta(seconds=seconds)

    def monotonic_s(self) -> float:
        return self._seen.country.kernel.now

    def sleep(self, seconds: float) -> None:
        self._seen.country.kernel.step_in(self._seen.operator, seconds)


class SimulatedSites:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def check(self, site: str) -> None:
        self._seen.at(site, lambda: None)


class SimulatedWorkloads:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def read(self, site: str, service: Service) -> tuple[WorkloadState, ...]:
        pods = self._seen.country.pods

        def states() -> tuple[WorkloadState, ...]:
            return tuple(_workload(key, held) for key, held in pods.items() if key[:2] == (site, service.id))

        return self._seen.at(site, states)

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> WorkloadState:
        return self._change(ref, expect, epoch, None)

    def scale(self, ref: ObjectRef, replicas: int, *, expect: str, epoch: int) -> WorkloadState:
        return self._change(ref, expect, epoch, replicas)

    def _change(self, ref: ObjectRef, expect: str, epoch: int, replicas: int | None) -> WorkloadState:
        country, key = self._seen.country, (ref.site, ref.service, ref.name)

        def change() -> None:
            if replicas is not None:
                country.pods[key].replicas = replicas
                country.scaled(ref.site, country.services[ref.service], ref.name)

        def effect() -> WorkloadState:
            self._seen.write(country.pods[key], expect, epoch, change)
            return _workload(key, country.pods[key])

        return self._seen.at(ref.site, effect)


def _workload(key: tuple[str, str, str], held: PodSet) -> WorkloadState:
    ref = ObjectRef(site=key[0], namespace="ndc", kind="Deployment", name=key[2], service=key[1])
    return WorkloadState(
        ref=ref,
        replicas=held.replicas,
        ready=held.ready,
        pods=held.pods,
        resource_version=str(held.version),
        epoch=held.epoch,
    )


class SimulatedRoutes:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def read(self, site: str, service: Service) -> RouteState | None:
        country = self._seen.country
        return self._seen.at(site, lambda: _route(site, service, country.routes.get((site, service.id))))

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> RouteState:
        return self._change(ref, expect, epoch, None)

    def set_open(self, ref: ObjectRef, is_open: bool, *, expect: str, epoch: int) -> RouteState:
        return self._change(ref, expect, epoch, is_open)

    def _change(self, ref: ObjectRef, expect: str, epoch: int, is_open: bool | None) -> RouteState:
        country = self._seen.country

        def effect() -> RouteState:
            held = country.routes[ref.site, ref.service]

            def change() -> None:
                held.is_open = held.is_open if is_open is None else is_open

            self._seen.write(held, expect, epoch, change)
            state = _route(ref.site, country.services[ref.service], held)
            assert state is not None
            return state

        return self._seen.at(ref.site, effect)


def _route(site: str, service: Service, held: Route | None) -> RouteState | None:
    if held is None:
        return None
    ref = ObjectRef(site=site, namespace="ndc", kind="HTTPRoute", name=service.id, service=service.id)
    return RouteState(
        ref=ref,
        hostnames=service.dns_names,
        weight=int(held.is_open),
        accepted=True,
        resource_version=str(held.version),
        epoch=held.epoch,
    )


class SimulatedNames:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def entry(self, site: str) -> str:
        return entry_of(site)

    def read(self, name: str, servers: Collection[str] = ()) -> NameState:
        answers = []
        for site in self._seen.country.sites:
            if servers and f"ns-{site}" not in servers:
                continue
            record = self._seen.country.records[site, name]
            try:
                answers.append(
                    self._seen.at(
                        site,
                        lambda site=site, r=record: ServerAnswer(  # type: ignore[misc]
                            server=f"ns-{site}", site=site, addresses=r.addresses, ttl_s=r.ttl_s, epoch=r.epoch
                        ),
                    )
                )
            except Unreachable as error:
                answers.append(ServerAnswer(server=f"ns-{site}", site=site, problem=error.message))
        return NameState(name=name, answers=tuple(answers))

    def claim(self, name: str, server: str, *, expect_epoch: int, epoch: int) -> None:
        def effect() -> None:
            record = self._record(server, name)
            if record.epoch > epoch:
                raise Overtaken("the name is claimed by a newer epoch")
            if record.epoch != expect_epoch:
                raise Changed("the epoch's record is another")
            record.epoch = epoch

        self._seen.at(server.removeprefix("ns-"), effect)

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
        def effect() -> None:
            record = self._record(server, name)
            if record.epoch > epoch:
                raise Overtaken("the name is claimed by a newer epoch")
            if record.addresses != expect or record.epoch != epoch:
                raise Changed("a prerequisite does not hold")
            record.changes += (record.addresses, record.ttl_s) != (addresses, ttl_s)
            record.addresses, record.ttl_s = addresses, ttl_s

        self._seen.at(server.removeprefix("ns-"), effect)

    def _record(self, server: str, name: str):  # type: ignore[no-untyped-def]
        return self._seen.country.records[server.removeprefix("ns-"), name]


class SimulatedCapacity:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def room_for(self, services: Sequence[Service], site: str) -> CapacityVerdict:
        return CapacityVerdict(site=site, fits=True, taken_at=SimulatedClock(self._seen).now())


class NoProbes:
    def read(self, service: Service, *, since: datetime | None = None) -> None:
        return None

    def waits_for(self, service: Service, since: datetime) -> str:
        return ""


class NoScratch:
    """Drills have a fake of their own."""

    def create(self, site: str, service: Service, drill: str) -> Any:
        raise NdcopsError("no drills here")

    read = check = remove = create
