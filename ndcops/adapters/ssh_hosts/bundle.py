"""The guard as one file for a host (a Python zip application) and the archive that installs it."""

import io
import tarfile
import zipfile
from functools import cache
from pathlib import Path

_ON_HOST = Path(__file__).parent / "on_host"
_EPOCH = (1980, 1, 1, 0, 0, 0)
GUARD = "/usr/local/lib/ndcops/guard"
_UNITS = "usr/local/lib/systemd/system"
_WANTED_BY = ("sysinit.target", "emergency.target", "rescue.target")
"""Targets that start the timer when a host boots while armed; the latter two when its boot fails."""

_START = "from guard.guard import main\nraise SystemExit(main())\n"


@cache
def guard_program() -> bytes:
    """The zip application: the same bytes on every machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in [("__main__.py", _START), *_sources()]:
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text)
    return b"#!/usr/bin/python3 -IB\n" + buffer.getvalue()


def _sources() -> list[tuple[str, str]]:
    return [(f"guard/{path.name}", path.read_text()) for path in sorted(_ON_HOST.glob("*.py"))]


@cache
def guard_archive() -> bytes:
    """A tar archive to unpack at the host's root: program, units, and what starts the timer at boot.

    Nothing lies in /etc, which a host's guard must leave as it is.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        _add(archive, GUARD.lstrip("/"), guard_program(), 0o755)
        for unit in sorted((_ON_HOST / "units").iterdir()):
            _add(archive, f"{_UNITS}/{unit.name}", unit.read_bytes(), 0o644)
        for target in _WANTED_BY:
            link = tarfile.TarInfo(f"{_UNITS}/{target}.wants/ndcops-guard.timer")
            link.type, link.linkname = tarfile.SYMTYPE, "../ndcops-guard.timer"
            archive.addfile(link)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))
