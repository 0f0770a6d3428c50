"""Writes a bundle: manifest, engines built from our sources, wheels; `ndcops toolchain export` calls it."""

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import Final

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.toolchain.build import ensure_source
from ndcops.toolchain.bundle.manifest import (
    DIGEST_NAME,
    MANIFEST_NAME,
    Manifest,
    PackedBundle,
    manifest_bytes,
    read_manifest,
    seal,
)
from ndcops.toolchain.disk_space import check_room, out_of_space_explained
from ndcops.toolchain.engine_folder import EngineRecord, FileRecord, read_record
from ndcops.toolchain.engines import ENGINES, EngineSource
from ndcops.toolchain.progress import PACKING, BuildProgress, ProgressSink, Stopwatch, remaining_s, silent
from ndcops.toolchain.source_hash import file_sha256, host_platform

COMPRESSION_LEVEL: Final = 2
"""Executables gain little from more: level 5 took three times as long for a tenth less."""
BUNDLE: Final = "bundle"


def export_bundle(
    path: Path,
    wheels_dir: Path | None = None,
    on_progress: ProgressSink = silent,
    *,
    engines: Mapping[str, EngineSource] = ENGINES,
) -> PackedBundle:
    """Write all engines, and the wheels of wheels_dir, into one .tar.gz at path.

    Engines not built yet are built first; programs found on PATH are never packed, since their files are
    not ours to vouch for. The same engines and wheels give the same bytes. Raises InvalidInput, NdcopsError.
    """
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise InvalidInput(
            f"{path} is not a file that can be written", resolution="name a file in a folder you may write to"
        )
    folders = {name: ensure_source(source, on_progress, use_path=False) for name, source in engines.items()}
    records = tuple(_record(name, folder) for name, folder in folders.items())
    wheels = _wheels(wheels_dir)
    described = {name: FileRecord(file_sha256(wheel), wheel.stat().st_size) for name, wheel in wheels.items()}
    # What an import would refuse is not written.
    manifest = read_manifest(manifest_bytes(Manifest(host_platform(), records, described)), path, engines)
    origins = {
        f"engines/{engine.name}/{name}": folders[engine.name] / name for engine in records for name in engine.files
    }
    origins |= {f"wheels/{name}": wheel for name, wheel in wheels.items()}
    what = f"export to {path}"
    check_room(what, {path.parent: manifest.size_bytes()})
    with out_of_space_explained(what, path.parent, manifest.size_bytes()), _replacing(path) as file:
        _write(file, manifest, origins, on_progress)
    return PackedBundle(path, file_sha256(path), path.stat().st_size, manifest)


def _record(name: str, folder: Path) -> EngineRecord:
    record = read_record(folder)
    if record is None:
        raise _damaged(name, folder, "its record is gone")
    return record


def _wheels(wheels_dir: Path | None) -> dict[str, Path]:
    if wheels_dir is None:
        return {}
    wheels = {wheel.name: wheel for wheel in sorted(wheels_dir.glob("*.whl"))}
    if not wheels:
        raise InvalidInput(
            f"there are no wheels in {wheels_dir}",
            resolution=f"pip download --require-hashes -r requirements.txt -d {wheels_dir}",
        )
    return wheels


@contextmanager
def _replacing(path: Path) -> Iterator[BufferedRandom]:
    """Give a file that becomes path only when all of it is on disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _write(file: BufferedRandom, manifest: Manifest, origins: dict[str, Path], on_progress: ProgressSink) -> None:
    watch, done, total = Stopwatch(), 0, manifest.size_bytes()
    content = manifest_bytes(manifest)
    digest = hashlib.sha256(content).hexdigest().encode()
    with (
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=COMPRESSION_LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for name, data in ((MANIFEST_NAME, content), (DIGEST_NAME, digest)):
            archive.addfile(_member(name, FileRecord("", len(data))), io.BytesIO(data))
        for name, record in manifest.members():
            left_s = remaining_s(done=done, total=total, elapsed_s=watch.elapsed_s(), expected_s=total / 30e6)
            on_progress(BuildProgress(BUNDLE, PACKING, done, total, left_s))
            _add(archive, name, record, origins[name])
            done += record.size_bytes
    file.seek(0)
    file.write(seal(hashlib.file_digest(file, "sha256").hexdigest()))


def _add(archive: tarfile.TarFile, name: str, record: FileRecord, origin: Path) -> None:
    """Add one file as it was when it was built; an engine damaged since is not handed on."""
    with origin.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != record.sha256:
            raise _damaged(name, origin.parent, f"{origin.name} is not what was built")
        file.seek(0)
        archive.addfile(_member(name, record), file)


def _member(name: str, record: FileRecord) -> tarfile.TarInfo:
    """Return a tar entry without owner or time: neither belongs in a bundle, and both would change its bytes."""
    member = tarfile.TarInfo(name)
    member.size = record.size_bytes
    member.mode = 0o755 if record.executable else 0o644
    return member


def _damaged(name: str, folder: Path, why: str) -> NdcopsError:
    return NdcopsError(
        f"{name} cannot be packed: {why}",
        details=[str(folder)],
        resolution=f"remove {folder}, then run ndcops toolchain build",
    )
