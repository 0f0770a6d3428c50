"""Finding a good go, and the environment it runs in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ndcops.model.errors import NdcopsError
from ndcops.toolchain.build import ensure_source
from ndcops.toolchain.engines import EngineSource
from ndcops.toolchain.go_command import find_go, go_candidates, needed_version

MakeScript = Callable[[str, str], Path]


def go_of(script: MakeScript, name: str, version: str) -> Path:
    return script(name, f"""echo '{{"GOVERSION": "{version}", "GOPROXY": "https://proxy.test"}}'\n""")


def test_a_missing_go_says_how_to_get_one(hello: EngineSource) -> None:
    with pytest.raises(NdcopsError, match=r"Go 1\.20\.0 or newer .* there is none here") as caught:
        find_go(hello.folder, [])

    assert "pip install 'ndcops[go]'" in caught.value.resolution
    assert "toolchain import" in caught.value.resolution


@pytest.mark.parametrize("version", ["go1.19.13", "go1.2", "devel +abc", ""])
def test_a_go_that_is_too_old_is_named(hello: EngineSource, script: MakeScript, version: str) -> None:
    old = go_of(script, "go", version)

    with pytest.raises(NdcopsError, match="what is here will not do") as caught:
        find_go(hello.folder, [old])

    assert caught.value.details[0].startswith(str(old))
    assert caught.value.details[0].endswith("too old")
    assert "pip install 'ndcops[go]'" in caught.value.resolution


def test_a_go_that_is_not_there_is_named(hello: EngineSource) -> None:
    with pytest.raises(NdcopsError, match="what is here will not do") as caught:
        find_go(hello.folder, [Path("/nonexistent/go")])

    assert caught.value.details[0].startswith("/nonexistent/go does not work")


def test_a_newer_go_behind_an_old_one_is_taken(hello: EngineSource, script: MakeScript) -> None:
    old, new = go_of(script, "old", "go1.19"), go_of(script, "new", "go1.27rc1")

    assert find_go(hello.folder, [old, new]).path == new


def test_a_go_that_does_not_run_is_not_taken(hello: EngineSource, script: MakeScript) -> None:
    broken, good = script("broken", "exit 3\n"), go_of(script, "good", "go1.26.8")

    assert find_go(hello.folder, [broken, good]).version == (1, 26, 8)


def test_the_operators_choice_is_the_only_candidate(tmp_path: Path) -> None:
    assert list(go_candidates({"NDCOPS_GO": "/chosen/go", "PATH": str(tmp_path)})) == [Path("/chosen/go")]


def test_path_comes_before_other_places(script: MakeScript) -> None:
    first = script("go", "exit 0\n")

    assert next(go_candidates({"PATH": f":{first.parent}"})) == first


@pytest.mark.parametrize(
    ("line", "version"), [("go 1.26.0", (1, 26, 0)), ("go 1.20", (1, 20, 0)), ("", (0, 0, 0))]
)
def test_needed_version(tmp_path: Path, line: str, version: tuple[int, int, int]) -> None:
    (tmp_path / "go.mod").write_text(f"module example.test\n\n{line}\n")

    assert needed_version(tmp_path / "go.mod") == version


def test_the_build_sees_a_clean_environment(
    hello: EngineSource, fake_go: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("GOOS", "plan9")
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    fake_go(f'env > {tmp_path}/seen; printf "#!/bin/sh\\necho hi\\n" > "$output"; chmod +x "$output"')

    ensure_source(hello)

    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if "=" in line)
    assert seen["GOFLAGS"] == "-mod=readonly"
    assert seen["GOTOOLCHAIN"] == "local"
    assert seen["CGO_ENABLED"] == "0"
    assert seen["GOPROXY"] == "https://proxy.test"
    assert not {"GOOS", "DATABASE_PASSWORD", "NDCOPS_GO"} & seen.keys()
