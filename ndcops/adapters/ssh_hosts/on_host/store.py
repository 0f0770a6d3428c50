"""Snapshots on the host: one folder a run with a manifest and the contents of its files by SHA-256."""

import json
import os
import re
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .host import Host
from .live import Table, read_firewall, read_kernel, read_mounts
from .network import read_network
from .packages import read_packages
from .scope import scope_of
from .space import DATA, Refusal, check_room
from .trees import Manifest, Scope, digest_of, read_trees, size_of
from .units import read_units

_KEPT = 20
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
READERS = {
    "network": read_network,
    "firewall": read_firewall,
    "kernel": read_kernel,
    "mounts": read_mounts,
    "packages": read_packages,
    "units": read_units,
}


class Snapshot:
    """One run's snapshot, as it lies on the disk."""

    def __init__(self, folder: Path, document: dict[str, Any]) -> None:
        self.folder = folder
        self.scope = Scope(tuple(document["scope"]["trees"]), tuple(document["scope"]["alone"]))
        self.entries: Manifest = document["entries"]
        self.live: dict[str, Table] = document["live"]
        self.time: str = document["time"]

    def contents(self, sha256: str) -> bytes:
        """The bytes of a file. Raises OSError when they are not what was kept."""
        data = (self.folder / "contents" / sha256).read_bytes()
        if digest_of(data) != sha256:
            raise OSError(5, "its kept bytes are damaged")
        return data


class Store:
    """The runs of one host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.folder = host.path(DATA)

    def run_folder(self, run: str) -> Path:
        """Where a run's snapshot lies. Raises Refusal for what cannot be a run's name."""
        if not _RUN.fullmatch(run) or run in ("armed", "lock"):
            raise Refusal(f"'{run}' cannot be the name of a run")
        return self.folder / run

    def take(self, run: str) -> dict[str, int | bool]:
        """Make the snapshot; one that was confirmed is kept, for it is the way back. Raises Refusal."""
        folder = self.run_folder(run)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / "confirmed").exists():
            kept = self.read(run)
            check_room(self._host, size_of(kept.entries), 0)
            return {"kept": True, "paths": len(kept.entries), "size_bytes": size_of(kept.entries)}
        shutil.rmtree(folder, ignore_errors=True)
        self._prune()
        scope = scope_of(self._host)
        planned = read_trees(self._host.root, scope)
        check_room(self._host, size_of(planned), len(planned))
        try:
            entries = self._write(folder, run, scope)
            self._host.sync()
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Refusal(f"the snapshot cannot be written: {error.strerror}") from error
        return {"kept": False, "paths": len(entries), "size_bytes": size_of(entries)}

    def _write(self, folder: Path, run: str, scope: Scope) -> Manifest:
        contents = folder / "contents"
        contents.mkdir(parents=True, mode=0o700)
        folder.chmod(0o700)

        def keep(data: bytes) -> str:
            name = digest_of(data)
            path = contents / name
            if not path.exists():
                path.write_bytes(data)
                path.chmod(0o600)
            return name

        entries = read_trees(self._host.root, scope, keep)
        document = {
            "version": 1,
            "run": run,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "scope": asdict(scope),
            "entries": entries,
            "live": {part: read(self._host) for part, read in READERS.items()},
        }
        write_json(folder / "manifest.json", document)
        return entries

    def read(self, run: str) -> Snapshot:
        """The snapshot of a run. Raises Refusal when there is none."""
        folder = self.run_folder(run)
        try:
            return Snapshot(folder, json.loads((folder / "manifest.json").read_text()))
        except FileNotFoundError:
            raise Refusal(f"there is no snapshot of run {run}") from None
        except (ValueError, KeyError, OSError) as error:
            raise Refusal(f"the snapshot of run {run} is damaged: {error}") from error

    def runs(self) -> list[dict[str, Any]]:
        """Every run, oldest first, and what became of it."""
        found = []
        for path in self.folder.glob("*/manifest.json"):
            result = path.parent / "result.json"
            found.append(
                {
                    "run": path.parent.name,
                    "time": json.loads(path.read_text())["time"],
                    "confirmed": (path.parent / "confirmed").exists(),
                    "restored": json.loads(result.read_text()) if result.exists() else None,
                }
            )
        return sorted(found, key=lambda run: (run["time"], run["run"]))

    def _prune(self) -> None:
        """Snapshots are ways back, but not for ever: the newest stay."""
        for run in self.runs()[: -_KEPT + 1]:
            shutil.rmtree(self.run_folder(run["run"]), ignore_errors=True)


def write_json(path: Path, document: object) -> None:
    """Write a file so that it is whole or absent, also after a power cut."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w") as stream:
        stream.write(json.dumps(document))
        stream.flush()
        os.fsync(stream.fileno())
    fresh.chmod(0o600)
    fresh.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
