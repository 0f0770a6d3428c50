"""Runs the host's own programs with a fixed environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NamedTuple

from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The longest is a service whose start waits for its own time-out of 90 s.
TIMEOUT_S = 120


class Answer(NamedTuple):
    """How a program ended."""

    code: int
    out: str
    err: str

    def last_words(self) -> str:
        """Return what the program said, for an error message."""
        return (self.err.strip() or self.out.strip() or f"exit code {self.code}")[-1000:]


class Programs:
    """The host's programs; a test puts its own object here."""

    def has(self, name: str) -> bool:
        """Tell whether the program is installed."""
        return shutil.which(name, path=SEARCH_PATH) is not None

    def run(self, *command: str) -> Answer:
        """Run a program to its end; raises Impossible when it is missing or does not end."""
        environment = {**os.environ, "PATH": SEARCH_PATH, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        try:
            done = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=TIMEOUT_S,
                check=False,
            )
        except FileNotFoundError:
            raise Impossible(f"{command[0]} is not installed on this host") from None
        except subprocess.TimeoutExpired:
            raise Impossible(f"{' '.join(command)} did not end in {TIMEOUT_S} s") from None
        return Answer(done.returncode, done.stdout, done.stderr)

    def must(self, *command: str) -> str:
        """Run a program that has to succeed; return its output, raises Impossible."""
        answer = self.run(*command)
        if answer.code != 0:
            raise Impossible(f"{' '.join(command)}: {answer.last_words()}")
        return answer.out
