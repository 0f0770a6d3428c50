"""Bundles: what comes out is what went in, on this platform and release; anything else changes nothing."""

import gzip
from pathlib import Path

import pytest

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.toolchain import engine_folder
from ndcops.toolchain.bundle import export_bundle, import_bundle
from ndcops.toolchain.engines import EngineSource
from tests.unit.toolchain.bundles import Exported, landed, members_of, refused, with_manifest


def test_what_was_exported_is_ready_after_import(exported: Exported, hello: EngineSource) -> None:
    unpacked = import_bundle(exported.path, engines=exported.engines, expected_sha256=exported.packed.sha256)

    folder = unpacked.engines["hello"]
    assert folder == engine_folder.folder_of(hello)
    assert engine_folder.is_ready(folder)
    assert engine_folder.read_record(folder) == engine_folder.read_record(exported.built)
    assert (folder / "bonjour").resolve().read_text() == (exported.built / "hello").read_text()
    assert unpacked.wheels is not None
    assert [wheel.read_bytes() for wheel in unpacked.wheels.iterdir()] == [b"a wheel"]


def test_importing_again_changes_nothing(exported: Exported) -> None:
    first = import_bundle(exported.path, engines=exported.engines)

    assert import_bundle(exported.path, engines=exported.engines) == first


def test_the_same_engines_give_the_same_bundle(exported: Exported, tmp_path: Path) -> None:
    import_bundle(exported.path, engines=exported.engines)

    again = export_bundle(tmp_path / "again.tar.gz", tmp_path / "wheels", engines=exported.engines)

    assert again.sha256 == exported.packed.sha256


def test_the_manifest_comes_first(exported: Exported) -> None:
    assert [member.name for member, _ in members_of(exported.path)] == [
        "manifest.json",
        "manifest.sha256",
        "engines/hello/greeting.txt",
        "engines/hello/hello",
        "wheels/tiny-1.0-py3-none-any.whl",
    ]


def test_a_bundle_for_another_platform_is_refused(exported: Exported) -> None:
    with_manifest(exported.path, lambda manifest: manifest.update(platform="plan9-mips"))

    assert "plan9-mips" in refused(exported).message


def test_a_bundle_of_another_release_is_refused(exported: Exported, hello: EngineSource) -> None:
    (hello.folder / "main.go").write_text("package main\n\nfunc main() {}\n")

    assert "another release of ndcops" in refused(exported).message


def test_a_wrong_hash_handed_over_is_refused(exported: Exported) -> None:
    assert "is not the bundle of hash" in refused(exported, expected_sha256="0" * 64).message


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", gzip.compress(b"not a tar", mtime=0)])
def test_a_file_that_is_no_bundle_is_refused(exported: Exported, content: bytes) -> None:
    exported.path.write_bytes(content)

    refused(exported)


def test_a_bundle_that_is_not_there_is_invalid_input(exported: Exported) -> None:
    exported.path.unlink()

    assert "cannot be read" in refused(exported).message


def test_an_import_without_room_says_needed_and_free(exported: Exported) -> None:
    with pytest.raises(NdcopsError, match="not enough room") as caught:
        import_bundle(exported.path, engines=exported.engines, free=lambda _: 3)

    assert f"needs {exported.packed.manifest.size_bytes()} bytes" in caught.value.details[0]
    assert landed() == []


def test_an_engine_changed_since_it_was_built_is_not_exported(
    hello: EngineSource, exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDCOPS_CACHE_DIR", str(exported.built.parents[1]))
    program = exported.built / "hello"
    program.write_bytes(b"x" * program.stat().st_size)
    target = tmp_path / "other.tar.gz"

    with pytest.raises(NdcopsError, match="hello is not what was built"):
        export_bundle(target, engines=exported.engines)

    assert not target.exists()
    assert not list(tmp_path.glob(".other*"))


@pytest.mark.parametrize("target", [".", "nowhere/bundle.tar.gz"])
def test_exporting_to_a_folder_or_nowhere_is_invalid_input(tmp_path: Path, target: str) -> None:
    with pytest.raises(InvalidInput, match="is not a file that can be written"):
        export_bundle(tmp_path / target, engines={})


def test_a_wheels_folder_without_wheels_is_invalid_input(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there are no wheels in"):
        export_bundle(tmp_path / "bundle.tar.gz", tmp_path, engines={})
