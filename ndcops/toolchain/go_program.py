"""Builds an engine that is a Go program: downloads, compiles, links, with time left; build.py calls it."""

import re
import subprocess
from pathlib import Path
from typing import Final

from ndcops.model.errors import NdcopsError
from ndcops.toolchain.build_job import BuildJob
from ndcops.toolchain.disk_space import check_room
from ndcops.toolchain.engine_folder import engines_dir
from ndcops.toolchain.engines import GoProgram, PrintedFile
from ndcops.toolchain.progress import COMPILING, DOWNLOADING, LINKING, LISTING, Pace, Stopwatch, remaining_s
from ndcops.toolchain.source_hash import BASE_LINKER_FLAGS, BUILD_FLAGS

DOWNLOAD_MARK: Final = "go: downloading "
MODULE_DOWNLOAD_S: Final = 0.3
MEASURABLE_PACKAGES: Final = 50
"""Fewer compiled packages say too little about a package's time."""
PRINT_TIMEOUT_S: Final = 60


def build_program(job: BuildJob, program: GoProgram) -> Pace:
    """Build the executable, its other names and its printed files into job.product; return the pace measured.

    Raises GoFailed, or NdcopsError when the disk has too little room.
    """
    flags = [*BUILD_FLAGS, "-ldflags", " ".join([*BASE_LINKER_FLAGS, *program.linker_flags])]
    stale, all_packages = _list_packages(job, program, flags)
    footprint = job.source.footprint
    build_cache_bytes = footprint.build_cache_bytes * len(stale) // max(all_packages, 1)
    _, build_cache = job.go.cache_folders()
    check_room(
        f"build of {job.source.name}",
        {engines_dir(): 2 * footprint.output_bytes, build_cache: build_cache_bytes},
        job.free,
    )
    pace = _compile(job, program, flags, stale)
    for link in program.links:
        (job.product / link).symlink_to(program.executable)
    for printed in program.printed_files:
        _print_file(job.product / program.executable, printed, job.product)
    return pace


def pinned_modules(go_sum: Path) -> list[str]:
    """Return path@version of the modules whose contents go.sum pins; the build may not need all of them."""
    lines = [line.split() for line in go_sum.read_text().splitlines()] if go_sum.is_file() else []
    return [f"{line[0]}@{line[1]}" for line in lines if len(line) == 3 and not line[1].endswith("/go.mod")]


def missing_modules(pinned: list[str], module_cache: Path) -> list[str]:
    """Return those of the pinned modules that are not unpacked in the module cache yet."""
    return [module for module in pinned if not (module_cache / _escaped(module)).is_dir()]


def _escaped(text: str) -> str:
    """Go's module cache writes capitals as !lower, for disks that fold case (golang.org/x/mod/module)."""
    return re.sub(r"[A-Z]", lambda match: f"!{match[0].lower()}", text)


def _list_packages(job: BuildJob, program: GoProgram, flags: list[str]) -> tuple[frozenset[str], int]:
    """Download what is missing; return the packages that must be compiled, and how many there are in all."""
    footprint = job.source.footprint
    module_cache, _ = job.go.cache_folders()
    pinned = pinned_modules(job.sources / "go.sum")
    total = len(missing_modules(pinned, module_cache))
    module_bytes = footprint.module_cache_bytes * total // max(len(pinned), 1)
    room = {module_cache: module_bytes, engines_dir(): 2 * footprint.output_bytes}
    check_room(f"build of {job.source.name}", room, job.free)
    compile_s = footprint.packages * job.pace.package_s + job.pace.link_s
    done = 0
    watch = Stopwatch()

    def on_line(line: str | None) -> None:
        nonlocal done
        done += line is not None and line.startswith(DOWNLOAD_MARK)
        expected_s = total * MODULE_DOWNLOAD_S
        left_s = remaining_s(done=done, total=total, elapsed_s=watch.elapsed_s(), expected_s=expected_s)
        phase = DOWNLOADING if done else LISTING
        job.tell(phase, min(done, total), total, left_s + compile_s if total else None)

    job.tell(LISTING, 0, total, total * MODULE_DOWNLOAD_S + compile_s if total else None)
    listing = job.scratch / "packages.txt"
    with listing.open("wb") as output:
        template = "{{.ImportPath}} {{.Stale}}"
        job.run(["list", "-deps", *flags, "-f", template, program.package], on_line, output)
    packages = dict(line.rsplit(" ", 1) for line in listing.read_text().splitlines())
    return frozenset(name for name, stale in packages.items() if stale == "true"), len(packages)


def _compile(job: BuildJob, program: GoProgram, flags: list[str], stale: frozenset[str]) -> Pace:
    """Run the build; `go build -v` names each package as its compilation starts, cached ones not at all."""
    total = len(stale)
    watch = Stopwatch()
    started: set[str] = set()
    link_from_s: float | None = None

    def on_line(line: str | None) -> None:
        nonlocal link_from_s
        if line in stale:
            started.add(line)
        elapsed_s = watch.elapsed_s()
        if len(started) < total:
            expected_s = total * job.pace.package_s
            left_s = remaining_s(done=len(started), total=total, elapsed_s=elapsed_s, expected_s=expected_s)
            job.tell(COMPILING, len(started), total, left_s + job.pace.link_s)
            return
        link_from_s = elapsed_s if link_from_s is None else link_from_s
        job.tell(LINKING, total, total, max(job.pace.link_s - (elapsed_s - link_from_s), 0.0))

    job.tell(COMPILING, 0, total, total * job.pace.package_s + job.pace.link_s)
    output = job.product / program.executable
    job.run(["build", "-v", *flags, "-o", str(output), program.package], on_line)
    if link_from_s is None:
        return job.pace
    measurable = total >= MEASURABLE_PACKAGES
    package_s = link_from_s / total if measurable else job.pace.package_s
    return Pace(package_s, watch.elapsed_s() - link_from_s)


def _print_file(executable: Path, printed: PrintedFile, folder: Path) -> None:
    command = [str(executable), *printed.arguments]
    try:
        told = subprocess.run(command, capture_output=True, timeout=PRINT_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise NdcopsError(
            f"{executable.name} was built but does not print {printed.name}",
            details=[str(error)],
            resolution="run the build again; if it repeats, this machine cannot run what its Go builds",
        ) from error
    (folder / printed.name).write_bytes(told.stdout)
