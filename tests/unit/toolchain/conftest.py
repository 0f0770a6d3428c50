"""Gives every test folders of its own, a tiny Go module as an engine, and a fake go to slow down or break."""

import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

import ndcops
from ndcops.toolchain import engine_folder
from ndcops.toolchain.bundle import export_bundle
from ndcops.toolchain.engines import EngineSource, Footprint, GoProgram, PrintedFile
from tests.unit.toolchain.bundles import Exported

HELLO = """package main

import "os"

func main() {
	if len(os.Args) > 1 {
		os.Stdout.WriteString("printed: " + os.Args[1] + "\\n")
		return
	}
	os.Stdout.WriteString("hello\\n")
}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep tests out of the user's folders and choices."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("NDCOPS_CACHE_DIR", str(folder))
    for name in ("NDCOPS_STATE_DIR", "NDCOPS_RUNTIME_DIR", "NDCOPS_PULUMI", "NDCOPS_KUBE_DIR", "NDCOPS_GO"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def hello(tmp_path: Path) -> EngineSource:
    """A Go program that needs nothing but the standard library."""
    folder = tmp_path / "hello"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.test/hello\n\ngo 1.20\n")
    (folder / "main.go").write_text(HELLO)
    program = GoProgram(
        ".", "hello", links=("bonjour",), printed_files=(PrintedFile("greeting.txt", ("xin chào",)),)
    )
    return EngineSource("hello", "1.0.0", folder, program, Footprint(output_bytes=4_000_000))


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str], Path]:
    """Make an executable shell script in a folder of programs."""

    def make(name: str, body: str) -> Path:
        path = tmp_path / "programs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{textwrap.dedent(body)}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


@pytest.fixture
def fake_go(script: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a go in NDCOPS_GO that answers env and list, and does what the test says on build."""

    def make(build: str, *, version: str = "go1.26.0", listing: str = "") -> Path:
        path = script(
            "go",
            f"""
            case "$1" in
            env) echo '{{"GOVERSION": "{version}", "GOPROXY": "https://proxy.test", "GOMODCACHE": "/nonexistent/m",
                 "GOCACHE": "/nonexistent/c"}}' ;;
            list) {listing}
            echo "example.test/hello true" ;;
            build)
            while [ "$1" != -o ]; do shift; done
            output="$2"
            {build}
            ;;
            esac
            """,
        )
        monkeypatch.setenv("NDCOPS_GO", str(path))
        return path

    return make


@pytest.fixture
def build_elsewhere(hello: EngineSource) -> Callable[[], "subprocess.Popen[str]"]:
    """Build the tiny engine in a process of its own, which prints each phase and then the folder."""
    program = """
import sys
from pathlib import Path
from ndcops.toolchain.build import ensure_source
from ndcops.toolchain.engines import EngineSource, Footprint, GoProgram

source = EngineSource("hello", "1.0.0", Path(sys.argv[1]), GoProgram(".", "hello"), Footprint(4_000_000))
print("ready", ensure_source(source, lambda moment: print(moment.phase, flush=True)))
"""

    def start() -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", program, str(hello.folder)],
            env={**os.environ, "PYTHONPATH": str(Path(ndcops.__file__).parents[1])},
            stdout=subprocess.PIPE,
            text=True,
        )

    return start


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
