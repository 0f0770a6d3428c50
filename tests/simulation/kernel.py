"""Deterministic time and order: operators are threads of which one runs at a time, chosen by the seed.

An operator gives the baton back at every outside call, before its effect. So a freeze or a kill can fall between
any check and the write that follows it, and a run with the same seed is the same run.
"""

import heapq
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


class Killed(BaseException):
    """The operator's process is gone: nothing after this has any effect."""


@dataclass
class Operator:
    """One process of ndcops on a host of `site`."""

    name: str
    site: str
    skew_s: float = 0.0
    wakes_at: float = 0.0
    frozen_until: float = -1.0
    killed: bool = False
    waiting: bool = False
    finished: bool = False
    ending: str = ""
    calls: int = 0
    baton: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    thread: threading.Thread | None = None


class Kernel:
    """Simulated seconds, timed events, operators."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = 0.0
        self.operators: list[Operator] = []
        self.on_call: Callable[[Operator], None] = lambda _: None
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._back = threading.Semaphore(0)

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Do `event` in so many seconds."""
        self._count += 1
        heapq.heappush(self._events, (self.now + seconds, self._count, event))

    def every(self, seconds: float, event: Callable[[], None]) -> None:
        """Do `event` again and again."""

        def again() -> None:
            event()
            self.after(seconds, again)

        self.after(seconds * self.random.random(), again)

    def start(self, operator: Operator, work: Callable[[], str]) -> None:
        """Begin an operator's process; `work` returns how it ended."""

        def body() -> None:
            self._wait_for_baton(operator)
            try:
                operator.ending = work()
            except Killed:
                operator.ending = "killed"
            finally:
                operator.finished = True
                self._back.release()

        operator.wakes_at = self.now
        operator.thread = threading.Thread(target=body, daemon=True, name=operator.name)
        self.operators.append(operator)
        operator.waiting = True
        operator.thread.start()

    def step_in(self, operator: Operator, seconds: float) -> None:
        """Called by an operator's thread: give the baton back for at least so long."""
        if operator.killed:
            raise Killed
        operator.calls += 1
        operator.wakes_at = self.now + seconds
        operator.waiting = True
        self._back.release()
        self._wait_for_baton(operator)

    def _wait_for_baton(self, operator: Operator) -> None:
        operator.baton.acquire()
        operator.waiting = False
        if operator.killed:
            raise Killed

    def run(self, until: float, done: Callable[[], bool]) -> None:
        """Let time pass until `done` or the limit."""
        while self.now < until and not done():
            alive = [o for o in self.operators if o.waiting and not o.finished]
            ready = [o for o in alive if max(o.wakes_at, o.frozen_until) <= self.now]
            if ready:
                operator = self.random.choice(ready)
                self.on_call(operator)
                if operator.frozen_until > self.now and not operator.killed:
                    continue
                self._grant(operator)
                continue
            times = [max(o.wakes_at, o.frozen_until) for o in alive]
            if self._events:
                times.append(self._events[0][0])
            if not times:
                return
            self.now = max(self.now, min(*times, until) if len(times) > 1 else min(times[0], until))
            while self._events and self._events[0][0] <= self.now:
                heapq.heappop(self._events)[2]()

    def run_events(self, until: float) -> None:
        """Let time pass to `until`; all timed events that are due happen in their order."""
        while self._events and self._events[0][0] <= until:
            at, _, event = heapq.heappop(self._events)
            self.now = max(self.now, at)
            event()
        self.now = max(self.now, until)

    def stop(self) -> None:
        """End every operator's thread."""
        for operator in self.operators:
            operator.killed = True
            while not operator.finished:
                self._grant(operator)
            if operator.thread is not None:
                operator.thread.join()

    def _grant(self, operator: Operator) -> None:
        operator.waiting = False
        operator.baton.release()
        self._back.acquire()
