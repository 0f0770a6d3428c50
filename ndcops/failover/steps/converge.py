"""The one loop by which every step reaches what it wants: read, write what is missing, read again.

Safety: the lock is confirmed before each write, a write carries what was read, and whether a lost reply's write
took effect is found out by reading. So a step may be cut off anywhere and applied again.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ndcops.failover.steps.world import FailoverWorld
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import Changed, Unreachable
from ndcops.workflow.step import Report

State = TypeVar("State")

_FIRST_LOOK_S = 0.05
_LOOKS = 40
"""What takes long is looked at less often: after a fortieth of the time waited, which adds 2.5% at most."""


def converge(
    world: FailoverWorld,
    what: str,
    *,
    read: Callable[[], State],
    write: Callable[[State], Callable[[int], object] | None],
    done: Callable[[State], bool],
    say: Callable[[State], str],
    timeout_s: float,
    report: Report,
) -> State:
    """Read until `done`, writing where `write` gives a write; returns the last state.

    write: what is to be written for a state, as a call that takes the epoch; None when only waiting is left.
    say: the state in words, for the person who waits. Raises NdcopsError after timeout_s, with the last state or
    the last reason why nobody answered; Overtaken at once when the lock is lost.
    """
    began_s = world.clock.monotonic_s()
    last, said, wrote = "never looked", "", False
    while True:
        world.check_stopped(what)
        wrote_before, wrote = wrote, False
        try:
            state = read()
            if done(state):
                return state
            last = say(state)
            pending = write(state)
            if pending is not None:
                pending(world.confirmed_epoch())
                wrote = True
        except (Changed, Unreachable) as error:
            last = error.message
        if last != said:
            report(last)
            said = last
        waited_s = world.clock.monotonic_s() - began_s
        if waited_s >= timeout_s:
            raise NdcopsError(
                f"{what}: not reached within {timeout_s:g} s",
                details=[f"last seen: {last}"],
                resolution=f"ndcops failover resume {world.run}",
            )
        if not wrote or wrote_before:  # a first write is looked at at once: most take effect immediately
            world.clock.sleep(min(world.limits.poll_s, max(_FIRST_LOOK_S, waited_s / _LOOKS)))


Part = TypeVar("Part")


def converge_all(
    world: FailoverWorld,
    what: str,
    *,
    read: Callable[[], Sequence[Part]],
    right: Callable[[Part], bool],
    act: Callable[[Part, int], object],
    done: Callable[[Part], bool],
    say: Callable[[Part], str],
    timeout_s: float,
    report: Report,
) -> Sequence[Part]:
    """`converge` over the parts of one thing: each that is not `right` is written by `act`, then all are awaited.

    right: whether the part's wish (its spec) is as it shall be. done: whether its state is.
    """

    def first_wrong(parts: Sequence[Part]) -> Callable[[int], object] | None:
        wrong = next((part for part in parts if not right(part)), None)
        return None if wrong is None else lambda epoch: act(wrong, epoch)

    return converge(
        world,
        what,
        read=read,
        write=first_wrong,
        done=lambda parts: all(right(part) and done(part) for part in parts),
        say=lambda parts: "; ".join(say(part) for part in parts if not (right(part) and done(part))),
        timeout_s=timeout_s,
        report=report,
    )
