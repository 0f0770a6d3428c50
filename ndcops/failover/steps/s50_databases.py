"""Patroni: the leader moves. Its leader key is the fence: who loses it stops writing by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from ndcops.failover.ports import Clock
from ndcops.failover.steps.converge import converge
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.errors import Refused
from ndcops.model.failover import DatabaseMember, DatabaseState
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report

_RUNNING = frozenset({"running", "streaming"})
_LOOPS_TO_CHOOSE = 4
"""Patroni chooses synchronous standbys in its loop: one to see a member, one to ask it, and twice that."""


@dataclass(frozen=True)
class SwitchLeader(ServiceStep):
    """A planned change of leader from `source` to `site`: the old leader ships all it has before it stops."""

    kind: ClassVar[str] = "failover/switch-database"

    source: str
    site: str

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: database leader from {self.source} to {self.site} (Patroni switchover)"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when no member at the site comes to lead in time."""
        return lead_at(world, self.service, self.site, report)

    def undo(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Switch back, with the same care."""
        return lead_at(world, self.service, self.source, report)


@dataclass(frozen=True)
class TakeLeader(ServiceStep):
    """The leader's site is lost: waits for the leader key to expire, and sees to it that `site` leads.

    without_standby: the operator accepted that no synchronous standby is known, so writes may be lost.
    """

    kind: ClassVar[str] = "failover/take-database"
    irreversible: ClassVar[str] = "the old leader's site is lost; once it is back: ndcops failover failback"

    victim: str
    site: str
    without_standby: bool

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: database leader to {self.site} once {self.victim}'s leader key has expired"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises Refused when the victim still renews its key, NdcopsError when no member can lead."""
        databases, service = world.drivers.databases, world.service(self.service)
        began_s = world.clock.monotonic_s()

        def write(state: DatabaseState) -> Callable[[int], object] | None:
            waited_s = world.clock.monotonic_s() - began_s
            if state.leader and state.leader_site == self.victim:
                self._refuse_living(state, waited_s)
                return None
            if state.leader:
                return _switch(world, state, self.site)
            # Patroni elects by itself within two loops when it may; only then is it told to.
            if state.pending or waited_s < 2 * state.loop_wait_s:
                return None
            chosen = self._candidate(state)
            return lambda epoch: databases.failover(service, candidate=chosen.name, expect_leader="", epoch=epoch)

        state = converge(
            world,
            f"{self.service}: database leader at {self.site}",
            read=lambda: databases.read(service),
            write=write,
            done=lambda state: _leads(state, self.site),
            say=lambda state: f"leader: {state.leader or 'none yet'}",
            timeout_s=world.limits.database_s,
            report=report,
        )
        return {"leader": state.leader, "timeline": _timeline(state)}

    def _refuse_living(self, state: DatabaseState, waited_s: float) -> None:
        if waited_s > state.ttl_s + 2 * state.loop_wait_s:
            raise Refused(
                f"{self.service}: {self.victim} still holds the database's leader key after {waited_s:.0f} s",
                details=[f"{state.leader} renews it: {self.victim} is not lost, only not reachable from here"],
                resolution=f"ndcops failover switch {self.service} from a host that reaches {self.victim}",
            )

    def _candidate(self, state: DatabaseState) -> DatabaseMember:
        members = [m for m in state.at(self.site) if m.state in _RUNNING]
        synchronous = [m for m in members if m.name in state.sync_standbys]
        if synchronous:
            return synchronous[0]
        if not self.without_standby:
            raise Refused(
                f"{self.service}: no synchronous standby at {self.site}: writes may be missing there",
                details=[f"synchronous standbys: {', '.join(state.sync_standbys) or 'none'}"],
                resolution=f"ndcops failover plan … --accept no-sync-standby:{self.service}",
            )
        return _nearest(self.service, self.site, members)


@dataclass(frozen=True)
class AwaitStandby(ServiceStep):
    """A change of leader is over when a synchronous standby is back: until then a second loss stops the data.

    The one at the service's other site, while that lives: else it could not go back there.
    """

    kind: ClassVar[str] = "failover/await-standby"

    site: str

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.service}: wait for a synchronous standby of the leader at {self.site}"

    def apply(self, world: FailoverWorld, report: Report) -> JsonObject:
        """Raises NdcopsError when none comes in time."""
        service = world.service(self.service)
        other = service.home if self.site == service.standby else service.standby
        choice = StandbyChoice(world.clock, other)

        def is_done(state: DatabaseState) -> bool:
            has_standby = bool(state.sync_standbys) or not state.synchronous
            return _leads(state, self.site) and has_standby and choice.is_made(state)

        state = converge(
            world,
            f"{self.service}: synchronous standby",
            read=lambda: world.drivers.databases.read(service),
            write=lambda _: None,
            done=is_done,
            say=lambda state: (
                f"leader {state.leader or 'none'}, standbys: {', '.join(state.sync_standbys) or 'none'}"
            ),
            timeout_s=world.limits.database_s,
            report=report,
        )
        return {"sync_standbys": list(state.sync_standbys)}


class StandbyChoice:
    """Whether Patroni has chosen: a member at `site` confirms writes, or it had the time of some loops."""

    def __init__(self, clock: Clock, site: str) -> None:
        self._clock, self._site = clock, site
        self._since_s: float | None = None

    def is_made(self, state: DatabaseState) -> bool:
        """A dead site's members, or a cluster that is not synchronous, are not waited for."""
        is_alive = any(member.answers for member in state.at(self._site))
        if not state.synchronous or not is_alive or confirms(state, self._site):
            return True
        now_s = self._clock.monotonic_s()
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s >= _LOOPS_TO_CHOOSE * state.loop_wait_s


def confirms(state: DatabaseState, site: str) -> bool:
    """Whether a commit waits for a member at that site."""
    return any(member.name in state.sync_standbys for member in state.at(site))


def lead_at(world: FailoverWorld, service_id: str, site: str, report: Report) -> JsonObject:
    """Bring the leader to `site` by switchover, from wherever it is."""
    service, databases = world.service(service_id), world.drivers.databases
    state = converge(
        world,
        f"{service_id}: database leader at {site}",
        read=lambda: databases.read(service),
        write=lambda state: _switch(world, state, site),
        done=lambda state: _leads(state, site),
        say=lambda state: f"leader: {state.leader or 'none yet'}",
        timeout_s=world.limits.database_s,
        report=report,
    )
    return {"leader": state.leader, "timeline": _timeline(state)}


def _switch(world: FailoverWorld, state: DatabaseState, site: str) -> Callable[[int], object] | None:
    """A switchover to a member at `site` that is ready for it; None while there is nothing to ask for."""
    if not state.leader or state.leader_site == site or state.pending:
        return None
    members = [m for m in state.at(site) if m.state in _RUNNING]
    synchronous = [m for m in members if m.name in state.sync_standbys]
    candidates = synchronous or ([] if state.synchronous else members)
    if not candidates:
        return None
    chosen = _nearest(state.service, site, candidates)
    service = world.service(state.service)
    return lambda epoch: world.drivers.databases.switchover(
        service, leader=state.leader, candidate=chosen.name, epoch=epoch
    )


def _leads(state: DatabaseState, site: str) -> bool:
    leader = state.member(state.leader)
    return leader is not None and leader.site == site and leader.role == "leader" and leader.state in _RUNNING


def _nearest(service_id: str, site: str, members: list[DatabaseMember]) -> DatabaseMember:
    known = [m for m in members if m.lag_bytes is not None]
    if not known:
        raise Refused(
            f"{service_id}: no database member at {site} whose lag is known",
            resolution=f"ndcops failover status {service_id}",
        )
    return min(known, key=lambda m: (m.lag_bytes or 0, m.name))


def _timeline(state: DatabaseState) -> int:
    leader = state.member(state.leader)
    return (leader.timeline or 0) if leader else 0
