"""Bundles that were damaged or tampered with: refused before anything is changed."""

import gzip
import io
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.toolchain.bundles import Exported, members_of, refused, repack, with_manifest


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


def test_something_after_the_last_file_is_refused(exported: Exported) -> None:
    tar = gzip.decompress(exported.path.read_bytes()) + b"\0" * 20480 + b"more"
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=2, mtime=0) as file:
        file.write(tar)
    exported.path.write_bytes(packed.getvalue())

    assert "something follows" in refused(exported).details[0]
