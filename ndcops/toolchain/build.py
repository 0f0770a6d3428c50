"""Makes engines ready and tells which are; the lab, the stacks' adapter and `ndcops toolchain` call it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ndcops.model.errors import NdcopsError
from ndcops.toolchain import engine_folder, on_path
from ndcops.toolchain.build_job import BuildJob
from ndcops.toolchain.disk_space import (
    OUT_OF_SPACE_TEXT,
    FreeBytes,
    check_room,
    free_bytes,
    out_of_space_explained,
    ran_out,
)
from ndcops.toolchain.engines import ENGINES, EngineSource, GoProgram, engine_source
from ndcops.toolchain.folders import private_subfolder
from ndcops.toolchain.go_command import GoFailed, find_go
from ndcops.toolchain.go_program import build_program
from ndcops.toolchain.lock import held, is_held
from ndcops.toolchain.module_files import copy_module_files
from ndcops.toolchain.progress import BuildProgress, Pace, ProgressSink, read_pace, silent, write_pace
from ndcops.toolchain.source_hash import SHORT_LENGTH, source_files, source_hash

SHOWN_LINES: Final = 12
_NETWORK_TEXTS: Final = (
    "dial tcp",
    "403 Forbidden",
    "no such host",
    "connection refused",
    "i/o timeout",
    "GOPROXY",
)


EngineState = Literal["ready", "on_path", "building", "missing"]


@dataclass(frozen=True)
class EngineStatus:
    """state: ready (built), on_path (the operator's own), building, missing; path is None while missing."""

    name: str
    version: str
    state: EngineState
    path: Path | None
    size_bytes: int
    source_hash: str


def ensure_engine(name: str, on_progress: ProgressSink | None = None) -> Path:
    """Return the folder of a ready engine, building it if need be.

    The operator's choice (NDCOPS_PULUMI, NDCOPS_KUBE_DIR) comes first, then what is built already, then
    programs on PATH at a good version, then a build. Raises NdcopsError with the way out.
    """
    return ensure_source(engine_source(name), on_progress or silent)


def ensure_source(
    source: EngineSource,
    on_progress: ProgressSink = silent,
    *,
    use_path: bool = True,
    free: FreeBytes = free_bytes,
) -> Path:
    """Do ensure_engine's work for any source; without use_path the engine is one of ours, built if missing."""
    if use_path and (chosen := on_path.chosen_by_operator(source)):
        return on_path.linked_folder(source, chosen)
    folder = engine_folder.folder_of(source)
    if engine_folder.is_ready(folder):
        return folder
    if use_path and (found := on_path.found_on_path(source)):
        return on_path.linked_folder(source, found)

    def on_wait(holder: str) -> None:
        on_progress(BuildProgress(source.name, f"waiting for {holder}", 0, 0, None))

    with held(engine_folder.lock_path(source.name), on_wait):
        # Whoever held the lock before may have built it.
        if not engine_folder.is_ready(folder):
            _build(source, on_progress, free)
    return folder


def status() -> list[EngineStatus]:
    """Return the state of every engine; builds and links nothing."""
    return [source_status(source) for source in ENGINES.values()]


def source_status(source: EngineSource) -> EngineStatus:
    """Return the state of one engine, in the order in which ensure_engine would take it."""
    key = source_hash(source)
    folder = engine_folder.folder_of(source)
    if chosen := on_path.chosen_by_operator(source):
        return EngineStatus(source.name, chosen.version, "on_path", chosen.shown_path, 0, key)
    record = engine_folder.read_record(folder)
    if record and engine_folder.is_ready(folder):
        return EngineStatus(source.name, record.version, "ready", folder, record.size_bytes(), key)
    if is_held(engine_folder.lock_path(source.name)):
        return EngineStatus(source.name, source.version, "building", None, 0, key)
    if found := on_path.found_on_path(source):
        return EngineStatus(source.name, found.version, "on_path", found.shown_path, 0, key)
    return EngineStatus(source.name, source.version, "missing", None, 0, key)


def log_path(source: EngineSource) -> Path:
    """Return the file with everything go said in the last build of these sources."""
    folder = private_subfolder(engine_folder.engines_dir(), "log")
    return folder / f"{source.name}-{source_hash(source)[:SHORT_LENGTH]}.log"


def _build(source: EngineSource, on_progress: ProgressSink, free: FreeBytes) -> None:
    """Build in a folder beside, then rename; call with the engine's lock held."""
    what = f"build of {source.name}"
    needed_bytes = 2 * source.footprint.output_bytes
    home = engine_folder.engines_dir()
    with out_of_space_explained(what, home, needed_bytes), engine_folder.staging_folder(source.name) as staging:
        check_room(what, {home: needed_bytes}, free)
        go = find_go(source.folder)
        job_folders = [staging / name for name in ("sources", "product", "scratch")]
        for folder in job_folders:
            folder.mkdir()
        sources, product, scratch = job_folders
        _copy_sources(source, sources)
        footprint = source.footprint
        pace_path = home / f"{source.name}.pace.json"
        pace = read_pace(pace_path, Pace(footprint.package_s, footprint.link_s))
        with log_path(source).open("wb") as log:
            job = BuildJob(source, go, sources, product, scratch, log, on_progress, free, pace)
            try:
                measured = _run(job)
            except GoFailed as error:
                raise _explained(job, error, needed_bytes) from error
        engine_folder.publish(product, engine_folder.describe(source, product))
        write_pace(pace_path, measured)


def _run(job: BuildJob) -> Pace:
    if isinstance(job.source.product, GoProgram):
        return build_program(job, job.source.product)
    copy_module_files(job, job.source.product)
    return job.pace


def _copy_sources(source: EngineSource, folder: Path) -> None:
    """Freeze the sources, so that the key stays true however long the build takes."""
    for path in source_files(source.folder):
        target = folder / path.relative_to(source.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    if source_hash(source, folder) != source_hash(source):
        raise NdcopsError(
            f"the sources of {source.name} changed while they were read",
            details=[str(source.folder)],
            resolution="run this again",
        )


def _explained(job: BuildJob, error: GoFailed, needed_bytes: int) -> NdcopsError:
    """Return what a person needs: the end of go's words, where all of them are, and what to do."""
    name, log = job.source.name, log_path(job.source)
    text = "\n".join(error.last_lines)
    lines = error.last_lines[-SHOWN_LINES:]
    if OUT_OF_SPACE_TEXT in text:
        return ran_out(f"build of {name}", engine_folder.engines_dir(), needed_bytes, *lines, f"log: {log}")
    resolution = f"read {log}; then run ndcops toolchain build {name}"
    if any(mark in text for mark in _NETWORK_TEXTS):
        resolution = (
            "check the network and GOPROXY, then run ndcops toolchain build"
            f" {name}; without any network: ndcops toolchain import BUNDLE"
        )
    return NdcopsError(f"build of {name} failed", details=[*lines, f"log: {log}"], resolution=resolution)
