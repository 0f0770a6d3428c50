"""The ledger in one file, and the program that verifies such a file with nothing but Python."""

import gzip
import io
import zipfile
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path

from ndcops.adapters.ledger_files.offline_verifier import FORMAT
from ndcops.model.errors import NdcopsError
from ndcops.model.ledger import LedgerSegment
from ndcops.model.record import canonical_json
from ndcops.model.signed_note import NoteKey
from ndcops.workflow.private_file import write_private

CARRIED = (
    ("ndcops", "__init__.py"),
    ("ndcops.model", "__init__.py"),
    ("ndcops.model", "merkle.py"),
    ("ndcops.model", "record_lines.py"),
    ("ndcops.model", "signed_note.py"),
)
"""Modules that the verifier needs; each imports the standard library and each other alone."""

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The same program gives the same file."""


def write_export(path: Path, checkpoint: str, keys: Sequence[NoteKey], segments: Iterable[LedgerSegment]) -> None:
    """Write one gzip file: a line with the signed head and the keys, then every record a line.

    Members of a gzip file may follow each other (RFC 1952, 2.2), so segments go in as they lie.
    Raises NdcopsError.
    """
    head = {"format": FORMAT, "checkpoint": checkpoint, "keys": [key.text() for key in keys]}
    content = io.BytesIO()
    content.write(gzip.compress(canonical_json(head) + b"\n", mtime=0))
    for segment in segments:
        content.write(segment.data)
    _write(path, content.getvalue())


def write_verifier(path: Path) -> None:
    """Write the program: `python3 PATH EXPORT`. Raises NdcopsError."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        own = resources.files("ndcops.adapters.ledger_files").joinpath("offline_verifier.py")
        archive.writestr(zipfile.ZipInfo("__main__.py", _ZIP_TIME), own.read_text())
        for package, name in CARRIED:
            source = resources.files(package).joinpath(name).read_text()
            archive.writestr(zipfile.ZipInfo(f"{package.replace('.', '/')}/{name}", _ZIP_TIME), source)
    _write(path, content.getvalue())


def _write(path: Path, data: bytes) -> None:
    try:
        write_private(path, data)
    except OSError as error:
        raise NdcopsError(
            f"{path} cannot be written: {error.strerror}", resolution=f"ls -ld {path.parent}"
        ) from error
