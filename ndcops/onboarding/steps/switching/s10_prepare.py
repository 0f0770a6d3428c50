"""Everything that can be done before writes stop: sentinel, way back, a closed other end, a quick stream."""

from collections.abc import Callable
from typing import ClassVar

from ndcops.model.cutover import End, Stream
from ndcops.model.errors import Refused
from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.switching.base import SwitchStep
from ndcops.onboarding.steps.switching.world import SwitchWorld, reach
from ndcops.workflow.step import Report

_LOOK_S = 0.05


class Prepare(SwitchStep):
    """back: the stream that will lead from the end that takes over to the one that is left; None for none.

    outlives_leader: it goes on at a standby that takes over there.
    """

    kind: ClassVar[str] = "switch/prepare"

    back: Stream | None = None
    outlives_leader: bool = False

    def describe(self) -> str:
        """One line for the person who confirms."""
        way = f", stream back made ready ({self._lasts()})" if self.back is not None else ""
        return f"{self.database}: {self.leaving.other} closed to all{way}, sentinel goes through in time"

    def _lasts(self) -> str:
        if self.outlives_leader:
            return f"it outlives a change of the {self.leaving.other}'s leader"
        return f"a change of the {self.leaving.other}'s leader ends it, and with it agency rollback"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises Refused when the stream is too slow for a short pause, or not all tables stream."""
        limit_s = world.limits.prepare_s
        reach(world, f"{self.database}: our tables", self._room(world), timeout_s=limit_s, report=report)
        self._give_door(world, report)
        if self.back is not None:
            reach(world, f"{self.database}: stream back", self._way(world), timeout_s=limit_s, report=report)
        left = self.left(world)

        def watched() -> bool:
            left.watch(self.stream)
            return True

        reach(world, f"{self.database}: a slot watches", watched, timeout_s=limit_s, report=report)
        latency_ms = self._latency_ms(world, report)
        report(f"a sentinel takes {latency_ms} ms")
        return {"latency_ms": latency_ms}

    def _give_door(self, world: SwitchWorld, report: Report) -> None:
        """The target's database gets its owner, rights and settings before, and is closed again at once: sessions
        that begin meanwhile can only read, and are ended.
        """
        give = world.moves[self.database].give_door
        if give is None or self.leaving is End.TARGET:
            return
        taking = self.taking(world)

        def attempt() -> bool:
            give()
            taking.lock_out(world.run)
            return not taking.put_out((self.stream.subscription,))

        what = f"{self.database}: owner, rights and settings"
        reach(world, what, attempt, timeout_s=world.limits.prepare_s, report=report)

    def _room(self, world: SwitchWorld) -> Callable[[], bool]:
        left, taking = self.left(world), self.taking(world)

        def attempt() -> bool:
            taking.make_room()
            left.make_room()
            left.publish_sentinel(self.stream.publication)
            taking.follow_sentinel(self.stream.subscription)
            taking.lock_out(world.run)
            inside = taking.put_out((self.stream.subscription,))
            state = taking.subscription(self.stream.subscription)
            return not inside and state is not None and not state.not_ready

        return attempt

    def _way(self, world: SwitchWorld) -> Callable[[], bool]:
        left, taking, back = self.left(world), self.taking(world), self.back

        def attempt() -> bool:
            if back is not None:
                taking.begin_stream(back, left.published(self.stream.publication))
                left.end_stream(back, world.moves[self.database].reached_as[self.leaving.other])
            return True

        return attempt

    def _latency_ms(self, world: SwitchWorld, report: Report) -> int:
        """How long a row takes now; tried until it is quick, for a stream may still be catching up."""
        began_s = world.clock.monotonic_s()
        while True:
            took_s = self._probe_s(world, report)
            if took_s <= world.limits.latency_s:
                return round(took_s * 1000)
            if world.clock.monotonic_s() - began_s > world.limits.prepare_s:
                raise Refused(
                    f"{self.database}: a row takes {took_s:.1f} s to the other end, so writes would pause as long",
                    details=[f"at most {world.limits.latency_s:g} s are taken; nothing was stopped"],
                    resolution="look at the load of both ends and the network between them, then try again",
                )

    def _probe_s(self, world: SwitchWorld, report: Report) -> float:
        left, taking, token = self.left(world), self.taking(world), world.token()
        limit_s = world.limits.prepare_s
        what = f"{self.database}: a sentinel"

        def sent() -> bool:
            left.send_sentinel(token)
            return True

        began_s = world.clock.monotonic_s()
        reach(world, f"{what} is written", sent, timeout_s=limit_s, report=report)
        reach(world, f"{what} arrives", lambda: taking.has_sentinel(token), timeout_s=limit_s, report=report)
        return world.clock.monotonic_s() - began_s

    def undo(self, world: SwitchWorld, report: Report) -> JsonObject:
        """The way back is taken away; the other end stays closed, as it was not in use."""
        back = self.back
        left, taking = self.left(world), self.taking(world)

        def attempt() -> bool:
            left.unwatch(self.stream)
            if back is not None:
                left.drop_subscription(back.subscription)
                taking.drop_stream(back)
            return True

        what = f"{self.database}: stream back taken away"
        reach(world, what, attempt, timeout_s=world.limits.after_s, report=report, poll_s=_LOOK_S)
        return {}
