"""Reads a bundle: everything is checked before anything lands; `ndcops toolchain import` calls it."""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Final

from ndcops.model.errors import InvalidInput
from ndcops.toolchain import engine_folder
from ndcops.toolchain.bundle.manifest import (
    DIGEST_NAME,
    MANIFEST_LIMIT_BYTES,
    MANIFEST_NAME,
    Manifest,
    UnpackedBundle,
    read_manifest,
    seal,
)
from ndcops.toolchain.bundle.pack import BUNDLE
from ndcops.toolchain.disk_space import FreeBytes, check_room, free_bytes, out_of_space_explained
from ndcops.toolchain.engine_folder import FileRecord
from ndcops.toolchain.engines import ENGINES, EngineSource
from ndcops.toolchain.folders import cache_dir, private_subfolder
from ndcops.toolchain.lock import held
from ndcops.toolchain.progress import CHECKING, BuildProgress, ProgressSink, silent
from ndcops.toolchain.source_hash import SHORT_LENGTH

BLOCK_BYTES: Final = 1024 * 1024
PADDING_LIMIT_BYTES: Final = 64 * 1024


def import_bundle(
    path: Path,
    on_progress: ProgressSink = silent,
    *,
    expected_sha256: str = "",
    engines: Mapping[str, EngineSource] = ENGINES,
    free: FreeBytes = free_bytes,
) -> UnpackedBundle:
    """Check the whole bundle, then make its engines ready; wheels land in a folder for `pip --find-links`.

    Files are written by us under names that the manifest may hold, so no path, link or device of the
    archive can reach outside. expected_sha256 is the hash that whoever exported handed over. Raises
    InvalidInput that names what is wrong; then nothing has changed.
    """

    def on_wait(holder: str) -> None:
        on_progress(BuildProgress(BUNDLE, f"waiting for {holder}", 0, 0, None))

    with _opened(path) as file:
        if expected_sha256 and hashlib.file_digest(file, "sha256").hexdigest() != expected_sha256.lower():
            raise InvalidInput(f"{path} is not the bundle of hash {expected_sha256}", resolution="copy it again")
        file.seek(0)
        with (
            held(engine_folder.lock_path(BUNDLE), on_wait),
            engine_folder.staging_folder(BUNDLE) as staging,
        ):
            manifest = _unpack(file, path, staging, on_progress, engines, free)
            return _land(manifest, staging, on_wait)


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read", details=[str(error)], resolution="name the file that toolchain export wrote"
        ) from error


@contextmanager
def _damage_explained(path: Path, part: str) -> Iterator[None]:
    """Turn what the archive libraries raise for damaged bytes into InvalidInput that names the part."""
    try:
        yield
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise _damaged(path, part, str(error)) from error


def _unpack(
    file: IO[bytes],
    path: Path,
    staging: Path,
    on_progress: ProgressSink,
    engines: Mapping[str, EngineSource],
    free: FreeBytes,
) -> Manifest:
    what, home = f"import of {path}", engine_folder.engines_dir()
    with (
        _damage_explained(path, f"before or in {MANIFEST_NAME}"),
        gzip.GzipFile(fileobj=file, mode="rb") as unpacked,
        tarfile.open(fileobj=unpacked, mode="r|") as archive,
    ):
        manifest = read_manifest(_manifest_content(archive, path), path, engines)
        check_room(what, {home: manifest.size_bytes()}, free)
        with out_of_space_explained(what, home, manifest.size_bytes()):
            _extract(archive, manifest, path, staging, on_progress)
        with _damage_explained(path, "its end"):
            _check_end(archive, unpacked, path)
    _check_seal(file, path)
    return manifest


def _manifest_content(archive: tarfile.TarFile, path: Path) -> bytes:
    contents: list[bytes] = []
    for name, limit in ((MANIFEST_NAME, MANIFEST_LIMIT_BYTES), (DIGEST_NAME, 64)):
        member = archive.next()
        stream = archive.extractfile(member) if member and member.isreg() else None
        if member is None or stream is None or member.name != name or member.size > limit:
            raise _damaged(path, name, f"a bundle starts with {MANIFEST_NAME} and {DIGEST_NAME}")
        contents.append(stream.read())
    if hashlib.sha256(contents[0]).hexdigest().encode() != contents[1]:
        raise _damaged(path, MANIFEST_NAME, f"its SHA-256 is not the one in {DIGEST_NAME}")
    return contents[0]


def _extract(
    archive: tarfile.TarFile, manifest: Manifest, path: Path, staging: Path, on_progress: ProgressSink
) -> None:
    """Write the members, which must be those of the manifest in its order, checking each."""
    done, total = 0, manifest.size_bytes()
    for name, record in manifest.members():
        on_progress(BuildProgress(BUNDLE, CHECKING, done, total, None))
        with _damage_explained(path, name):
            member = archive.next()
            if member is None or member.name != name or not member.isreg():
                found = f"there is {member.name!r} instead" if member else "nothing more is there"
                raise _damaged(path, name, f"the manifest lists this file, {found}")
            stream = archive.extractfile(member)
            if stream is None or member.size != record.size_bytes:
                raise _damaged(path, name, f"it has {member.size} bytes, the manifest says {record.size_bytes}")
            if not _copied(stream, staging / name, record):
                raise _damaged(path, name, "its SHA-256 is not the one in the manifest")
        done += record.size_bytes


def _copied(stream: IO[bytes], target: Path, record: FileRecord) -> bool:
    """Write the stream to target and tell whether its hash is right."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("xb") as file:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
            file.write(block)
    target.chmod(0o755 if record.executable else 0o644)
    return digest.hexdigest() == record.sha256


def _check_end(archive: tarfile.TarFile, unpacked: gzip.GzipFile, path: Path) -> None:
    """Read to the end, where gzip keeps the CRC of everything; after the last file come only zeros."""
    if (more := archive.next()) is not None:
        raise _damaged(path, more.name, "the manifest does not list this file")
    rest = unpacked.read(PADDING_LIMIT_BYTES)
    if rest.strip(b"\x00") or unpacked.read(1):
        raise _damaged(path, "its end", "something follows the last file")


def _check_seal(file: IO[bytes], path: Path) -> None:
    """Raise InvalidInput when a bit anywhere is not as it was written, even one that changes no content."""
    length = len(seal("0" * 64))
    left = file.seek(0, os.SEEK_END) - length
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0 and (block := file.read(min(BLOCK_BYTES, left))):
        digest.update(block)
        left -= len(block)
    if file.read() != seal(digest.hexdigest()):
        raise _damaged(path, "its end", "the SHA-256 kept there is not that of the bundle")


def _land(manifest: Manifest, staging: Path, on_wait: Callable[[str], None]) -> UnpackedBundle:
    engines: dict[str, Path] = {}
    for record in manifest.engines:
        folder = engine_folder.engines_dir() / f"{record.name}-{record.source_hash[:SHORT_LENGTH]}"
        with held(engine_folder.lock_path(record.name), on_wait):
            if not engine_folder.is_ready(folder):
                staged = staging / "engines" / record.name
                for name, target in record.links.items():
                    (staged / name).symlink_to(target)
                engine_folder.publish(staged, record)
        engines[record.name] = folder
    return UnpackedBundle(engines, _land_wheels(manifest, staging) if manifest.wheels else None)


def _land_wheels(manifest: Manifest, staging: Path) -> Path:
    folder = private_subfolder(cache_dir(), "wheels") / manifest.wheels_key()[:SHORT_LENGTH]
    if not folder.is_dir():
        staged = staging / "wheels"
        engine_folder.flush_to_disk(staged)
        staged.rename(folder)
    return folder


def _damaged(path: Path, part: str, why: str = "") -> InvalidInput:
    return InvalidInput(
        f"{path} is damaged or was changed: {part}",
        details=[why] if why else [],
        resolution="copy the bundle again; nothing was imported",
    )
