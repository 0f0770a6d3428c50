"""Runs the scanners on a host and brings their results back; wiring hands in how hosts are reached."""

import hashlib
import lzma
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ndcops.adapters.host_scanners import lynis, openscap
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.hardening import CommandResult, HostTarget
from ndcops.model.scan import Scan

TIMEOUT_S = 600.0
_FOLDER = "/run/ndcops-scan"
"""In memory, and gone with the next boot: a scan leaves nothing on the host's disks but the scanners' own logs."""

_UNPACK = "import lzma, sys; sys.stdout.buffer.write(lzma.decompress(sys.stdin.buffer.read()))"
_TAKE_CONTENT = f"umask 077; mkdir -p {_FOLDER}; exec python3 -c '{_UNPACK}' > {_FOLDER}/content.xml"


class RunOnHost(Protocol):
    """How a program is run on a host."""

    def __call__(
        self, target: HostTarget, argv: Sequence[str], *, sudo: bool, text: bytes = b"", timeout_s: float
    ) -> CommandResult:
        """Run it; `text` is its standard input."""
        ...


class HostScanners:
    """OpenSCAP and Lynis. Raises NdcopsError when a scanner is missing on the host or does not come to its end."""

    def __init__(self, run: RunOnHost, *, now: Callable[[], datetime]) -> None:
        self._run = run
        self._now = now

    def openscap(self, target: HostTarget, content: Path, profile: str) -> Scan:
        """Judge a host by a profile of a data stream. Raises InvalidInput when `content` is no such file."""
        packed, digest = _packed(content)
        version = self._version(target, "oscap", "openscap-scanner")
        begun, taken_at = time.monotonic(), self._now()
        self._done(
            target, self._as_root(target, "sh", "-c", _TAKE_CONTENT, text=packed), "cannot take the content"
        )
        results = f"{_FOLDER}/results.xml"
        said = self._as_root(target, *openscap.command(f"{_FOLDER}/content.xml", profile, results))
        if not openscap.is_done(said.code):
            raise NdcopsError(
                f"{target.where}: oscap ended with {said.code}", details=said.error.strip().splitlines()[-5:]
            )
        read = self._done(target, self._as_root(target, "cat", results), "has no results")
        self._as_root(target, "rm", "-rf", _FOLDER)
        return Scan(
            host=target.host.name,
            scanner="openscap",
            version=version,
            profile=profile,
            content_sha256=digest,
            taken_at=taken_at,
            duration_s=round(time.monotonic() - begun, 1),
            verdicts=openscap.read_results(read.output.encode(), target.host.name),
        )

    def lynis(self, target: HostTarget) -> Scan:
        """Let Lynis look at a host, no test skipped."""
        self._version(target, "lynis", "lynis")
        begun, taken_at = time.monotonic(), self._now()
        self._as_root(target, *lynis.COMMAND)
        said = self._done(target, self._as_root(target, "cat", lynis.REPORT), "has no report of Lynis")
        found = lynis.read_report(said.output, target.host.name)
        return Scan(
            host=target.host.name,
            scanner="lynis",
            version=found.version,
            profile="default",
            content_sha256=hashlib.sha256(said.output.encode()).hexdigest(),
            taken_at=taken_at,
            duration_s=round(time.monotonic() - begun, 1),
            index=found.index,
            tests=found.tests,
            suggestions=found.suggestions,
        )

    def _version(self, target: HostTarget, program: str, package: str) -> str:
        said = self._as_root(target, "dpkg-query", "--show", "--showformat", "${Version}", package)
        if said.code:
            raise NdcopsError(
                f"{target.where}: {program} is not installed", resolution=f"on the host: apt-get install {package}"
            )
        return said.output.strip()

    def _as_root(self, target: HostTarget, *argv: str, text: bytes = b"") -> CommandResult:
        return self._run(target, argv, sudo=True, text=text, timeout_s=TIMEOUT_S)

    def _done(self, target: HostTarget, said: CommandResult, what: str) -> CommandResult:
        if said.code:
            raise NdcopsError(f"{target.where}: {what}", details=said.error.strip().splitlines()[-3:])
        return said


def _packed(content: Path) -> tuple[bytes, str]:
    """The content packed with xz, and the SHA-256 of what is inside. Raises InvalidInput."""
    try:
        raw = content.read_bytes()
        plain = lzma.decompress(raw) if content.suffix == ".xz" else raw
    except (OSError, lzma.LZMAError) as error:
        raise InvalidInput(f"{content} cannot be read: {error}") from error
    if b"<" not in plain[:1024]:
        raise InvalidInput(f"{content} is no XML; expected an SCAP data stream, plain or packed with xz")
    return (raw if content.suffix == ".xz" else lzma.compress(plain)), hashlib.sha256(plain).hexdigest()
