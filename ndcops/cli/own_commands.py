"""Runs a command of this program inside this program, as if it had been typed; `agency runbook` performs steps so.

What it prints is shown and kept. At the end of its time box it gets the signal that Ctrl-C sends, so that it saves
what it has.
"""

import io
import os
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from types import FrameType
from typing import TextIO

from ndcops.cli.options import Options
from ndcops.model.errors import Refused
from ndcops.model.runbook import KEY_BLANK
from ndcops.onboarding.ports.commands import Outcome

KEY_VARIABLE = KEY_BLANK.removeprefix("$")


class _Kept(io.TextIOBase):
    """A stream that goes on to where it went, and is kept. shown: whether it goes on at all."""

    def __init__(self, onward: TextIO, *, shown: bool) -> None:
        self._onward = onward
        self._shown = shown
        self._kept = io.StringIO()

    def write(self, text: str) -> int:
        self._kept.write(text)
        return self._onward.write(text) if self._shown else len(text)

    def flush(self) -> None:
        self._onward.flush()

    def isatty(self) -> bool:
        return self._shown and self._onward.isatty()

    @property
    def text(self) -> str:
        """All that was written."""
        return self._kept.getvalue()


@dataclass(frozen=True)
class OwnCommands:
    """options: whose target and inventory every command gets."""

    options: Options

    def run(self, command: str, *, time_box_s: int) -> Outcome:
        """Raises Refused when the command needs a signing key and the environment names none."""
        from ndcops.cli.app import run

        words = [*self._general(), *self._words(command)]
        shown = not self.options.json
        began = time.monotonic()
        out, err = _Kept(sys.stdout, shown=shown), _Kept(sys.stderr, shown=shown)
        with redirect_stdout(out), redirect_stderr(err), _time_box(time_box_s):
            code = run(words)
        return Outcome(exit_code=code, stdout=out.text, stderr=err.text, took_s=round(time.monotonic() - began))

    def _general(self) -> list[str]:
        inventory = [] if self.options.inventory is None else ["--inventory", str(self.options.inventory)]
        return ["--target", self.options.target, *inventory]

    def _words(self, command: str) -> list[str]:
        words = shlex.split(command)[1:]
        if KEY_BLANK not in words:
            return words
        key = os.environ.get(KEY_VARIABLE)
        if not key:
            raise Refused(
                f"'{command}' is signed by whoever runs it, and no key is at hand",
                resolution=f"{KEY_VARIABLE}=FILE and the same command again",
            )
        return [key if word == KEY_BLANK else word for word in words]


@contextmanager
def _time_box(seconds: int) -> Iterator[None]:
    """After so long the process gets SIGINT, as from Ctrl-C; once only."""

    def over(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
