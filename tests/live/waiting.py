"""Waiting for what becomes true by itself."""

import time
from collections.abc import Callable


def wait_until(check: Callable[[], bool], what: str, timeout_s: float = 60.0, *, every_s: float = 0.2) -> None:
    """Ask until it is so. Raises AssertionError, saying what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, what
        time.sleep(every_s)
