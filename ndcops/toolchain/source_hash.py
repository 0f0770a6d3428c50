"""The key of a built engine: a SHA-256 of everything that decides what comes out; build.py and bundle call it."""

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from ndcops.toolchain.engines import EngineSource

SHORT_LENGTH: Final = 12
BUILD_FLAGS: Final = ("-trimpath", "-buildvcs=false")
"""No path and no commit of the building machine in the result: two machines build the same bytes."""
BASE_LINKER_FLAGS: Final = ("-s", "-w")
BUILD_ENVIRONMENT: Final = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
"""Without cgo no C compiler is needed and the programs run on hosts with another C library, as upstream's do."""
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def host_platform() -> str:
    """Return this machine in Go's words: linux-amd64."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{_ARCHITECTURES.get(machine, machine)}"


def source_files(folder: Path) -> Iterator[Path]:
    """Yield go.mod, go.sum and every *.go below folder, in a stable order."""
    names = {path.relative_to(folder) for path in folder.rglob("*.go")}
    names |= {Path(name) for name in ("go.mod", "go.sum") if (folder / name).is_file()}
    yield from (folder / name for name in sorted(names))


def source_hash(source: EngineSource, folder: Path | None = None) -> str:
    """Return the hash in hex; folder replaces the source's own, for checking a copy."""
    folder = folder or source.folder
    digest = hashlib.sha256()
    for path in source_files(folder):
        _feed(digest, path.relative_to(folder).as_posix().encode())
        _feed(digest, path.read_bytes())
    recipe = {
        "product": asdict(source.product),
        "flags": BUILD_FLAGS + BASE_LINKER_FLAGS,
        "environment": BUILD_ENVIRONMENT,
        "platform": host_platform(),
    }
    _feed(digest, json.dumps(recipe, sort_keys=True).encode())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _feed(digest: "hashlib._Hash", part: bytes) -> None:
    # Each part behind its length: no two lists of parts give the same bytes.
    digest.update(len(part).to_bytes(8, "big"))
    digest.update(part)
