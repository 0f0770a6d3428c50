"""Engines that are files of published modules, with a module proxy that is a folder; and what is missing yet."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ndcops.model.errors import NdcopsError
from ndcops.toolchain.build import ensure_source
from ndcops.toolchain.engines import EngineSource, Footprint, ModuleFiles
from ndcops.toolchain.go_program import missing_modules, pinned_modules

GO_SUM = """\
example.test/crds v1.0.0 h1:/sKY9DasuGHV+D/EUjs/qkcf+0AcHXjGBW34X8KvUOk=
example.test/crds v1.0.0/go.mod h1:16RRBO3sVTlqlOHyD9VSDKme/p1nVMGmAm+SWLhbByY=
"""


@pytest.fixture
def crds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineSource:
    versions = tmp_path / "proxy/example.test/crds/@v"
    versions.mkdir(parents=True)
    (versions / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    (versions / "v1.0.0.mod").write_text("module example.test/crds\n")
    with zipfile.ZipFile(versions / "v1.0.0.zip", "w") as archive:
        archive.writestr("example.test/crds@v1.0.0/go.mod", "module example.test/crds\n")
        archive.writestr("example.test/crds@v1.0.0/config/a.yaml", "kind: A\n")
        archive.writestr("example.test/crds@v1.0.0/config/b.yaml", "kind: B\n")
        archive.writestr("example.test/crds@v1.0.0/other/a.yaml", "kind: Other\n")
    monkeypatch.setenv("GOPROXY", f"file://{tmp_path}/proxy")
    monkeypatch.setenv("GOSUMDB", "off")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    folder = tmp_path / "crds"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.test/engine\n\ngo 1.20\n\nrequire example.test/crds v1.0.0\n")
    (folder / "go.sum").write_text(GO_SUM)
    files = ModuleFiles((("example.test/crds", "config/*.yaml"),))
    return EngineSource("crds", "1.0.0", folder, files, Footprint(1000))


def test_copies_the_wanted_files(crds: EngineSource) -> None:
    folder = ensure_source(crds)

    assert sorted(path.name for path in folder.iterdir()) == ["a.yaml", "b.yaml", "engine.json"]
    assert (folder / "a.yaml").read_text() == "kind: A\n"


def test_a_module_of_other_bytes_is_refused(crds: EngineSource) -> None:
    go_sum = crds.folder / "go.sum"
    go_sum.write_text(go_sum.read_text().replace("h1:", "h1:AAAA", 1))

    with pytest.raises(NdcopsError, match="build of crds failed") as caught:
        ensure_source(crds)

    assert any("checksum mismatch" in line or "malformed" in line for line in caught.value.details)


def test_a_module_that_go_sum_does_not_pin_is_refused(crds: EngineSource) -> None:
    (crds.folder / "go.sum").write_text("")

    with pytest.raises(NdcopsError):
        ensure_source(crds)


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ((("example.test/crds", "nowhere/*.yaml"),), "has no files nowhere"),
        ((("example.test/unknown", "config/*.yaml"),), "example.test/unknown has no files"),
        (
            (("example.test/crds", "config/*.yaml"), ("example.test/crds", "other/*.yaml")),
            "two modules have a file a",
        ),
    ],
)
def test_patterns_that_do_not_fit_are_errors(
    crds: EngineSource, patterns: tuple[tuple[str, str], ...], message: str
) -> None:
    with pytest.raises(NdcopsError, match=message):
        ensure_source(replace(crds, product=ModuleFiles(patterns)))


def test_missing_modules_are_those_not_unpacked_under_their_escaped_name(tmp_path: Path) -> None:
    (tmp_path / "go.sum").write_text(
        "github.com/Azure/here v1.0.0 h1:x=\ngithub.com/Azure/here v1.0.0/go.mod h1:y=\n"
        "example.test/gone v2.0.0 h1:z=\nexample.test/only-mod v1.0.0/go.mod h1:z=\n"
    )
    (tmp_path / "cache/github.com/!azure/here@v1.0.0").mkdir(parents=True)

    pinned = pinned_modules(tmp_path / "go.sum")

    assert pinned == ["github.com/Azure/here@v1.0.0", "example.test/gone@v2.0.0"]
    assert missing_modules(pinned, tmp_path / "cache") == ["example.test/gone@v2.0.0"]


def test_a_module_without_dependencies_has_no_go_sum(tmp_path: Path) -> None:
    assert pinned_modules(tmp_path / "go.sum") == []
