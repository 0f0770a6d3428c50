"""A bundle as it was exported, ways to tamper with it, and what an import that refuses leaves."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ndcops.model.errors import InvalidInput
from ndcops.toolchain import engine_folder
from ndcops.toolchain.bundle import PackedBundle, import_bundle
from ndcops.toolchain.engines import EngineSource

Members = list[tuple[tarfile.TarInfo, bytes]]


@dataclass(frozen=True)
class Exported:
    """A bundle with one engine and one wheel, and the engines of the release that made it."""

    packed: PackedBundle
    engines: dict[str, EngineSource]
    built: Path

    @property
    def path(self) -> Path:
        return self.packed.path


def members_of(path: Path) -> Members:
    with tarfile.open(path) as archive:
        return [(member, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]


def repack(path: Path, members: Members) -> None:
    """Write a bundle anew, with right checksums of gzip and tar: what a person who tampers would do."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=2, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for member, content in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))


def with_manifest(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest, and its digest to match."""
    (first, content), (second, _), *rest = members_of(path)
    manifest = json.loads(content)
    change(manifest)
    content = json.dumps(manifest).encode()
    repack(path, [(first, content), (second, hashlib.sha256(content).hexdigest().encode()), *rest])


def landed() -> list[str]:
    """Return everything in the cache but lock files."""
    cache = engine_folder.engines_dir().parent
    return sorted(path.name for path in cache.rglob("*") if path.name != "engines" and path.suffix != ".lock")


def refused(exported: Exported, **options: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        import_bundle(exported.path, engines=exported.engines, **options)
    assert landed() == []
    assert caught.value.resolution
    return caught.value
