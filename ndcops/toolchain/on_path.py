"""Finds engines the operator has already: named by a variable, or on PATH at a good version; build.py calls it."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ndcops.model.errors import InvalidInput
from ndcops.toolchain.engine_folder import engines_dir, lock_path, staging_folder
from ndcops.toolchain.engines import EngineSource, ProgramOnPath
from ndcops.toolchain.lock import held
from ndcops.toolchain.source_hash import SHORT_LENGTH

PROBE_TIMEOUT_S: Final = 20


@dataclass(frozen=True)
class FoundEngine:
    """Programs of the operator's that serve as an engine; shown_path is what status shows."""

    version: str
    programs: dict[str, Path]
    shown_path: Path


def chosen_by_operator(source: EngineSource) -> FoundEngine | None:
    """Return what the engine's variable names: a folder with its programs, or the program itself.

    Who sets it has decided: the version is not judged. Raises InvalidInput when a program is not there.
    """
    value = os.environ.get(source.override_variable, "") if source.override_variable else ""
    if not value:
        return None
    path = Path(value).absolute()
    names = [program.name for program in source.on_path]
    programs = {name: path / name for name in names} if path.is_dir() or len(names) > 1 else {names[0]: path}
    absent = [str(program) for program in programs.values() if not _executable(program)]
    if absent:
        raise InvalidInput(
            f"{source.override_variable}={value} has not what engine {source.name} needs",
            details=[f"not an executable file: {program}" for program in absent],
            resolution=f"correct {source.override_variable}, or unset it to let ndcops build the engine",
        )
    return FoundEngine(f"set by {source.override_variable}", programs, path)


def found_on_path(source: EngineSource) -> FoundEngine | None:
    """Return the programs on PATH when all that the engine consists of are there at a good version."""
    if not source.on_path:
        return None
    programs: dict[str, Path] = {}
    versions: list[str] = []
    for program in source.on_path:
        found = shutil.which(program.name)
        version = good_version(program, Path(found)) if found else None
        if found is None or version is None:
            return None
        programs[program.name] = Path(found).absolute()
        versions.append(".".join(map(str, version)))
    shown = {version: None for version in versions}
    return FoundEngine(" ".join(shown), programs, programs[source.on_path[0].name])


def good_version(program: ProgramOnPath, path: Path) -> tuple[int, int, int] | None:
    """Return the version of the program at path when it may replace ours, else None."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        told = subprocess.run(
            [path, *program.arguments],
            env=environment, capture_output=True, text=True, errors="replace", timeout=PROBE_TIMEOUT_S, check=True,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        # A program that cannot say its version is none to rely on: ours is built.
        return None
    match = re.search(program.pattern, told, re.MULTILINE)
    if match is None:
        return None
    version = (int(match[1]), int(match[2]), int(match[3]))
    good = version >= program.at_least and version[: program.same_parts] == program.at_least[: program.same_parts]
    return version if good else None


def linked_folder(source: EngineSource, found: FoundEngine) -> Path:
    """Return a folder of the engine's usual shape whose programs are links to those found.

    Its name is a hash of the targets: other programs make another folder, and a folder never changes.
    """
    key = repr(sorted(found.programs.items())) + repr([_content(path) for _, path in source.shipped_files])
    folder = engines_dir() / f"{source.name}-path-{hashlib.sha256(key.encode()).hexdigest()[:SHORT_LENGTH]}"
    if folder.is_dir():
        return folder
    name = f"{source.name}-path"
    with held(lock_path(name), lambda _: None), staging_folder(name) as staging:
        links = staging / "links"
        links.mkdir()
        for program, path in found.programs.items():
            (links / program).symlink_to(path)
        for file, path in source.shipped_files:
            shutil.copyfile(path, links / file)
        if not folder.is_dir():
            links.rename(folder)
    return folder


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
