"""How far a build is and how long it still takes; build.py reports it, the command line shows it."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

LISTING: Final = "looking at modules"
DOWNLOADING: Final = "downloading modules"
COMPILING: Final = "compiling packages"
LINKING: Final = "linking"
COPYING: Final = "copying"
PACKING: Final = "packing"
CHECKING: Final = "checking"


@dataclass(frozen=True)
class BuildProgress:
    """One moment of a build; done and total count what the phase names, remaining_s covers the whole build."""

    engine: str
    phase: str
    done: int
    total: int
    remaining_s: float | None


ProgressSink = Callable[[BuildProgress], None]


def silent(_: BuildProgress) -> None:
    """The sink of callers that show nothing."""


@dataclass(frozen=True)
class Pace:
    """Seconds a package and the last link take here; measured by the build before, or the engine's footprint."""

    package_s: float
    link_s: float


def read_pace(path: Path, default: Pace) -> Pace:
    """Return the pace of the last build, or default; a broken file costs only a worse guess."""
    try:
        measured = json.loads(path.read_text())
        return Pace(float(measured["package_s"]), float(measured["link_s"]))
    except (OSError, ValueError, KeyError, TypeError):
        return default


def write_pace(path: Path, pace: Pace) -> None:
    """Keep a pace for the next build's guess."""
    path.write_text(json.dumps(asdict(pace)))


def remaining_s(*, done: int, total: int, elapsed_s: float, expected_s: float) -> float:
    """Return the seconds left of work expected to take expected_s, of which done/total took elapsed_s.

    The expectation counts in full at the start and gives way to the measured pace as packages finish.
    """
    by_expectation = max(expected_s - elapsed_s, 0.0)
    if done <= 0 or total <= 0:
        return by_expectation
    share = min(done / total, 1.0)
    by_pace = elapsed_s / share - elapsed_s
    return share * by_pace + (1 - share) * by_expectation


class Stopwatch:
    """Seconds since it was made, on a clock that no time change moves."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def elapsed_s(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._started
