"""A built engine on disk: its record, whether it is whole, how it lands in one step; build and bundle call it."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ndcops.toolchain.engines import EngineSource
from ndcops.toolchain.folders import cache_dir, private_subfolder
from ndcops.toolchain.source_hash import SHORT_LENGTH, file_sha256, host_platform, source_hash

RECORD_NAME: Final = "engine.json"
RECORD_FORMAT: Final = 1
SWEEP_TRIES: Final = 20


@dataclass(frozen=True)
class FileRecord:
    """What a file of an engine or a bundle must be."""

    sha256: str
    size_bytes: int
    executable: bool = False


@dataclass(frozen=True)
class EngineRecord:
    """What a built engine consists of; links are other names of its files, in the same folder."""

    name: str
    version: str
    source_hash: str
    platform: str
    files: dict[str, FileRecord]
    links: dict[str, str]

    def size_bytes(self) -> int:
        """Return the bytes of all its files."""
        return sum(file.size_bytes for file in self.files.values())


def engines_dir() -> Path:
    """Return the folder of all engines, logs and locks."""
    return private_subfolder(cache_dir(), "engines")


def folder_of(source: EngineSource) -> Path:
    """Return where the engine of these very sources belongs."""
    return engines_dir() / f"{source.name}-{source_hash(source)[:SHORT_LENGTH]}"


def lock_path(name: str) -> Path:
    """Return the lock that whoever changes folders of this engine holds."""
    return engines_dir() / f"{name}.lock"


def is_ready(folder: Path) -> bool:
    """Tell whether a whole engine is there; sizes only, since every command asks."""
    record = read_record(folder)
    if record is None:
        return False
    try:
        return all(
            (folder / name).stat().st_size == file.size_bytes for name, file in record.files.items()
        ) and all((folder / name).exists() for name in record.links)
    except OSError:
        return False


def read_record(folder: Path) -> EngineRecord | None:
    """Return the record of a built engine; None when there is none or it cannot be read: it is built again."""
    try:
        return record_from_json(json.loads((folder / RECORD_NAME).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def record_from_json(value: dict[str, Any]) -> EngineRecord:
    """Return the record in `value`; raises KeyError, TypeError or ValueError when it is none of ours."""
    if value.pop("format") != RECORD_FORMAT:
        raise ValueError("unknown format")
    files = {str(name): FileRecord(**file) for name, file in value.pop("files").items()}
    return EngineRecord(files=files, **value)


def record_to_json(record: EngineRecord) -> dict[str, Any]:
    """Return the record as engine.json and the bundle's manifest hold it."""
    return {"format": RECORD_FORMAT, **asdict(record)}


def describe(source: EngineSource, staging: Path) -> EngineRecord:
    """Return the record of the files and links that lie in staging."""
    entries = sorted(staging.iterdir())
    files = {
        entry.name: FileRecord(file_sha256(entry), entry.stat().st_size, os.access(entry, os.X_OK))
        for entry in entries
        if not entry.is_symlink()
    }
    links = {entry.name: entry.readlink().name for entry in entries if entry.is_symlink()}
    return EngineRecord(source.name, source.version, source_hash(source), host_platform(), files, links)


@contextmanager
def staging_folder(name: str) -> Iterator[Path]:
    """Give a folder beside the engines for one build, gone afterwards; call with the engine's lock held.

    Whatever an earlier builder left is removed first: it is dead, for the lock is ours.
    """
    prefix = _staging_prefix(name)
    for leftover in engines_dir().glob(f"{prefix}*"):
        remove_folder(leftover)
    staging = Path(tempfile.mkdtemp(prefix=prefix, dir=engines_dir()))
    try:
        yield staging
    finally:
        remove_folder(staging)


def _staging_prefix(name: str) -> str:
    # The dot ends the name: sweeping `kube` must not touch what `kube-path` is making.
    return f".building-{name}."


def publish(staging: Path, record: EngineRecord) -> Path:
    """Make staging the engine: all on disk first, then one rename; a broken folder in its place goes."""
    (staging / RECORD_NAME).write_text(json.dumps(record_to_json(record), indent=1))
    flush_to_disk(staging)
    final = engines_dir() / f"{record.name}-{record.source_hash[:SHORT_LENGTH]}"
    if final.exists():
        # The prefix makes it a leftover that the next build sweeps, should we die before removing it.
        broken = Path(tempfile.mkdtemp(prefix=_staging_prefix(record.name), dir=engines_dir()))
        final.rename(broken / "broken")
        staging.rename(final)
        remove_folder(broken)
    else:
        staging.rename(final)
    _fsync(final.parent)
    return final


def flush_to_disk(folder: Path) -> None:
    """Return when the folder and its files are on disk, so that a rename cannot outrun their contents."""
    for entry in folder.iterdir():
        if not entry.is_symlink():
            _fsync(entry)
    _fsync(folder)


def remove_folder(folder: Path) -> None:
    """Remove a folder; a compiler whose go was just killed may still write into it, hence the tries."""
    for remaining_tries in reversed(range(SWEEP_TRIES)):
        try:
            shutil.rmtree(folder)
            return
        except FileNotFoundError:
            if not folder.exists():
                return
        except OSError:
            if remaining_tries == 0:
                raise
            time.sleep(0.1)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
