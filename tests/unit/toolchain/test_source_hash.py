"""The key of an engine changes with everything that decides what is built, and with nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ndcops.toolchain.engines import ENGINES, EngineSource, GoProgram
from ndcops.toolchain.source_hash import source_hash


def append_to(name: str) -> Callable[[Path], object]:
    def append(folder: Path) -> None:
        with (folder / name).open("a") as file:
            file.write("\n")

    return append


@pytest.mark.parametrize(
    "change",
    [
        append_to("go.mod"),
        append_to("go.sum"),
        append_to("main.go"),
        append_to("other.go"),
        lambda folder: (folder / "main.go").rename(folder / "renamed.go"),
    ],
)
def test_a_changed_source_is_another_engine(hello: EngineSource, change: Callable[[Path], object]) -> None:
    before = source_hash(hello)

    change(hello.folder)

    assert source_hash(hello) != before


def test_other_build_flags_are_another_engine(hello: EngineSource) -> None:
    other = replace(hello, product=GoProgram(".", "hello", linker_flags=("-X=main.version=2",)))

    assert source_hash(other) != source_hash(hello)


def test_a_file_that_is_no_source_changes_nothing(hello: EngineSource) -> None:
    before = source_hash(hello)

    append_to("README.md")(hello.folder)

    assert source_hash(hello) == before


def test_bytes_moved_between_files_are_noticed(hello: EngineSource) -> None:
    (hello.folder / "a.go").write_text("one")
    (hello.folder / "b.go").write_text("two")
    before = source_hash(hello)

    (hello.folder / "a.go").write_text("onetw")
    (hello.folder / "b.go").write_text("o")

    assert source_hash(hello) != before


def test_every_engine_pins_its_modules() -> None:
    for source in ENGINES.values():
        assert (source.folder / "go.mod").is_file()
        assert (source.folder / "go.sum").read_text().startswith(("github.com/", "cel.dev/", "cloud.google.com/"))
