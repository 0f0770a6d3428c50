"""The host that the guard works on: where its files lie and how its programs are called."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

QUICK_S, SLOW_S = 20, 120


@dataclass(frozen=True)
class Done:
    """What a program said; `code` is 127 when there is no such program, 124 when it took too long."""

    code: int
    out: str
    error: str

    @property
    def reason(self) -> str:
        """The last line of what it complained of."""
        lines = (self.error or self.out).strip().splitlines()
        return lines[-1].strip() if lines else f"ended with {self.code}"


def run(argv: tuple[str, ...], text: str = "", timeout_s: int = QUICK_S) -> Done:
    """Run a program in the C locale, without a terminal and without asking anything."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "PATH": _PATH}
    try:
        done = subprocess.run(
            argv, input=text, capture_output=True, text=True, timeout=timeout_s, env=environment, check=False
        )
    except FileNotFoundError:
        return Done(127, "", f"{argv[0]} is not installed")
    except subprocess.TimeoutExpired:
        return Done(124, "", f"{argv[0]} took more than {timeout_s} s")
    except OSError as error:
        return Done(126, "", f"{argv[0]}: {error.strerror}")
    return Done(done.returncode, done.stdout, done.stderr)


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Runner:
    """Calls programs; a test puts its own in this place."""

    def __call__(self, *argv: str, text: str = "", timeout_s: int = QUICK_S) -> Done:
        """Run `argv` to its end."""
        return run(argv, text, timeout_s)


@dataclass(frozen=True)
class Host:
    """root: where the host's files lie (a folder in tests). run: how its programs are called.

    sync: returns when all that was written would survive a power cut.
    """

    root: Path = Path("/")
    run: Runner = field(default_factory=Runner)
    sync: Callable[[], None] = os.sync

    def path(self, name: str) -> Path:
        """The file that the host calls `name`."""
        return self.root / name.lstrip("/")
