"""What a bundle says it holds, and the rules every word of it must keep; pack.py writes it, unpack.py reads it.

Nothing in a bundle is trusted: an import lands only the names, sizes and hashes listed here, after checking
that they are plain names, and never lets tarfile write a file.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from ndcops.model.errors import InvalidInput
from ndcops.toolchain.engine_folder import (
    RECORD_NAME,
    EngineRecord,
    FileRecord,
    record_from_json,
    record_to_json,
)
from ndcops.toolchain.engines import EngineSource
from ndcops.toolchain.source_hash import host_platform, source_hash

API_VERSION: Final = "ndcops/v1"
KIND: Final = "ToolchainBundle"
MANIFEST_NAME: Final = "manifest.json"
DIGEST_NAME: Final = "manifest.sha256"
MANIFEST_LIMIT_BYTES: Final = 4 * 1024 * 1024
EXPORT_AGAIN: Final = "export it again with the same release of ndcops: ndcops toolchain export FILE"

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,199}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """Everything a bundle holds, for one platform."""

    platform: str
    engines: tuple[EngineRecord, ...]
    wheels: dict[str, FileRecord]

    def members(self) -> Iterator[tuple[str, FileRecord]]:
        """Yield the name inside the bundle and the record of each file, in the order they are packed."""
        for engine in self.engines:
            for name, file in engine.files.items():
                yield f"engines/{engine.name}/{name}", file
        for name, file in self.wheels.items():
            yield f"wheels/{name}", file

    def size_bytes(self) -> int:
        """Return the bytes of all files when unpacked."""
        return sum(file.size_bytes for _, file in self.members())

    def wheels_key(self) -> str:
        """Return a hash of the wheels' names and hashes: the name of the folder they land in."""
        return hashlib.sha256(json.dumps(sorted(map(str, self.wheels.items()))).encode()).hexdigest()


@dataclass(frozen=True)
class PackedBundle:
    """A bundle just written; the hash is for handing over by another way than the bundle itself."""

    path: Path
    sha256: str
    size_bytes: int
    manifest: Manifest


@dataclass(frozen=True)
class UnpackedBundle:
    """Where an import put things; wheels is None when the bundle has none."""

    engines: dict[str, Path]
    wheels: Path | None


def seal(sha256: str) -> bytes:
    """Return the end of a bundle: an empty gzip member (RFC 1952) whose comment is the hash of all before it.

    gzip and tar skip it. The CRC of gzip leaves some bits out, such as those of its headers.
    """
    header = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x00\xff"
    return header + f"sha256:{sha256}".encode() + b"\x00" + b"\x03\x00" + bytes(8)


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as the bundle's first file holds it."""
    value = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "platform": manifest.platform,
        "engines": [record_to_json(engine) for engine in manifest.engines],
        "wheels": {name: asdict(file) for name, file in manifest.wheels.items()},
    }
    return json.dumps(value, indent=1, sort_keys=True).encode()


def read_manifest(content: bytes, bundle: Path, engines: Mapping[str, EngineSource]) -> Manifest:
    """Return the manifest; raises InvalidInput when it breaks a rule or is for another machine or release."""
    try:
        manifest = _parsed(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"{bundle}: {MANIFEST_NAME} is not that of an ndcops bundle",
            details=[f"{type(error).__name__}: {error}"],
            resolution=EXPORT_AGAIN,
        ) from error
    _check_fits_here(manifest, bundle, engines)
    return manifest


def _parsed(value: dict[str, Any]) -> Manifest:
    if (value["apiVersion"], value["kind"]) != (API_VERSION, KIND):
        raise ValueError(f"apiVersion and kind are not {API_VERSION} {KIND}")
    engines = tuple(_checked_engine(record_from_json(engine)) for engine in value["engines"])
    if len({engine.name for engine in engines}) != len(engines):
        raise ValueError("an engine is listed twice")
    wheels = {name: _checked_file(name, FileRecord(**file)) for name, file in value["wheels"].items()}
    if alien := [name for name in wheels if not name.endswith(".whl")]:
        raise ValueError(f"not wheels: {alien}")
    return Manifest(str(value["platform"]), engines, wheels)


def _checked_engine(record: EngineRecord) -> EngineRecord:
    for name, file in record.files.items():
        _checked_file(name, file)
    for name, target in record.links.items():
        _check_plain(name)
        if name in record.files or target not in record.files:
            raise ValueError(f"link {name!r} to {target!r}")
    if not _SHA256.fullmatch(record.source_hash):
        raise ValueError(f"source hash {record.source_hash!r}")
    if RECORD_NAME in record.files or RECORD_NAME in record.links:
        raise ValueError(f"{RECORD_NAME} is written by the import, never carried")
    return replace(record, files=dict(record.files), links=dict(record.links))


def _checked_file(name: str, file: FileRecord) -> FileRecord:
    _check_plain(name)
    if not _SHA256.fullmatch(file.sha256):
        raise ValueError(f"sha256 of {name!r}")
    if type(file.size_bytes) is not int or file.size_bytes < 0 or type(file.executable) is not bool:
        raise ValueError(f"size or mode of {name!r}")
    return file


def _check_plain(name: str) -> None:
    if not _PLAIN_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a plain file name")


def _check_fits_here(manifest: Manifest, bundle: Path, engines: Mapping[str, EngineSource]) -> None:
    here = host_platform()
    platforms = {manifest.platform, *(engine.platform for engine in manifest.engines)}
    if platforms != {here}:
        raise InvalidInput(
            f"{bundle} is for {', '.join(sorted(platforms))}, this machine is {here}",
            resolution=f"export it on a {here} machine: ndcops toolchain export FILE",
        )
    strange = [
        f"engine {engine.name} {engine.version}: sources {engine.source_hash[:12]}"
        for engine in manifest.engines
        if engine.name not in engines or source_hash(engines[engine.name]) != engine.source_hash
    ]
    if strange:
        raise InvalidInput(
            f"{bundle} comes from another release of ndcops: this one would not use its engines",
            details=strange,
            resolution=EXPORT_AGAIN,
        )
