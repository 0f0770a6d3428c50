"""Dossiers as files that people and programs edit: read, checked before they are written, replaced at once."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ndcops.adapters.inventory_files.dossier_text import added_approval, replaced_parts, written
from ndcops.adapters.inventory_files.reader import read_inventory
from ndcops.adapters.inventory_files.yaml_files import MAX_FILE_BYTES
from ndcops.model.dossier import Dossier
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.inventory import Inventory

_NAME = "dossier.yaml"


@dataclass(frozen=True)
class DossierFile:
    """A file as it was read, and the SHA-256 of its bytes."""

    text: str
    sha256: str


class DossierFolder:
    """`agencies/` of one inventory."""

    def __init__(self, inventory: Path) -> None:
        self._inventory = inventory
        self._agencies = inventory / "agencies"

    def read(self, agency: str) -> DossierFile | None:
        """The file; None when there is none. Raises InvalidInput: a link out, too large, no UTF-8, no access."""
        path = self._path(agency)
        try:
            if not path.exists():
                return None
            if path.stat().st_size > MAX_FILE_BYTES:
                raise InvalidInput(f"{path} is larger than {MAX_FILE_BYTES // 1024 // 1024} MB")
            raw = path.read_bytes()
            return DossierFile(raw.decode("utf-8-sig"), hashlib.sha256(raw).hexdigest())
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{path} is not UTF-8", resolution="save the file as UTF-8") from error
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error

    def write(self, agency: str, text: str, *, expected_sha256: str | None) -> str:
        """Put the file in place at once. Raises Refused when it is another than was read: two people edit."""
        path = self._path(agency)
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone(path.parent):
            found = self.read(agency)
            if (found.sha256 if found is not None else None) != expected_sha256:
                raise Refused(
                    f"{path} was changed by somebody else meanwhile",
                    details=["nothing was overwritten"],
                    resolution="look at the file, then run the same command again",
                )
            raw = text.encode()
            _replace(path, raw)
            return hashlib.sha256(raw).hexdigest()

    def check(self, agency: str, text: str) -> Inventory:
        """The inventory as it would be with this text. Raises InvalidInput with every problem, line, field."""
        with tempfile.TemporaryDirectory(prefix="ndcops-inventory-") as temporary:
            copy = Path(temporary) / "inventory"
            shutil.copytree(self._inventory, copy, symlinks=True, ignore=_not_needed)
            path = copy / "agencies" / agency / _NAME
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="utf-8")
            try:
                return read_inventory(copy)
            except InvalidInput as error:
                raise InvalidInput(
                    f"dossier '{agency}' would not be right; nothing was written",
                    details=[detail.replace(f"{copy}/", "") for detail in error.details],
                    resolution="correct what was given and run the same command again",
                ) from error

    def render(self, dossier: Dossier) -> str:
        """A dossier as a new file's text."""
        return written(dossier)

    def with_parts(self, text: str, dossier: Dossier, parts: tuple[str, ...]) -> str:
        """The text with these parts of the dossier in place of its own; everything else as people wrote it."""
        return replaced_parts(text, dossier, parts)

    def with_approval(self, text: str, approval: Mapping[str, object]) -> str:
        """The text with one more entry under `approvals`, everything else as it was written, comments too."""
        return added_approval(text, dict(approval))

    def _path(self, agency: str) -> Path:
        """Raises InvalidInput for a name that leaves the folder, and for a link that leads out of it."""
        if not agency or "/" in agency or agency.startswith("."):
            raise InvalidInput(f"'{agency}' is no agency's id; expected lower-case letters, digits and hyphens")
        path = self._agencies / agency / _NAME
        root = self._inventory.resolve()
        if not path.resolve().is_relative_to(root):
            raise InvalidInput(f"{path} is a link out of the inventory folder; expected a file inside it")
        return path

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        """Nobody else of ours compares and writes in this folder meanwhile."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _replace(path: Path, raw: bytes) -> None:
    """The old file or the new one, never a part; durable when it returns."""
    handle, name = tempfile.mkstemp(prefix=".dossier-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fchmod(stream.fileno(), path.stat().st_mode & 0o777 if path.exists() else 0o644)
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_needed(folder: str, names: list[str]) -> list[str]:
    """Other files beside dossiers (reports, runbooks) are not read, so they are not copied."""
    if Path(folder).parent.name == "agencies":
        return [name for name in names if name != _NAME]
    return [name for name in names if name.startswith(".")]
