"""Both sides at once, and the stream between them."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from ndcops.model.errors import Interrupted, Refused
from ndcops.model.proving import Direction, NotLookedAt
from ndcops.onboarding.ports import ProvenDatabase

S = TypeVar("S")
T = TypeVar("T")

_NUDGE_S = 0.1
"""After so long what is missing may be WAL that no commit needs (pages that reading has pruned).

It lies unflushed, and so unsent, up to 15 s (LOG_SNAPSHOT_INTERVAL_MS in bgwriter.c).
"""

_STOP_S = 0.2
"""How soon a Ctrl-C is heard."""


@dataclass(frozen=True)
class Pool:
    """Two threads, one a side."""

    threads: ThreadPoolExecutor
    stop: threading.Event
    interrupt: Callable[[], None]

    def both(self, first: Callable[[], S], second: Callable[[], T]) -> tuple[S, T]:
        """What both gave. Raises what either raised, at once when a side is gone; Interrupted once asked to."""
        one, other = self.threads.submit(first), self.threads.submit(second)
        waiting: set[Future[Any]] = {one, other}
        while waiting:
            done, waiting = wait(waiting, timeout=_STOP_S, return_when=FIRST_EXCEPTION)
            if self.stop.is_set():
                self.interrupt()
                raise_if_stopped(self.stop)
            for future in done:
                self._raise_if_gone(future)
        return one.result(), other.result()

    def _raise_if_gone(self, future: Future[Any]) -> None:
        """The other side is not waited for when there is nothing to compare it with."""
        error = future.exception()
        if error is not None and not isinstance(error, NotLookedAt):
            self.interrupt()
            raise error


@dataclass(frozen=True)
class Stream:
    """What runs between two sides. upstream: where applications write."""

    upstream: ProvenDatabase
    slot: str
    lag_s: float
    clock: Callable[[], float]
    pause: Callable[[float], object]
    stop: threading.Event

    def catch_up(self, position: int) -> None:
        """Return once the downstream shows everything up to `position`. Raises Refused when it never does."""
        began_s, pause_s, is_nudged = self.clock(), 0.002, False
        while True:
            waited_s = self.clock() - began_s
            state = self.upstream.stream(self.slot)
            if state is not None and state.applied >= position:
                return
            if state is None or waited_s >= self.lag_s:
                raise _late(position, state.applied if state else None, self.lag_s)
            raise_if_stopped(self.stop)
            if waited_s >= _NUDGE_S and not is_nudged:
                self.upstream.nudge()
                is_nudged = True
            self.pause(pause_s)
            pause_s = min(0.1, pause_s * 2)


def _late(position: int, applied: int | None, lag_s: float) -> Refused:
    if applied is None:
        why = "the stream's slot is gone"
    else:
        why = f"the stream did not catch up within {lag_s:g} s: {position - applied} bytes behind"
    return Refused(
        f"nothing can be concluded: {why}",
        details=["what differs now may only be on its way"],
        resolution="see that the subscription runs and its lag is small, then run the same command again",
    )


def raise_if_stopped(stop: threading.Event) -> None:
    """Raises Interrupted once it was asked for."""
    if stop.is_set():
        raise Interrupted("interrupted; nothing was changed, and nothing is concluded")


def while_not_stopped(rows: Iterable[S], stop: threading.Event) -> Iterator[S]:
    """The rows as they come. Raises Interrupted once it was asked for."""
    for row in rows:
        raise_if_stopped(stop)
        yield row


@dataclass(frozen=True)
class Sides:
    """Source and target, which of them leads the stream, and the stream; None when nothing runs."""

    source: ProvenDatabase
    target: ProvenDatabase
    direction: Direction
    stream: Stream | None
    pool: Pool

    @property
    def source_leads(self) -> bool:
        """Whether the source is the upstream; without a stream it is taken as such."""
        return self.direction is not Direction.REVERSE

    @property
    def upstream(self) -> ProvenDatabase:
        """Where applications write."""
        return self.source if self.source_leads else self.target

    @property
    def downstream(self) -> ProvenDatabase:
        """Where the stream arrives."""
        return self.target if self.source_leads else self.source

    def caught_up(self) -> int:
        """A position of the upstream that the downstream shows by now. Raises Refused."""
        position = self.upstream.position()
        if self.stream is not None:
            self.stream.catch_up(position)
        return position
