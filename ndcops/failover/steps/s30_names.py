"""DNS: the time to live goes down before a move, the addresses change in it, the time to live comes back after."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.failover.steps.converge import converge_all
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.errors import Refused
from ndcops.model.failover import ServerAnswer
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class LowerTtl(ServiceStep):
    """Lowers the time to live of the service's names at `servers`, then waits until old answers have died.

    address: where the names lead, which stays. old_ttl_s: the longest that a resolver may keep what it was told.
    """

    kind: ClassVar[str] = "failover/lower-ttl"

    servers: tuple[str, ...]
    address: str
    old_ttl_s: int
    ttl_s: int

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: time to live {self.old_ttl_s} s → {self.ttl_s} s, wait {self.old_ttl_s} s"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when a server does not take it."""
        was_low = self._is_low(world)
        set_names(world, self.service, self.servers, (self.address,), (self.address,), self.ttl_s, report)
        waited_s = self._wait(world, was_low, report)
        return {"ttl_s": self.ttl_s, "waited_s": round(waited_s)}

    def _is_low(self, world: FailoverWorld) -> bool:
        answers = [
            answer
            for name in world.service(self.service).dns_names
            for answer in world.drivers.names.read(name, self.servers).answers
            if answer.server in self.servers
        ]
        return all(not answer.problem and answer.ttl_s <= self.ttl_s for answer in answers)

    def _wait(self, world: FailoverWorld, was_low: bool, report: Report) -> float:
        """A resumed step that finds the names lowered waits only for what is left."""
        began = world.history.begun_at(self.key)
        gone_s = 0.0
        if was_low and began is not None:
            gone_s = min(float(self.old_ttl_s), max(0.0, (world.clock.now() - began).total_seconds()))
        left_s = self.old_ttl_s - gone_s
        if left_s > 0:
            report(f"old answers live for {left_s:.0f} s more")
            world.clock.sleep(left_s)
        return left_s

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """The old time to live again."""
        set_names(world, self.service, self.servers, (self.address,), (self.address,), self.old_ttl_s, report)
        return {"ttl_s": self.old_ttl_s}


@dataclass(frozen=True)
class MoveNames(ServiceStep):
    """Changes the addresses of the service's names at every one of `servers`, and asks each.

    known: the addresses that may stand there now, the old one first.
    """

    kind: ClassVar[str] = "failover/names"

    servers: tuple[str, ...]
    known: tuple[str, ...]
    address: str
    ttl_s: int

    def describe(self) -> str:
        """One line for the person who confirms."""
        at = f"at {len(self.servers)} servers"
        return f"{self.service}: names lead to {self.address} (were {self.known[0]}) {at}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises Refused when a server has an address that is neither known nor the new one."""
        known = (*self.known, self.address)
        set_names(world, self.service, self.servers, known, (self.address,), self.ttl_s, report)
        return {"address": self.address, "servers": list(self.servers)}

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """The old addresses again."""
        known = (*self.known, self.address)
        set_names(world, self.service, self.servers, known, self.known[:1], self.ttl_s, report)
        return {"address": self.known[0]}


@dataclass(frozen=True)
class RestoreTtl(ServiceStep):
    """The time to live of steady times, once the move has been verified."""

    kind: ClassVar[str] = "failover/restore-ttl"

    servers: tuple[str, ...]
    address: str
    ttl_s: int
    low_ttl_s: int

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: time to live back to {self.ttl_s} s"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when a server does not take it."""
        set_names(world, self.service, self.servers, (self.address,), (self.address,), self.ttl_s, report)
        return {"ttl_s": self.ttl_s}

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Low again, as a move back needs it."""
        set_names(world, self.service, self.servers, (self.address,), (self.address,), self.low_ttl_s, report)
        return {"ttl_s": self.low_ttl_s}


def set_names(
    world: FailoverWorld,
    service_id: str,
    servers: tuple[str, ...],
    known: tuple[str, ...],
    addresses: tuple[str, ...],
    ttl_s: int,
    report: Report,
) -> None:
    """Bring every name of the service to addresses and time to live at every one of `servers`.

    known: the addresses that may stand there now; another one means that somebody else writes the zone: Refused.
    """
    names = world.drivers.names
    for name in world.service(service_id).dns_names:

        def is_right(answer: ServerAnswer, name: str = name) -> bool:
            if answer.problem:
                return True  # nothing can be written there now; `done` says that it is not there yet
            if not set(answer.addresses) <= set(known):
                found = ", ".join(answer.addresses)
                raise Refused(
                    f"{name} at {answer.server} leads to {found}; expected {' or '.join(known)}",
                    details=["somebody else writes this zone"],
                    resolution=f"ndcops failover resume {world.run}",
                )
            return answer.addresses == addresses and answer.ttl_s == ttl_s

        def act(answer: ServerAnswer, epoch: int, name: str = name) -> None:
            names.update(
                name, answer.server, expect=answer.addresses, addresses=addresses, ttl_s=ttl_s, epoch=epoch
            )

        converge_all(
            world,
            f"{service_id}: {name} to {', '.join(addresses)}",
            read=lambda name=name: [a for a in names.read(name, servers).answers if a.server in servers],  # type: ignore[misc]
            right=is_right,
            act=act,
            done=lambda answer: not answer.problem,
            say=lambda answer: f"{answer.server}: {answer.problem or 'not yet'}",
            timeout_s=world.limits.names_s,
            report=report,
        )
