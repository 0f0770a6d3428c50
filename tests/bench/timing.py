"""The time that one call may take: rounds stop early enough, and every line tells how far it is."""

import sys
import time
from collections.abc import Callable, Iterator

from ndcops.model.errors import NdcopsError
from tests.bench.sandbox import BenchFailed

CALL_LIMIT_S = 28 * 60.0
"""A call may take thirty minutes; two are for clearing up."""


class Clock:
    """Seed, wanted rounds and the seconds left of one call."""

    def __init__(self, seed: int, wanted: int, limit_s: float = CALL_LIMIT_S) -> None:
        self.seed = seed
        self.wanted = wanted
        self._limit_s = limit_s
        self._began = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the call began."""
        return time.monotonic() - self._began

    @property
    def left_s(self) -> float:
        """Seconds left; negative when the time is over."""
        return self._limit_s - self.elapsed_s

    def rounds(self, what: str, *, share: float = 1.0, first: int = 1) -> Iterator[int]:
        """Numbers of rounds up to the wanted one, as long as the longest so far fits into `share` of the time.

        The first round is always run.
        """
        longest_s = 0.0
        for number in range(first, self.wanted + 1):
            left_s = self._limit_s * share - self.elapsed_s
            if number > first and longest_s > left_s:
                self.say(f"{what}: no time for round {number} of {self.wanted}")
                return
            self.say(f"{what}: round {number} of {self.wanted}{_left(longest_s * (self.wanted - number + 1))}")
            began = time.monotonic()
            yield number
            longest_s = max(longest_s, time.monotonic() - began)

    def say(self, text: str) -> None:
        """One line of progress on stderr; stdout is for the result."""
        print(f"[{self.elapsed_s:6.1f} s] {text}", file=sys.stderr, flush=True)


def _left(seconds: float) -> str:
    return f", about {seconds:.0f} s left" if seconds else ""


def until(check: Callable[[], bool], what: str, timeout_s: float) -> None:
    """Ask until it is so. Raises BenchFailed."""
    deadline = time.monotonic() + timeout_s
    problem = ""
    while True:
        try:
            if check():
                return
        except NdcopsError as error:
            problem = error.message
        if time.monotonic() > deadline:
            raise BenchFailed(f"{what}: not so after {timeout_s:.0f} s {problem}")
        time.sleep(0.1)
