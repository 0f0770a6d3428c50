"""Signals that stop a command, and what they do while a person is asked."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a polite kill, a closed terminal."""


@contextmanager
def default_signals() -> Iterator[None]:
    """While a person is asked, nothing is in hand: Ctrl-C ends the command at once."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with _put_back(before):
        yield


@contextmanager
def stopping(on_stop: Callable[[], None]) -> Iterator[None]:
    """While work is in hand: each signal calls `on_stop` and ends nothing by itself."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        on_stop()

    with _put_back({number: signal.signal(number, interrupt) for number in SIGNALS}):
        yield


@contextmanager
def _put_back(before: Mapping[signal.Signals, Any]) -> Iterator[None]:
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
