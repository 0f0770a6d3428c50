"""A Snapshot as one file: gzip of canonical JSON, with the digest of its content inside.

Canonical: keys sorted, no spaces, UTF-8, no time and no name in the gzip header (RFC 1952); equal snapshots give
equal files.
"""

import gzip
import hashlib
import os
import tempfile
import zlib
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import orjson
from pydantic import ValidationError

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.large_json import parse_json
from ndcops.model.migrations import migrate
from ndcops.model.record import JsonObject
from ndcops.model.snapshot import SiteSnapshot, Snapshot

MAX_SIZE_BYTES = 1 << 30
"""Unpacked. Three sites of 3,000 nodes and 90,000 pods take some 60 MiB; a small file can unpack to any size."""

COMPRESSION_LEVEL = 6
_CHUNK_BYTES = 1 << 20
_SUFFIX = ".json.gz"
_RETAKE = "take a new one: ndcops capacity show --save FILE.json.gz"


@dataclass(frozen=True)
class SnapshotFiles:
    """Saves and opens snapshots. `max_size_bytes` bounds the unpacked content."""

    max_size_bytes: int = MAX_SIZE_BYTES

    def save(self, snapshot: Snapshot, path: Path) -> str:
        """Write the file whole or not at all, readable by its owner only; gives the SHA-256 of its content.

        Raises InvalidInput for another suffix, NdcopsError when the disk does not take it.
        """
        if not path.name.endswith(_SUFFIX):
            raise InvalidInput(f"a snapshot's file ends in {_SUFFIX}: {path}", resolution=f"use {path}{_SUFFIX}")
        document = _document(snapshot)
        digest = _digest(document)
        data = gzip.compress(_canonical({**document, "digest": digest}), COMPRESSION_LEVEL, mtime=0)
        try:
            _write_private(path, data)
        except OSError as error:
            raise NdcopsError(
                f"snapshot cannot be written: {error.strerror}: {path}", resolution=f"ls -ld {path.parent}"
            ) from error
        return digest

    def open(self, path: Path) -> Snapshot:
        """The snapshot. Raises InvalidInput when the file is not a whole snapshot that this release reads."""
        document = self._json(path)
        kind = document.get("kind")
        if kind != Snapshot.KIND:
            raise _wrong(path, f"kind is '{kind}'"[:80] + f"; expected '{Snapshot.KIND}'")
        digest = document.pop("digest", None)
        # Before migrating: the digest is of what was saved.
        if digest != _digest(document):
            raise _wrong(
                path, "its content does not match its digest: it was changed or damaged after it was taken"
            )
        try:
            document = migrate(document, kind=Snapshot.KIND)
        except ValueError as error:
            raise _wrong(path, f"apiVersion: {error}") from error
        return _snapshot(path, document)

    def _json(self, path: Path) -> JsonObject:
        try:
            document = parse_json(self._unpacked(path))
        except orjson.JSONDecodeError as error:
            raise _wrong(path, f"not JSON: {error}") from error
        if not isinstance(document, dict):
            raise _wrong(path, "not a JSON object")
        return document

    def _unpacked(self, path: Path) -> bytes:
        """The content, unpacked piece by piece so that a bomb is noticed before it fills the memory."""
        content = bytearray()
        try:
            with gzip.open(path) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    content += chunk
                    if len(content) > self.max_size_bytes:
                        limit_mib = self.max_size_bytes // 2**20
                        raise _wrong(path, f"it unpacks to more than {limit_mib} MiB: no snapshot is as large")
        except EOFError as error:
            raise _wrong(path, "it ends too early: it was cut off") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise _wrong(path, f"not a whole gzip file: {error}") from error
        except OSError as error:
            raise InvalidInput(
                f"snapshot cannot be read: {error.strerror}: {path}", resolution=f"ls -l {path}"
            ) from error
        return bytes(content)


def _document(snapshot: Snapshot) -> JsonObject:
    """The JSON of a snapshot; built here, because pydantic would walk through every object of it."""
    return {
        "apiVersion": snapshot.api_version,
        "kind": snapshot.kind,
        "target": snapshot.target,
        "taken_at": snapshot.taken_at.astimezone(UTC).isoformat(),
        "sites": [_site(site) for site in snapshot.sites],
    }


def _site(site: SiteSnapshot) -> JsonObject:
    return {
        "site": site.site,
        "cluster_uid": site.cluster_uid,
        "resource_version": site.resource_version,
        "objects": site.objects,
        "pods": [{"template": group.template, "nodes": group.nodes} for group in site.pods],
        "unread": {kind: reason.value for kind, reason in site.unread.items()},
    }


def _canonical(document: JsonObject) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _digest(document: JsonObject) -> str:
    return hashlib.sha256(_canonical(document)).hexdigest()


def _snapshot(path: Path, document: JsonObject) -> Snapshot:
    try:
        return Snapshot.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _wrong(path, f"{place}: {first['msg']}") from error


def _wrong(path: Path, reason: str) -> InvalidInput:
    return InvalidInput(f"{path} is not a snapshot that can be used", details=[reason], resolution=_RETAKE)


def _write_private(path: Path, data: bytes) -> None:
    """Replace `path` at once, mode 0600: what runs where is for its operators."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
