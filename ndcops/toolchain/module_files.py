"""Builds an engine that is files out of published Go modules, such as CRDs; build.py calls it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ndcops.model.errors import NdcopsError
from ndcops.toolchain.build_job import BuildJob
from ndcops.toolchain.disk_space import check_room
from ndcops.toolchain.engine_folder import engines_dir
from ndcops.toolchain.engines import ModuleFiles
from ndcops.toolchain.progress import COPYING, DOWNLOADING


def copy_module_files(job: BuildJob, files: ModuleFiles) -> None:
    """Download the modules that go.mod requires, checked by go.sum, and copy the wanted files flat.

    Raises GoFailed, or NdcopsError when a pattern finds nothing or two files have one name.
    """
    footprint = job.source.footprint
    module_cache, _ = job.go.cache_folders()
    needs = {engines_dir(): footprint.output_bytes, module_cache: footprint.module_cache_bytes}
    check_room(f"build of {job.source.name}", needs, job.free)
    folders = _download(job, len({module for module, _ in files.patterns}))
    wanted = list(_wanted(folders, files, job.source.name))
    for number, path in enumerate(wanted):
        job.tell(COPYING, number, len(wanted), 0.0)
        target = job.product / path.name
        if target.exists():
            raise NdcopsError(f"engine {job.source.name}: two modules have a file {path.name}")
        # Contents only: files of the module cache are read-only.
        shutil.copyfile(path, target)


def _download(job: BuildJob, total: int) -> dict[str, Path]:
    """Return the folder of each module; go.sum must pin all of them, so it must come out as it went in."""
    job.tell(DOWNLOADING, 0, total, None)
    go_sum = job.sources / "go.sum"
    pinned = go_sum.read_bytes()
    listing = job.scratch / "modules.json"
    with listing.open("wb") as output:
        job.run(["mod", "download", "-json"], lambda _: job.tell(DOWNLOADING, 0, total, None), output)
    if go_sum.read_bytes() != pinned:
        raise NdcopsError(
            f"engine {job.source.name}: go.sum does not pin every module of go.mod",
            resolution=f"run `go mod tidy` or `go mod download` in {job.source.folder} and review go.sum",
        )
    return {module["Path"]: Path(module["Dir"]) for module in _json_values(listing.read_text())}


def _json_values(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that follow each other without a separator."""
    decoder = json.JSONDecoder()
    text = text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].lstrip()


def _wanted(folders: dict[str, Path], files: ModuleFiles, engine: str) -> Iterator[Path]:
    for module, pattern in files.patterns:
        found = sorted(folders[module].glob(pattern)) if module in folders else []
        if not found:
            raise NdcopsError(
                f"engine {engine}: module {module} has no files {pattern}",
                resolution="the module's layout changed with its version: correct engines.py",
            )
        yield from found
