"""Which files make an inventory: finds the folder and lists what is to be read in it; `reader` calls it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ndcops.adapters.inventory_files.documents import Finding
from ndcops.model.errors import InvalidInput

_ENTRIES = (
    "sites",
    "services",
    "agencies",
    "hosts.yaml",
    "coordination.yaml",
    "databases.yaml",
    "hardening.yaml",
    "waivers.yaml",
    "signers.yaml",
    "ledger.yaml",
    "roadmap.yaml",
    "runbook.yaml",
)
_SAMPLE = Path(__file__).resolve().parents[3] / "inventory"
_IGNORED_SUFFIXES = (".md", ".txt")


def default_folder(start: Path | None = None) -> Path:
    """The nearest `inventory/` of `start` (the current folder) or of those above it, else a checkout's sample.

    Raises InvalidInput when there is none.
    """
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if (folder / "inventory" / "sites").is_dir():
            return folder / "inventory"
    if (_SAMPLE / "sites").is_dir():
        return _SAMPLE
    raise InvalidInput(
        f"no inventory: neither {here} nor a folder above it holds inventory/sites",
        resolution="ndcops --inventory DIR inventory validate",
    )


@dataclass(frozen=True)
class Candidate:
    """A file to read: its path, how messages call it, and the name that its content must carry."""

    path: Path
    shown: str
    name: str


class InventoryFolder:
    """The files of one inventory; what may not be read becomes a finding."""

    def __init__(self, folder: Path) -> None:
        """Raises InvalidInput when the folder does not exist or is none."""
        if not folder.is_dir():
            what = "is not a folder" if folder.exists() else "does not exist"
            raise InvalidInput(
                f"inventory folder '{folder}' {what}",
                resolution="ndcops --inventory DIR inventory validate, with the folder that holds sites/",
            )
        self._folder = folder
        self._root = folder.resolve()
        self.findings: list[Finding] = []
        self.refused: set[str] = set()
        """Names of documents that are there but may not be read."""

    def shown(self, path: Path) -> str:
        """A path as messages give it: from the current folder when it lies below, else as it was given."""
        cwd = Path.cwd()
        near = path.relative_to(cwd) if path.is_relative_to(cwd) else path
        return os.fsencode(near).decode("utf-8", "replace")

    def check_entries(self) -> None:
        """Finds what is probably misspelt: a file that nobody reads must not look as if it counted."""
        entries = {path.name for path in self._folder.iterdir()}
        sites = self._folder / "sites"
        if not sites.is_dir() or not any(sites.glob("*.yaml")):
            self._find(sites, "holds no site; expected a folder with one NAME.yaml for each")
        for entry in sorted(entries - set(_ENTRIES)):
            close = get_close_matches(entry, _ENTRIES, n=1, cutoff=0.8)
            if close and close[0] not in entries:
                self._find(self._folder / entry, f"is not read; did you mean '{close[0]}'?")

    def documents(self, part: str) -> list[Candidate]:
        """The `NAME.yaml` files of `sites` or `services`, by name."""
        found = []
        for path in self._listing(self._folder / part):
            if path.suffix in _IGNORED_SUFFIXES:
                continue
            if path.suffix != ".yaml":
                self._refuse(path, path.stem, f"is not read; expected a name like '{path.stem}.yaml'")
            elif self._is_inside(path):
                found.append(Candidate(path, self.shown(path), path.stem))
            else:
                self.refused.add(path.stem)
        return found

    def dossiers(self) -> list[Candidate]:
        """The `ID/dossier.yaml` files of `agencies`, by id."""
        found = []
        for folder in self._listing(self._folder / "agencies"):
            path = folder / "dossier.yaml"
            if folder.suffix in _IGNORED_SUFFIXES:
                continue
            if not folder.is_dir():
                self._find(folder, "is not read; expected a folder named after the agency, with dossier.yaml")
            elif not self._is_inside(folder):
                continue
            elif not path.exists() and not path.is_symlink():
                self._find(folder, "has no dossier.yaml; expected one for each agency")
            elif self._is_inside(path):
                found.append(Candidate(path, self.shown(path), folder.name))
        return found

    def single(self, name: str) -> Candidate | None:
        """`hosts.yaml`, `coordination.yaml` and the like, when there is one."""
        path = self._folder / name
        if not path.exists() and not path.is_symlink():
            return None
        return Candidate(path, self.shown(path), path.stem) if self._is_inside(path) else None

    def _listing(self, folder: Path) -> Iterator[Path]:
        if folder.is_dir() and self._is_inside(folder):
            yield from sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        elif folder.exists() and not folder.is_dir():
            self._find(folder, "is a file; expected a folder")

    def _is_inside(self, path: Path) -> bool:
        """A link may not lead out of the folder: what is reviewed with it must be all that counts."""
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):  # a link to nothing, or links in a ring
            self._find(path, "is a link that leads nowhere; expected a file")
            return False
        if target.is_relative_to(self._root):
            return True
        self._find(path, "is a link out of the inventory folder; expected a file inside it")
        return False

    def _refuse(self, path: Path, name: str, message: str) -> None:
        self.refused.add(name)
        self._find(path, message)

    def _find(self, path: Path, message: str) -> None:
        self.findings.append(Finding(self.shown(path), 1, 0, "", message))
