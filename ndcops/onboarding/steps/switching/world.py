"""What the steps of a change of the writing end act on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ndcops.model.cutover import End
from ndcops.model.errors import Interrupted, NdcopsError
from ndcops.model.failover import Unreachable
from ndcops.model.service_names import ServiceNames
from ndcops.onboarding.ports.switching import MoveEnd, SwitchClock
from ndcops.workflow.step import Report

_AGAIN_S = 0.1
"""After no answer: a server that crashed needs as long at least."""


@dataclass(frozen=True)
class SwitchLimits:
    """How long a step waits for what it started, in seconds. poll_s: between two looks inside the pause.

    latency_s: the longest that a sentinel may take just before the fence; the pause would be longer.
    """

    poll_s: float = 0.004
    prepare_s: float = 120
    latency_s: float = 1.0
    pause_s: float = 30
    after_s: float = 60


@dataclass(frozen=True)
class OneMove:
    """Both ends of a database, and how each server reaches the other one, in libpq's words.

    copy_large_objects: makes those of the other end the same as those of this one; gives how many were written.
    give_door: owner, rights and settings of the target's database, as the seed noted them; None for copies.
    """

    ends: Mapping[End, MoveEnd]
    reached_as: Mapping[End, str]
    copy_large_objects: Callable[[End], int]
    give_door: Callable[[], object] | None = None


@dataclass(frozen=True)
class SwitchWorld:
    """moves: by the dossier's id of the database. token: gives a text that was never given before.

    stopped: Ctrl-C was pressed; whoever takes back is not stopped by it.
    """

    run: str
    moves: Mapping[str, OneMove]
    names: ServiceNames
    clock: SwitchClock
    token: Callable[[], str]
    stopped: Callable[[], bool] = lambda: False
    limits: SwitchLimits = field(default_factory=SwitchLimits)

    def end(self, database: str, end: End) -> MoveEnd:
        """Raises NdcopsError for a database that the dossier no longer has."""
        if database not in self.moves:
            raise NdcopsError(f"database '{database}' of the run is no longer in the dossier")
        return self.moves[database].ends[end]


def reach(
    world: SwitchWorld,
    what: str,
    attempt: Callable[[], bool],
    *,
    timeout_s: float,
    report: Report,
    poll_s: float | None = None,
) -> None:
    """Try until it is so. No answer is tried again; every attempt looks at what is before it does something.

    Raises NdcopsError after timeout_s, with the last reason; Interrupted after Ctrl-C.
    """
    began_s, last = world.clock.monotonic_s(), "not so yet"
    while True:
        if world.stopped():
            raise Interrupted(f"{what}: stopped")
        pause_s = world.limits.poll_s if poll_s is None else poll_s
        try:
            if attempt():
                return
        except Unreachable as error:
            if error.message != last:
                report(error.message)
            last, pause_s = error.message, _AGAIN_S
        if world.clock.monotonic_s() - began_s >= timeout_s:
            raise NdcopsError(f"{what}: not so within {timeout_s:g} s", details=[f"last: {last}"])
        world.clock.sleep(pause_s)
