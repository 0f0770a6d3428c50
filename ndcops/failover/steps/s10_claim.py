"""Before anything else: every object that a run may write for a service carries the run's epoch.

Safety: whoever held the lock before, and is only frozen or slow, finds a newer epoch and can write no more. So
this step is done again by every process that takes up a run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ndcops.failover.steps.converge import converge
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.failover import NameState, ObjectRef, Overtaken
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.workflow.step import Report


class _Claimable(Protocol):
    @property
    def ref(self) -> ObjectRef: ...

    @property
    def resource_version(self) -> str: ...

    @property
    def epoch(self) -> int: ...


class _Stamp(Protocol):
    def __call__(self, ref: ObjectRef, *, expect: str, epoch: int) -> object: ...


_Read = Callable[[], Sequence[_Claimable]]


@dataclass(frozen=True)
class ClaimService(ServiceStep):
    """Stamps the epoch on the service's objects at `sites` and beside its names at `servers`."""

    kind: ClassVar[str] = "failover/claim"

    sites: tuple[str, ...]
    servers: tuple[str, ...]

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: claim its objects at {', '.join(self.sites)}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises Overtaken when a newer epoch is already there."""
        service = world.service(self.service)
        for site in self.sites:
            for what, read, claim in _kinds(world, service, site):
                _claim(world, self.service, f"{what} at {site}", read, claim, report)
        if service.database is not None and service.database.engine == "patroni":
            self._claim_database(world, report)
        for name in service.dns_names:
            self._claim_name(world, name, report)
        return {"epoch": world.epoch}

    def _claim_database(self, world: FailoverWorld, report: Report) -> None:
        service, databases = world.service(self.service), world.drivers.databases

        def is_done(found: int) -> bool:
            _refuse_newer(world, f"database of {self.service}", found)
            return found == world.epoch

        converge(
            world,
            f"{self.service}: claim its database",
            read=lambda: databases.read_epoch(service),
            write=lambda found: lambda epoch: databases.claim(service, expect_epoch=found, epoch=epoch),
            done=is_done,
            say=lambda _: "claiming the database",
            timeout_s=world.limits.names_s,
            report=report,
        )

    def _claim_name(self, world: FailoverWorld, name: str, report: Report) -> None:
        names = world.drivers.names

        def behind(state: NameState) -> Callable[[int], object] | None:
            answer = next(
                (a for a in state.answers if a.server in self.servers and not a.problem and a.epoch < world.epoch),
                None,
            )
            if answer is None:
                return None
            return lambda epoch: names.claim(name, answer.server, expect_epoch=answer.epoch, epoch=epoch)

        def is_done(state: NameState) -> bool:
            asked = [answer for answer in state.answers if answer.server in self.servers]
            for answer in asked:
                _refuse_newer(world, f"{name} at {answer.server}", answer.epoch)
            return all(not answer.problem and answer.epoch == world.epoch for answer in asked)

        converge(
            world,
            f"{self.service}: claim {name}",
            read=lambda: names.read(name, self.servers),
            write=behind,
            done=is_done,
            say=lambda state: (
                "; ".join(f"{a.server}: {a.problem}" for a in state.answers if a.problem) or "claiming"
            ),
            timeout_s=world.limits.names_s,
            report=report,
        )


def claim_copies(world: FailoverWorld, service_id: str, site: str, report: Report) -> None:
    """Stamps the epoch on all that could be promoted of a service at a site. Raises Overtaken like the step."""
    service = world.service(service_id)
    for what, read, claim in _copies(world, service, site):
        _claim(world, service_id, f"{what} at {site}", read, claim, report)


def _claim(world: FailoverWorld, service_id: str, what: str, read: _Read, claim: _Stamp, report: Report) -> None:
    def first_unclaimed(states: Sequence[_Claimable]) -> Callable[[int], object] | None:
        state = next((s for s in states if s.epoch < world.epoch and s.resource_version), None)
        if state is None:
            return None
        return lambda epoch: claim(state.ref, expect=state.resource_version, epoch=epoch)

    def is_done(states: Sequence[_Claimable]) -> bool:
        for state in states:
            _refuse_newer(world, str(state.ref), state.epoch)
        # What is removed and not yet made anew has nothing to claim; whoever makes it compares the epoch.
        return all(state.epoch == world.epoch or not state.resource_version for state in states)

    converge(
        world,
        f"{service_id}: claim {what}",
        read=read,
        write=first_unclaimed,
        done=is_done,
        say=lambda _: f"claiming {what}",
        timeout_s=world.limits.names_s,
        report=report,
    )


def _kinds(world: FailoverWorld, service: Service, site: str) -> Iterator[tuple[str, _Read, _Stamp]]:
    """The service's objects of one site, kind by kind: how they are read and claimed."""
    drivers = world.drivers
    yield "workloads", lambda: drivers.workloads.read(site, service), drivers.workloads.claim
    yield from _copies(world, service, site)
    if service.dns_names:
        yield "route", lambda: _one(drivers.routes.read(site, service)), drivers.routes.claim


def _copies(world: FailoverWorld, service: Service, site: str) -> Iterator[tuple[str, _Read, _Stamp]]:
    """What of them keeps data and has no leader key to fence it."""
    drivers = world.drivers
    if service.database is not None and service.database.engine == "cloudnativepg":
        yield "cluster", lambda: _one(drivers.clusters.read(site, service)), drivers.clusters.claim
    if any(workload.volume is not None for workload in service.workloads):
        yield "volumes", lambda: drivers.volumes.read(site, service), drivers.volumes.claim


def _one(state: _Claimable | None) -> Sequence[_Claimable]:
    return () if state is None else (state,)


def _refuse_newer(world: FailoverWorld, what: str, epoch: int) -> None:
    if epoch > world.epoch:
        raise Overtaken(
            f"{what} was claimed by epoch {epoch}; this run holds {world.epoch}",
            resolution="ndcops failover status",
        )
