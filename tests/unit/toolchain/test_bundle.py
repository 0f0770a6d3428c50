"""Bundles: what comes out is what went in, on this platform and release; anything else changes nothing."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.toolchain import engine_folder
from ndcops.toolchain.bundle import PackedBundle, export_bundle, import_bundle
from ndcops.toolchain.engines import EngineSource

Members = list[tuple[tarfile.TarInfo, bytes]]


@dataclass(frozen=True)
class Exported:
    """A bundle with one engine and one wheel, and the engines of the release that made it."""

    packed: PackedBundle
    engines: dict[str, EngineSource]
    built: Path

    @property
    def path(self) -> Path:
        return self.packed.path


@pytest.fixture
def exported(hello: EngineSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exported:
    """Export an engine that was built before, then move to an empty cache as on another machine."""
    product, wheels = tmp_path / "product", tmp_path / "wheels"
    product.mkdir()
    (product / "hello").write_text("#!/bin/sh\necho hi\n")
    (product / "hello").chmod(0o755)
    (product / "greeting.txt").write_text("xin chào\n")
    (product / "bonjour").symlink_to("hello")
    built = engine_folder.publish(product, engine_folder.describe(hello, product))
    wheels.mkdir()
    (wheels / "tiny-1.0-py3-none-any.whl").write_bytes(b"a wheel")
    engines = {"hello": hello}
    packed = export_bundle(tmp_path / "bundle.tar.gz", wheels, engines=engines)
    monkeypatch.setenv("NDCOPS_CACHE_DIR", str(tmp_path / "air-gapped"))
    return Exported(packed, engines, built)


def members_of(path: Path) -> Members:
    with tarfile.open(path) as archive:
        return [(member, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]


def repack(path: Path, members: Members) -> None:
    """Write a bundle anew, with right checksums of gzip and tar: what a person who tampers would do."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=2, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for member, content in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))


def with_manifest(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest, and its digest to match."""
    (first, content), (second, _), *rest = members_of(path)
    manifest = json.loads(content)
    change(manifest)
    content = json.dumps(manifest).encode()
    repack(path, [(first, content), (second, hashlib.sha256(content).hexdigest().encode()), *rest])


def landed() -> list[str]:
    """Return everything in the cache but lock files."""
    cache = engine_folder.engines_dir().parent
    return sorted(path.name for path in cache.rglob("*") if path.name != "engines" and path.suffix != ".lock")


def refused(exported: Exported, **options: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        import_bundle(exported.path, engines=exported.engines, **options)
    assert landed() == []
    assert caught.value.resolution
    return caught.value


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


@pytest.mark.parametrize("number", range(5))
def test_one_flipped_byte_in_a_file_names_that_file(exported: Exported, number: int) -> None:
    members = members_of(exported.path)
    member, content = members[number]
    members[number] = member, bytes([content[0] ^ 1]) + content[1:]
    repack(exported.path, members)

    expected = "manifest.json" if number < 2 else member.name
    assert refused(exported).message == f"{exported.path} is damaged or was changed: {expected}"


@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_anywhere_changes_nothing(exported: Exported, position: float, bit: int) -> None:
    whole = exported.path.read_bytes()
    damaged = bytearray(whole)
    damaged[int(position * len(whole))] ^= 1 << bit
    exported.path.write_bytes(damaged)

    assert str(exported.path) in refused(exported).message

    exported.path.write_bytes(whole)


def test_a_bundle_without_its_seal_is_refused(exported: Exported) -> None:
    repack(exported.path, members_of(exported.path))

    assert "the SHA-256 kept there" in refused(exported).details[0]


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.999])
def test_a_bundle_cut_short_changes_nothing(exported: Exported, kept: float) -> None:
    whole = exported.path.read_bytes()
    exported.path.write_bytes(whole[: int(len(whole) * kept)])

    refused(exported)


def link_member(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../outside"),
        tarfile.TarInfo("/etc/passwd"),
        tarfile.TarInfo("engines/hello/hello"),
        link_member("engines/hello/link", tarfile.SYMTYPE, "/etc/passwd"),
        link_member("engines/hello/hard", tarfile.LNKTYPE, "../../outside"),
        link_member("engines/hello/device", tarfile.CHRTYPE, ""),
    ],
)
def test_a_member_that_the_manifest_does_not_list_is_refused(exported: Exported, member: tarfile.TarInfo) -> None:
    repack(exported.path, [*members_of(exported.path), (member, b"")])

    assert refused(exported).message.endswith(member.name)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_a_files_place_is_refused(exported: Exported, kind: bytes) -> None:
    members = members_of(exported.path)
    members[3] = link_member("engines/hello/hello", kind, "/etc/passwd"), b""
    repack(exported.path, members)

    assert refused(exported).message.endswith("engines/hello/hello")


def test_a_missing_file_is_named(exported: Exported) -> None:
    repack(exported.path, members_of(exported.path)[:-1])

    assert "tiny-1.0-py3-none-any.whl" in refused(exported).message


def rename_file(old: str, new: str) -> Callable[[dict[str, Any]], object]:
    def change(manifest: dict[str, Any]) -> None:
        files = manifest["engines"][0]["files"]
        files[new] = files.pop(old)

    return change


@pytest.mark.parametrize(
    "change",
    [
        rename_file("hello", "../../outside"),
        rename_file("hello", "/etc/passwd"),
        rename_file("hello", "engine.json"),
        rename_file("hello", ""),
        lambda manifest: manifest["engines"][0]["links"].update(bonjour="/bin/sh"),
        lambda manifest: manifest["engines"][0]["links"].update({"../out": "hello"}),
        lambda manifest: manifest["engines"].append(manifest["engines"][0]),
        lambda manifest: manifest["engines"][0].update(source_hash="../../.."),
        lambda manifest: manifest["engines"][0].pop("files"),
        lambda manifest: manifest["engines"][0]["files"]["hello"].update(size_bytes=-1),
        lambda manifest: manifest["engines"][0]["files"]["hello"].update(sha256="0"),
        lambda manifest: manifest["wheels"].update(evil=manifest["wheels"]["tiny-1.0-py3-none-any.whl"]),
        lambda manifest: manifest.update(apiVersion="ndcops/v2"),
        lambda manifest: manifest.update(engines=None),
        lambda manifest: manifest.clear(),
    ],
)
def test_a_manifest_that_breaks_a_rule_is_refused(
    exported: Exported, change: Callable[[dict[str, Any]], object]
) -> None:
    with_manifest(exported.path, change)

    assert "manifest.json is not that of an ndcops bundle" in refused(exported).message


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


def test_something_after_the_last_file_is_refused(exported: Exported) -> None:
    tar = gzip.decompress(exported.path.read_bytes()) + b"\0" * 20480 + b"more"
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=2, mtime=0) as file:
        file.write(tar)
    exported.path.write_bytes(packed.getvalue())

    assert "something follows" in refused(exported).details[0]


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
