"""Building engines: whole or not at all, once, and with an error that helps."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.toolchain import engine_folder
from ndcops.toolchain.build import ensure_engine, ensure_source, log_path, source_status
from ndcops.toolchain.engines import EngineSource, Footprint, GoProgram
from ndcops.toolchain.progress import BuildProgress

FakeGo = Callable[..., Path]
BuildElsewhere = Callable[[], "subprocess.Popen[str]"]
MAKE_OUTPUT = 'printf "#!/bin/sh\\necho hi\\n" > "$output"; chmod +x "$output"'


def leftovers() -> list[str]:
    return [path.name for path in engine_folder.engines_dir().iterdir() if path.name.startswith(".")]


def wait_until(happened: Callable[[], bool], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def tell_pid_and_sleep(folder: Path) -> str:
    """Return shell words for a go that hangs; exec keeps the process id that was told."""
    return f"echo $$ > {folder}/new; mv {folder}/new {folder}/go.pid; exec sleep 60"


def test_builds_runs_and_is_ready_the_next_time(hello: EngineSource) -> None:
    moments: list[BuildProgress] = []

    folder = ensure_source(hello, moments.append)

    assert subprocess.check_output([folder / "hello"], text=True) == "hello\n"
    assert subprocess.check_output([folder / "bonjour"], text=True) == "hello\n"
    assert (folder / "greeting.txt").read_text() == "printed: xin chào\n"
    assert {moment.phase for moment in moments} >= {"looking at modules", "compiling packages"}
    assert leftovers() == []
    again: list[BuildProgress] = []
    assert ensure_source(hello, again.append) == folder
    assert again == []
    state = source_status(hello)
    assert (state.state, state.path) == ("ready", folder)
    assert state.size_bytes == sum((folder / name).stat().st_size for name in ("hello", "greeting.txt"))


def test_tells_downloads_compilation_and_linking_with_time_left(hello: EngineSource, fake_go: FakeGo) -> None:
    (hello.folder / "go.sum").write_text("example.test/gone v1.0.0 h1:z=\n")
    fake_go(
        f"echo example.test/hello >&2; {MAKE_OUTPUT}", listing="echo go: downloading example.test/gone v1.0.0 >&2"
    )
    moments: list[BuildProgress] = []

    ensure_source(hello, moments.append)

    assert [(moment.phase, moment.done, moment.total) for moment in moments] == [
        ("looking at modules", 0, 1),
        ("downloading modules", 1, 1),
        ("compiling packages", 0, 1),
        ("linking", 1, 1),
    ]
    assert all(moment.remaining_s is not None and moment.remaining_s >= 0 for moment in moments)


def test_the_same_sources_give_the_same_bytes_on_another_machine(
    hello: EngineSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = engine_folder.read_record(ensure_source(hello))
    monkeypatch.setenv("NDCOPS_CACHE_DIR", str(tmp_path / "elsewhere"))
    copy = replace(hello, folder=Path(shutil.copytree(hello.folder, tmp_path / "copy")))

    assert engine_folder.read_record(ensure_source(copy)) == first


def test_an_engine_that_lost_bytes_is_built_again(hello: EngineSource, fake_go: FakeGo) -> None:
    fake_go(MAKE_OUTPUT)
    folder = ensure_source(hello)
    (folder / "hello").write_bytes(b"")
    assert source_status(hello).state == "missing"

    ensure_source(hello)

    assert engine_folder.is_ready(folder)
    assert leftovers() == []


@pytest.mark.parametrize("content", ["", "{}", '{"format": 2}', "[1]"])
def test_an_unreadable_record_means_building_again(hello: EngineSource, fake_go: FakeGo, content: str) -> None:
    fake_go(MAKE_OUTPUT)
    folder = ensure_source(hello)
    (folder / "engine.json").write_text(content)

    assert engine_folder.is_ready(ensure_source(hello))


def test_a_failed_build_shows_gos_last_words_and_keeps_all_of_them(hello: EngineSource) -> None:
    (hello.folder / "main.go").write_text("package main\n\nfunc main() { undefined() }\n")

    with pytest.raises(NdcopsError, match="build of hello failed") as caught:
        ensure_source(hello)

    assert any("undefined: undefined" in line for line in caught.value.details)
    assert "undefined: undefined" in log_path(hello).read_text()
    assert str(log_path(hello)) in caught.value.resolution
    assert leftovers() == []


def test_a_lost_network_names_the_offline_bundle(hello: EngineSource, fake_go: FakeGo) -> None:
    fake_go('echo "go: example.test@v1: dial tcp: lookup proxy.test: no such host" >&2; exit 1')

    with pytest.raises(NdcopsError) as caught:
        ensure_source(hello)

    assert "toolchain import BUNDLE" in caught.value.resolution


def test_a_build_cut_off_half_way_starts_again_cleanly(
    hello: EngineSource, fake_go: FakeGo, build_elsewhere: BuildElsewhere, tmp_path: Path
) -> None:
    fake_go(f'echo half > "$output"; {tell_pid_and_sleep(tmp_path)}')
    with build_elsewhere() as builder:
        wait_until((tmp_path / "go.pid").exists)
        go_pid = int((tmp_path / "go.pid").read_text())
        assert source_status(replace(hello, product=GoProgram(".", "hello"))).state == "building"
        builder.kill()
    wait_until(lambda: not alive(go_pid))
    assert len(leftovers()) == 1

    fake_go(MAKE_OUTPUT)
    folder = ensure_source(hello)

    assert engine_folder.is_ready(folder)
    assert leftovers() == []


def test_ctrl_c_ends_go_and_leaves_nothing(
    hello: EngineSource, fake_go: FakeGo, build_elsewhere: BuildElsewhere, tmp_path: Path
) -> None:
    fake_go(tell_pid_and_sleep(tmp_path))
    with build_elsewhere() as builder:
        wait_until((tmp_path / "go.pid").exists)
        builder.send_signal(signal.SIGINT)
    wait_until(lambda: not alive(int((tmp_path / "go.pid").read_text())))

    assert leftovers() == []


def test_two_at_once_build_once(fake_go: FakeGo, build_elsewhere: BuildElsewhere, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    fake_go(f"echo built >> {tmp_path}/builds; while [ ! -e {go_on} ]; do sleep 0.05; done; {MAKE_OUTPUT}")
    with build_elsewhere() as first:
        wait_until((tmp_path / "builds").exists)
        with build_elsewhere() as second:
            assert second.stdout is not None
            second_waited = second.stdout.readline()
            go_on.touch()
            first_said, _ = first.communicate(timeout=60)
            second_said, _ = second.communicate(timeout=60)

    assert second_waited.startswith(f"waiting for process {first.pid} on ")
    assert (tmp_path / "builds").read_text() == "built\n"
    assert first_said.splitlines()[-1] == second_said.splitlines()[-1]


def test_too_little_room_is_said_before_building(hello: EngineSource, fake_go: FakeGo, tmp_path: Path) -> None:
    fake_go(f"touch {tmp_path}/built")

    with pytest.raises(NdcopsError, match="build of hello: not enough room") as caught:
        ensure_source(hello, free=lambda _: 1000)

    assert "needs 8000000 bytes" in caught.value.details[0]
    assert "1000 bytes" in caught.value.details[0]
    assert not (tmp_path / "built").exists()


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk needs the right to mount: {mounted.stderr.decode().strip()}")
    monkeypatch.setenv("NDCOPS_CACHE_DIR", str(folder / "cache"))
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_fills_up_half_way_is_explained(hello: EngineSource, small_disk: Path) -> None:
    optimistic = replace(hello, footprint=Footprint(output_bytes=0))

    with pytest.raises(NdcopsError, match="build of hello: the disk is full") as caught:
        ensure_source(optimistic)

    assert "bytes" in caught.value.details[0]
    assert "free some space" in caught.value.resolution
    assert leftovers() == []


def test_a_disk_that_fills_up_under_our_own_files_is_explained(hello: EngineSource, small_disk: Path) -> None:
    (engine_folder.engines_dir() / "ballast").write_bytes(bytes(os.statvfs(small_disk).f_bavail * 4096 - 4096))

    with pytest.raises(NdcopsError, match="build of hello: the disk is full"):
        ensure_source(replace(hello, footprint=Footprint(output_bytes=0)))


def test_an_unknown_engine_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidInput, match="no engine 'docker'") as caught:
        ensure_engine("docker")

    assert caught.value.details == ("engines: pulumi, kube, crds",)
