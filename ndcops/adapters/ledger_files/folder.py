"""One centre's copy of the ledger in a folder: `checkpoint` and `segments/NNNNNNNNNNNN.jsonl.gz`."""

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ndcops.model.errors import NdcopsError
from ndcops.model.ledger import MAX_SEGMENT_FILE_BYTES, LedgerSegment
from ndcops.workflow.private_file import write_private

MAX_CHECKPOINT_BYTES = 16 * 1024
_NAME = re.compile(r"(\d{12})\.jsonl\.gz", re.ASCII)


@dataclass(frozen=True)
class LedgerFolder:
    """The copy called `name` in `folder`, which must be there: where it is missing, a mount is missing.

    may_create: let the folder's last part be made, below a parent that stands (the lab's sites).
    """

    name: str
    folder: Path
    may_create: bool = False

    def checkpoint(self) -> str | None:
        """The signed note. Raises NdcopsError when folder or file cannot be read."""
        self._require()
        data = self._read(self.folder / "checkpoint", MAX_CHECKPOINT_BYTES)
        return None if data is None else data.decode(errors="replace")

    def firsts(self) -> tuple[int, ...]:
        """Numbers of the segments' first records. Raises NdcopsError."""
        self._require()
        with self._explained(self._segments):
            names = [path.name for path in self._segments.iterdir()] if self._segments.is_dir() else []
        return tuple(sorted(int(found[1]) for found in map(_NAME.fullmatch, names) if found))

    def segment(self, first: int) -> LedgerSegment | None:
        """That segment. Raises NdcopsError."""
        data = self._read(self._path(first), MAX_SEGMENT_FILE_BYTES)
        return None if data is None else LedgerSegment(first=first, data=data)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other writers out. Raises NdcopsError."""
        self._require()
        with self._explained(self.folder):
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)

    def put_segment(self, segment: LedgerSegment) -> None:
        """Write it whole or not at all. Raises NdcopsError."""
        self._require()
        self._write(self._path(segment.first), segment.data)

    def put_checkpoint(self, checkpoint: str) -> None:
        """Replace the signed note. Raises NdcopsError."""
        self._require()
        self._write(self.folder / "checkpoint", checkpoint.encode())

    def remove_segment(self, first: int) -> None:
        """Remove a segment that does not belong there. Raises NdcopsError."""
        with self._explained(self._path(first)):
            self._path(first).unlink(missing_ok=True)

    @property
    def _segments(self) -> Path:
        return self.folder / "segments"

    def _path(self, first: int) -> Path:
        return self._segments / f"{first:012d}.jsonl.gz"

    def _require(self) -> None:
        if self.folder.is_dir():
            return
        if self.may_create and self.folder.parent.is_dir():
            with self._explained(self.folder):
                self.folder.mkdir(mode=0o700, exist_ok=True)
            return
        raise NdcopsError(
            f"the ledger's copy at {self.name} is not there: {self.folder} is no folder",
            resolution=f"mount that centre's storage, or for a first copy: mkdir -p {self.folder}",
        )

    def _read(self, path: Path, limit_bytes: int) -> bytes | None:
        """The file's content; a link is not followed: the copy would be another's."""
        with self._explained(path):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except FileNotFoundError:
                return None
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise NdcopsError(f"the ledger's copy at {self.name}: {path} is no file")
                data = file.read(limit_bytes + 1)
        if len(data) > limit_bytes:
            raise NdcopsError(f"the ledger's copy at {self.name}: {path} is larger than {limit_bytes:,} bytes")
        return data

    def _write(self, path: Path, data: bytes) -> None:
        with self._explained(path):
            write_private(path, data)

    @contextmanager
    def _explained(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NdcopsError(
                f"the ledger's copy at {self.name}: {path}: {error.strerror}", resolution=f"ls -ld {path}"
            ) from error
